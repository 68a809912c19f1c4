// What the metadata of a file say, which is JSON text: docs/files.md has a line for each field.
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

/// What a network has of a normalisation. Its numbers are tensors.
struct NormalisationDescription {
  NormalisationKind kind = NormalisationKind::none;
  std::uint64_t quantiles = 0;  // of each input
  bool fill = false, targets = false;
};

struct NetworkDescription {
  DType dtype = DType::f32;
  std::vector<std::size_t> sizes;
  NetworkOptions options;  // the activations, the seed, the names of classes and features
  std::uint64_t epoch = 0;
  std::optional<NormalisationDescription> normalisation = {};
};

/// The buffers of an optimizer's state. The rule says how many there are and what they are called;
/// all have the same dtype and size.
struct StateDescription {
  DType dtype = DType::f32;
  std::uint64_t numbers = 0;  // in each buffer
};

struct OptimizerDescription {
  Rule rule;
  std::uint64_t steps = 0;
  std::vector<double> running;            // the running products
  std::optional<StateDescription> state;  // none before the first step
  // Of rules with a loop of their own, as in Optimizer::Progress.
  std::uint64_t evaluations = 0;
  bool converged = false;
};

/// In a description `history` has names only. Each is the name of a tensor that has a number for
/// every epoch that has been reported.
using TrainingDescription = Training;

struct Description {
  std::optional<NetworkDescription> network = {};
  std::optional<OptimizerDescription> optimizer = {};
  std::optional<TrainingDescription> training = {};
  /// Networks that predict together, instead of all of these.
  std::vector<NetworkDescription> ensemble = {};
};

inline constexpr std::size_t max_layers = 1000;
inline constexpr std::size_t max_members = 1000;  // of an ensemble
inline constexpr std::size_t max_history = 64;    // names
inline constexpr std::size_t max_short_name = 64;
/// Of a value with parameters, such as a loss with many levels.
inline constexpr std::size_t max_value_text = 1024;

/// The description as text. Throws std::invalid_argument if parse_description would refuse it.
std::string to_json(const Description& description);

/// The description that a text holds. Throws FormatError if it holds none.
Description parse_description(std::string_view json);

/// Whether there are parameters of the best epoch of a fit that stops early.
inline bool has_best_parameters(const Training& training) {
  return training.best != nullptr && training.best->epoch > 0;
}

std::size_t tensor_count(const NormalisationDescription& normalisation);
std::size_t tensor_count(const NetworkDescription& network);

/// The number of tensors that a file with this description has.
std::size_t tensor_count(const Description& description);

}  // namespace filbert
