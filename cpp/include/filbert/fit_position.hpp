// Where a fit stands.
#pragma once

#include <cstddef>
#include <cstdint>

namespace filbert {

/// Between two batches, or after the last one of an epoch that has not been reported yet.
struct FitPosition {
  std::size_t epoch = 0;      ///< epochs done and reported
  std::size_t batch = 0;      ///< batches done of the next one
  double cost = 0.0;          ///< their sum of C_0
  std::uint64_t hits = 0;     ///< and what counts for their accuracy
  std::uint64_t counted = 0;  ///< and their rows
};

}  // namespace filbert
