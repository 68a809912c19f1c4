// The training loop, and the cost of a network on a data set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "filbert/batch_source.hpp"
#include "filbert/data.hpp"
#include "filbert/diverged.hpp"
#include "filbert/export.h"
#include "filbert/fit_options.hpp"
#include "filbert/fit_position.hpp"
#include "filbert/interrupted.hpp"
#include "filbert/loss.hpp"
#include "filbert/network.hpp"
#include "filbert/optimizer.hpp"
#include "filbert/own_cost.hpp"
#include "filbert/snapshot.hpp"

namespace filbert {

/// Cost and accuracy over a set of training examples.
struct Evaluation {
  double loss = 0.0;  ///< mean C_0, by the weights of the rows
  /// Fraction of rows whose class is right: of argmax for several outputs, of a > 0.5 for one
  /// sigmoid output; for several sigmoids under binary_cross_entropy, the fraction of outputs on
  /// the right side of 0.5, and under the hinges of outputs on the right side of 0. By the weights
  /// of the rows. Absent for networks that do not classify, and under a cost of one's own if y has
  /// another number of columns than there are outputs.
  std::optional<double> accuracy;
};

/// What fit tells after each epoch.
struct EpochReport {
  std::size_t epoch;    ///< 1 .. FitOptions::epochs
  Evaluation training;  ///< over the epoch as trained: each batch before its update
  double penalty;  ///< with FitOptions::alpha, the mean penalty of the steps, as each was taken
  std::optional<double> val_loss;  ///< what FitHooks::val_loss has returned
  FitPosition next;                ///< where the fit stands once this epoch has been reported
  bool last;  ///< whether the fit ends with it: it has all epochs, or has converged
};

/// What happens during a fit: whom it calls, and where it starts.
struct FitHooks {
  /// Called once, when everything has been checked and before the first step.
  std::function<void()> on_start = {};
  /// Called after each epoch: the cost of validation data, which a ReduceOnPlateau may monitor.
  std::function<double()> val_loss = {};
  /// Called after that; false ends the training.
  std::function<bool(const EpochReport&)> on_epoch = {};
  /// Asked between batches, and in the midst of those that take long; false ends the training
  /// there. A batch that it interrupts leaves no trace: the network, the optimizer and the position
  /// are those after the last whole step.
  KeepGoing keep_going = {};
  /// With FitOptions::own_cost, what computes the cost and its derivative: `cost` for a Network,
  /// `cost64` for a Network64. It is called on the thread that called fit.
  OwnCost cost = {};
  OwnCost64 cost64 = {};
  /// With FitOptions::own_order, which rows an epoch takes, and in which order: it is called before
  /// each epoch with the number of those that are done, and fills in as many numbers as there are
  /// rows, each below that. A fit that goes on in the midst of an epoch asks for that one again.
  std::function<void(std::size_t epoch, std::span<std::uint64_t> rows)> order = {};
  /// Where to put snapshots: one before the first step, and one after every publish_every steps,
  /// which is at least 1. `publisher` is for a Network, `publisher64` for a Network64. With
  /// FitOptions::average they are of the mean. Not for an optimizer with a loop of its own.
  Publisher* publisher = nullptr;
  Publisher64* publisher64 = nullptr;
  std::size_t publish_every = 0;
  std::size_t threads = 0;  ///< at most so many work on the fit; 0: as many as get_threads() says
  /// Whether the options of the rule that are schedules follow the time of this fit. If not, they
  /// are what they are in a step outside of a fit (Schedule::rate): for data that come in pieces,
  /// each of them a fit.
  bool scheduled = true;
  /// Where to start, epochs being counted in total; afterwards where it stands, whatever ended it.
  FitPosition* position = nullptr;
};

/// The options with what they leave open filled in, as fit takes them: the loss and the seed are
/// the network's, and a list has a number for each layer, or is empty where it changes nothing. So
/// fits that do the same have equal options. Throws std::invalid_argument, naming the option, for a
/// number out of its range and for a list of another length.
FILBERT_API FitOptions complete(FitOptions options, const Network& net);
FILBERT_API FitOptions complete(FitOptions options, const Network64& net);

/// Trains on data. Each batch steps along the gradient of its mean C_0, by the weights of its rows;
/// one whose weights are all 0 steps with a gradient of 0. Returns false if a callback ended it.
/// An optimizer with a loop of its own takes all rows as one batch, in their order, and may end the
/// fit before all epochs are done; one that goes on after it had converged does nothing more.
/// Everything is checked before the first step: if it throws std::invalid_argument the network is
/// as it was. It throws Diverged as soon as a cost, or in the end a parameter, is not finite.
FILBERT_API bool fit(Network& net, const Data& data, Optimizer& optimizer,
                     const FitOptions& options = {}, const FitHooks& hooks = {});
FILBERT_API bool fit(Network64& net, const Data64& data, Optimizer& optimizer,
                     const FitOptions& options = {}, const FitHooks& hooks = {});

/// The same for batches that come from a source, each of which is one batch of the fit, whatever
/// its size: batch_size and shuffle count for nothing. Schedules see the rate stand still within an
/// epoch where the source does not know how many batches it has. Not for an optimizer with a loop
/// of its own. A batch is checked when it comes: std::invalid_argument is then thrown between two
/// steps, and also for an epoch without batches.
FILBERT_API bool fit(Network& net, BatchSource& source, Optimizer& optimizer,
                     const FitOptions& options = {}, const FitHooks& hooks = {});
FILBERT_API bool fit(Network64& net, BatchSource64& source, Optimizer& optimizer,
                     const FitOptions& options = {}, const FitHooks& hooks = {});

struct EvaluateOptions {
  std::optional<Loss> loss = {};  ///< none: default_loss(net.output())
  /// As in FitHooks; false ends with the mean of some of the rows, NaN if it is of none.
  KeepGoing keep_going = {};
  /// In the place of `loss`: `cost` for a Network, `cost64` for a Network64. It is called for some
  /// thousand rows at a time, on the calling thread; dC_da is not read.
  OwnCost cost = {};
  OwnCost64 cost64 = {};
  /// Filled with what predict returns, unless empty: (rows, outputs) without gaps, of the network's
  /// type. What is to be measured of it needs no second propagation then.
  MatrixView a = {};
  MatrixView64 a64 = {};
};

/// Mean cost and accuracy on data.
FILBERT_API Evaluation evaluate(const Network& net, const Data& data,
                                const EvaluateOptions& options = {});
FILBERT_API Evaluation evaluate(const Network64& net, const Data64& data,
                                const EvaluateOptions& options = {});

/// The order of an epoch: which of `examples` rows stands at `position`. A keyed bijection: any
/// position can be asked for by itself.
FILBERT_API std::uint64_t epoch_order(std::uint64_t position, std::uint64_t examples,
                                      std::uint64_t seed, std::uint64_t epoch);

}  // namespace filbert
