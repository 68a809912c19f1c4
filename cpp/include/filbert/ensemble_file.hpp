// Several networks in one file, which predict together. docs/files.md is the format.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <variant>
#include <vector>

#include "filbert/export.h"
#include "filbert/model_file.hpp"
#include "filbert/network.hpp"

namespace filbert {

using AnyEnsemble = std::variant<std::vector<Network>, std::vector<Network64>>;

/// Writes networks with everything that predicting needs, as save does for one of them. They have
/// equal numbers of inputs and outputs, output activations, classes, feature names, columns and
/// names of the target; else, and if there are none or more than a file can hold (1000 networks,
/// 2048 tensors), throws std::invalid_argument.
FILBERT_API void save_ensemble(std::span<const Network* const> networks,
                               const std::filesystem::path& path, const KeepGoing& keep_going = {});
FILBERT_API void save_ensemble(std::span<const Network64* const> networks,
                               const std::filesystem::path& path, const KeepGoing& keep_going = {});

/// The same in memory.
FILBERT_API std::vector<std::byte> ensemble_to_bytes(std::span<const Network* const> networks,
                                                     const KeepGoing& keep_going = {});
FILBERT_API std::vector<std::byte> ensemble_to_bytes(std::span<const Network64* const> networks,
                                                     const KeepGoing& keep_going = {});

/// The networks of such a file, in their order. Promises and exceptions are those of load.
FILBERT_API AnyEnsemble load_ensemble(const std::filesystem::path& path,
                                      const LoadOptions& options = {});
FILBERT_API AnyEnsemble ensemble_from_bytes(std::span<const std::byte> bytes,
                                            const KeepGoing& keep_going = {});

/// Whatever the file holds: a network, as load_any reads it, or several.
using AnyModel = std::variant<AnyNetwork, AnyEnsemble>;
FILBERT_API AnyModel load_model(const std::filesystem::path& path, const LoadOptions& options = {});

}  // namespace filbert
