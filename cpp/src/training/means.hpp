// What the numbers of many rows add up to, and their means.
#pragma once

#include <cstddef>

#include "filbert/fit.hpp"
#include "network/phases.hpp"

namespace filbert {

/// Sums over rows, in double, each row times its weight (docs/numerics.md).
struct Totals {
  double cost = 0.0;
  double hits = 0.0;    // right answers
  double weight = 0.0;  // without weights, the number of rows
};

/// classifies: whether there is an accuracy.
inline Evaluation means(const Totals& totals, bool classifies, std::size_t outputs, Loss loss) {
  Evaluation result;
  result.loss = totals.cost / totals.weight;
  if (classifies) {
    const std::size_t judged = judges_outputs(outputs, loss) ? outputs : 1;
    result.accuracy = totals.hits / (totals.weight * static_cast<double>(judged));
  }
  return result;
}

}  // namespace filbert
