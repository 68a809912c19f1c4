// The best epoch of a fit so far, and its parameters.
#pragma once

#include <cstddef>
#include <memory>

#include "filbert/export.h"
#include "filbert/fit_position.hpp"
#include "filbert/network.hpp"

namespace filbert {

/// When an epoch is better than those before it.
struct EarlyStopping {
  bool maximize = false;   ///< whether a higher number is better
  double min_delta = 0.0;  ///< by how much a number has to be better
  bool last = false;       ///< whether an epoch that equals the best one takes its place
};

/// What a fit that stops early remembers; a checkpoint keeps it.
struct BestEpoch {
  std::size_t seen = 0;   ///< epochs that have been counted
  std::size_t epoch = 0;  ///< the best one, from 1; 0: there is none yet
  double value = 0.0;     ///< its number
  std::size_t bad = 0;    ///< epochs since a number was better by more than min_delta
  std::shared_ptr<AnyParameters> parameters = {};  ///< those after the best epoch
};

/// Counts an epoch, whose number is `value`; an epoch that has been counted does not count again.
/// NaN is never better. An equal number leaves `bad` as it would be.
FILBERT_API void count_epoch(BestEpoch& best, const EarlyStopping& rules, const Network& net,
                             std::size_t epoch, double value);
FILBERT_API void count_epoch(BestEpoch& best, const EarlyStopping& rules, const Network64& net,
                             std::size_t epoch, double value);

/// Gives the network the parameters of the best epoch, if there is one. Throws
/// std::invalid_argument if they are of another network.
FILBERT_API void put_back(const BestEpoch& best, Network& net);
FILBERT_API void put_back(const BestEpoch& best, Network64& net);

}  // namespace filbert
