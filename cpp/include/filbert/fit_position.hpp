// Where a fit stands.
#pragma once

#include <cstddef>
#include <memory>
#include <variant>

#include "filbert/aligned.hpp"

namespace filbert {

/// Parameters laid out like those of a network, of its type.
using AnyParameters = std::variant<std::monostate, AlignedBuffer<float>, AlignedBuffer<double>>;

/// Between two batches, or after the last one of an epoch that has not been reported yet.
struct FitPosition {
  std::size_t epoch = 0;  ///< epochs done and reported
  std::size_t batch = 0;  ///< batches done of the next one
  double cost = 0.0;      ///< their sum of C_0, each times its weight
  double hits = 0.0;      ///< their right answers, each times its weight
  double weight = 0.0;    ///< the sum of their weights; without weights their rows
  /// With FitOptions::average, from the first step on: what training goes on from, while the
  /// network has the mean of its parameters. A fit that starts here works on a copy. Else null.
  std::shared_ptr<AnyParameters> trained = {};
};

}  // namespace filbert
