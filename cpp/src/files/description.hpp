// What a file says in words: the JSON text of its metadata. docs/files.md has a line for each
// field.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "filbert/checkpoint.hpp"
#include "filbert/network.hpp"
#include "filbert/optimizer.hpp"
#include "files/safetensors.hpp"

namespace filbert {

struct NetworkDescription {
  DType dtype = DType::f32;
  std::vector<std::size_t> sizes;
  NetworkOptions options;  // every activation, the seed and the names
  std::uint64_t epoch = 0;
};

/// The buffers of an optimizer's state: those that its rule names, of one dtype and size.
struct StateDescription {
  DType dtype = DType::f32;
  std::uint64_t numbers = 0;  // in each
};

struct OptimizerDescription {
  Rule rule;
  std::uint64_t steps = 0;
  std::vector<double> running;            // products
  std::optional<StateDescription> state;  // once there is one
};

/// history: names, each of a tensor with a number for each of the epochs that are reported.
using TrainingDescription = Training;

struct Description {
  std::optional<NetworkDescription> network = {};
  std::optional<OptimizerDescription> optimizer = {};
  std::optional<TrainingDescription> training = {};
};

inline constexpr std::size_t max_layers = 1000;
inline constexpr std::size_t max_history = 16;  // names
inline constexpr std::size_t max_short_name = 64;

/// Throws std::invalid_argument for what the reader would refuse.
std::string to_json(const Description& description);

/// Throws FormatError.
Description parse_description(std::string_view json);

/// The number of tensors that a file with this description has.
std::size_t tensor_count(const Description& description);

}  // namespace filbert
