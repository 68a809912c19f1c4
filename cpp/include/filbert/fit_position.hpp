// Where a fit stands.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <variant>

#include "filbert/aligned.hpp"
#include "filbert/schedules.hpp"

namespace filbert {

/// Parameters laid out like those of a network, of its type.
using AnyParameters = std::variant<std::monostate, AlignedBuffer<float>, AlignedBuffer<double>>;

/// What a ReduceOnPlateau has seen of a fit.
struct PlateauState {
  ReduceOnPlateau schedule = {};
  double best = 0.0;         ///< the lowest cost so far; infinite before the first one
  double rate = 0.0;         ///< after the reductions so far, but without a warm-up
  std::size_t bad = 0;       ///< epochs since then, without those of a cooldown
  std::size_t cooldown = 0;  ///< epochs that are left of it

  friend bool operator==(const PlateauState&, const PlateauState&) = default;
};

/// Between two batches, or after the last one of an epoch that has not been reported yet.
struct FitPosition {
  std::size_t epoch = 0;  ///< epochs done and reported
  std::size_t batch = 0;  ///< batches done of the next one
  double cost = 0.0;      ///< their sum of C_0, each times its weight
  double hits = 0.0;      ///< their right answers, each times its weight
  double weight = 0.0;    ///< the sum of their weights; without weights their rows
  double penalty = 0.0;   ///< with FitOptions::alpha, its penalties in their steps, summed up
  /// With FitOptions::average, from the first step on: what training goes on from, while the
  /// network has the mean of its parameters. A fit that starts here works on a copy. Else null.
  std::shared_ptr<AnyParameters> trained = {};
  std::optional<PlateauState> plateau = {};  ///< of a ReduceOnPlateau, after the first epoch
};

}  // namespace filbert
