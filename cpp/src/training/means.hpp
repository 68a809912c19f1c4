// The sums of an epoch or an evaluation over its rows, and the means that are made of them.
#pragma once

#include <cstddef>

#include "filbert/fit.hpp"
#include "network/phases.hpp"

namespace filbert {

/// Sums over rows in double, in which each row counts with its weight (docs/numerics.md).
struct Totals {
  double cost = 0.0;
  double hits = 0.0;    // of right answers
  double weight = 0.0;  // of the weights, or the number of rows if there are none
};

/// Returns the means of these sums. classifies: whether the network has an accuracy.
inline Evaluation means(const Totals& totals, bool classifies, std::size_t outputs,
                        const Loss& loss) {
  Evaluation result;
  result.loss = totals.cost / totals.weight;
  if (classifies) {
    const std::size_t judged = traits_of(loss).judges_outputs ? outputs : 1;
    result.accuracy = totals.hits / (totals.weight * static_cast<double>(judged));
  }
  return result;
}

}  // namespace filbert
