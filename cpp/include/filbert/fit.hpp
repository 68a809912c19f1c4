// The training loop, and the cost of a network on a data set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "filbert/export.h"
#include "filbert/fit_position.hpp"
#include "filbert/interrupted.hpp"
#include "filbert/loss.hpp"
#include "filbert/matrix.hpp"
#include "filbert/network.hpp"
#include "filbert/optimizer.hpp"

namespace filbert {

/// Cost and accuracy over a set of training examples.
struct Evaluation {
  double loss = 0.0;  ///< mean C_0
  /// Fraction of rows whose class is right: of argmax for several outputs, of a > 0.5 for one
  /// sigmoid output; for several sigmoids under binary_cross_entropy, the fraction of outputs on
  /// the right side of 0.5. Absent for networks that do not classify.
  std::optional<double> accuracy;
};

/// What fit tells after each epoch.
struct EpochReport {
  std::size_t epoch;    ///< 1 .. FitOptions::epochs
  Evaluation training;  ///< over the epoch as trained: each batch before its update
};

struct FitOptions {
  std::size_t epochs = 1;
  std::size_t batch_size = 32;             ///< the last batch of an epoch may be smaller
  std::optional<Loss> loss = {};           ///< none: default_loss(net.output())
  bool shuffle = true;                     ///< a new order each epoch, by seed and net.epoch()
  std::optional<std::uint64_t> seed = {};  ///< key of that order; none: net.seed()
  /// Called once, when everything has been checked and before the first step.
  std::function<void()> on_start = {};
  /// Called after each epoch; false ends the training.
  std::function<bool(const EpochReport&)> on_epoch = {};
  /// Where to start, epochs being counted in total; afterwards where it stands, whatever ended it.
  FitPosition* position = nullptr;
  /// Asked between batches, and in the midst of those that take long; false ends the training
  /// there. A batch that it interrupts leaves no trace: the network, the optimizer and the position
  /// are those after the last whole step.
  KeepGoing keep_going = {};
};

/// Trains on x: (examples, net.inputs()) and labels: (examples), or y: (examples, net.outputs()),
/// which mean what they mean for cost(). Each batch steps along the gradient of its mean C_0.
/// Returns false if a callback ended it. Everything is checked before the first step: if it throws
/// std::invalid_argument the network is as it was.
FILBERT_API bool fit(Network& net, ConstMatrixView x, std::span<const std::int32_t> labels,
                     Optimizer& optimizer, const FitOptions& options = {});
FILBERT_API bool fit(Network& net, ConstMatrixView x, ConstMatrixView y, Optimizer& optimizer,
                     const FitOptions& options = {});
FILBERT_API bool fit(Network64& net, ConstMatrixView64 x, std::span<const std::int32_t> labels,
                     Optimizer& optimizer, const FitOptions& options = {});
FILBERT_API bool fit(Network64& net, ConstMatrixView64 x, ConstMatrixView64 y, Optimizer& optimizer,
                     const FitOptions& options = {});

struct EvaluateOptions {
  std::optional<Loss> loss = {};  ///< none: default_loss(net.output())
  /// As in FitOptions; false ends with the mean of the rows so far, NaN if there are none.
  KeepGoing keep_going = {};
};

/// Mean cost and accuracy on x and labels or y.
FILBERT_API Evaluation evaluate(const Network& net, ConstMatrixView x,
                                std::span<const std::int32_t> labels,
                                const EvaluateOptions& options = {});
FILBERT_API Evaluation evaluate(const Network& net, ConstMatrixView x, ConstMatrixView y,
                                const EvaluateOptions& options = {});
FILBERT_API Evaluation evaluate(const Network64& net, ConstMatrixView64 x,
                                std::span<const std::int32_t> labels,
                                const EvaluateOptions& options = {});
FILBERT_API Evaluation evaluate(const Network64& net, ConstMatrixView64 x, ConstMatrixView64 y,
                                const EvaluateOptions& options = {});

/// The order of an epoch: which of `examples` rows stands at `position`. A keyed bijection: any
/// position can be asked for by itself.
FILBERT_API std::uint64_t epoch_order(std::uint64_t position, std::uint64_t examples,
                                      std::uint64_t seed, std::uint64_t epoch);

}  // namespace filbert
