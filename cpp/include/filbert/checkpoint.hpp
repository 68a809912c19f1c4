// A training that is under way, in a file: with it fit goes on as if it had never stopped.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "filbert/early_stopping.hpp"
#include "filbert/export.h"
#include "filbert/fit_options.hpp"
#include "filbert/fit_position.hpp"
#include "filbert/model_file.hpp"
#include "filbert/optimizer.hpp"

namespace filbert {

/// What a fit was asked for, where it stands and what it has reported:
///   fit(net, data, optimizer, training.options, {.position = &training.position})
struct Training {
  FitOptions options = {};  ///< a file keeps what they leave open as it follows from the network
  FitPosition position = {};
  std::size_t rows = 0;  ///< of the training data
  /// Names of at most 64 bytes, a to z, 0 to 9 and _, with a number for each epoch.
  std::vector<std::pair<std::string, std::vector<double>>> history = {};
  std::shared_ptr<BestEpoch> best = {};  ///< of a fit that stops early; else null
};

/// Writes a checkpoint as save() writes a network. load() reads it too: it is the network's file
/// and more.
FILBERT_API void save_checkpoint(const Network& net, const Optimizer& optimizer,
                                 const Training& training, const std::filesystem::path& path,
                                 const KeepGoing& keep_going = {});
FILBERT_API void save_checkpoint(const Network64& net, const Optimizer& optimizer,
                                 const Training& training, const std::filesystem::path& path,
                                 const KeepGoing& keep_going = {});

struct Checkpoint {
  AnyNetwork network;
  Optimizer optimizer;  ///< belongs to the next network that it steps
  Training training;
};

/// Throws as load() does; FormatError too if the file is of a network alone.
FILBERT_API Checkpoint load_checkpoint(const std::filesystem::path& path,
                                       const KeepGoing& keep_going = {});
FILBERT_API Checkpoint checkpoint_from_bytes(std::span<const std::byte> bytes);

/// An optimizer with its state, in memory, in the same format.
FILBERT_API std::vector<std::byte> to_bytes(const Optimizer& optimizer,
                                            const KeepGoing& keep_going = {});
FILBERT_API Optimizer optimizer_from_bytes(std::span<const std::byte> bytes,
                                           const KeepGoing& keep_going = {});

}  // namespace filbert
