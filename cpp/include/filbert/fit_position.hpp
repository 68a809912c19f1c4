// Where a fit stands.
#pragma once

#include <cstddef>

namespace filbert {

/// Between two batches, or after the last one of an epoch that has not been reported yet.
struct FitPosition {
  std::size_t epoch = 0;  ///< epochs done and reported
  std::size_t batch = 0;  ///< batches done of the next one
  double cost = 0.0;      ///< their sum of C_0, each times its weight
  double hits = 0.0;      ///< their right answers, each times its weight
  double weight = 0.0;    ///< the sum of their weights; without weights their rows
};

}  // namespace filbert
