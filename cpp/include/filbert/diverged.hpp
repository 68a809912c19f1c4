// What ends a training whose cost has become infinite or NaN.
#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>

#include "filbert/export.h"

namespace filbert {

/// Where a training has diverged, and what the first suspect is.
struct Divergence {
  std::size_t epoch = 1;  ///< 1 .. FitOptions::epochs, the one that did not come to its end
  std::size_t step = 1;   ///< of that epoch, from 1: the one whose cost, or result, is not finite
  double cost = 0.0;      ///< the sum of C_0 over its batch; finite where parameters alone are not
  std::size_t layer = 1;  ///< the first one whose parameters or z are not finite
  /// The column of x that is far larger than the others, or larger than 1000: the first suspect.
  /// None: the learning rate is.
  std::optional<std::size_t> column = {};
  double largest = 0.0;  ///< |x| of that column at most, in the batch
  std::size_t kept = 0;  ///< the epoch whose parameters the network has; 0: those of the start
};

/// Thrown by fit and by a Trainer. The network has finite parameters: those of the last epoch that
/// was kept, which is every epoch with enough rows that a copy costs less than a hundredth of it;
/// or those of the start. If there have been steps since, the optimizer has no state any more, for
/// it would lead to the same place; the learning rate stays.
class FILBERT_API_TYPE Diverged : public std::runtime_error {
 public:
  FILBERT_API explicit Diverged(const Divergence& divergence);

  const Divergence& where() const { return where_; }

 private:
  Divergence where_;
};

}  // namespace filbert
