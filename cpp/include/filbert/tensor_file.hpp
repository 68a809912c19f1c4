// The tensors of any safetensors file, such as the weights that another library has saved.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "filbert/export.h"
#include "filbert/interrupted.hpp"

namespace filbert {

/// Numbers in C order. F16 and BF16 become float.
struct Tensor {
  std::string name;
  std::vector<std::size_t> shape;
  std::variant<std::vector<float>, std::vector<double>> values;
};

using Metadata = std::vector<std::pair<std::string, std::string>>;

/// All tensors, in the order of their data. The file is checked as strictly as a model's.
/// Throws FormatError, also for other types than F16, BF16, F32 and F64, and
/// std::filesystem::filesystem_error; Interrupted if keep_going ends it.
FILBERT_API std::vector<Tensor> read_tensors(const std::filesystem::path& path,
                                             const KeepGoing& keep_going = {});

/// The texts that a file carries, by key. Throws like read_tensors.
FILBERT_API Metadata read_metadata(const std::filesystem::path& path);

}  // namespace filbert
