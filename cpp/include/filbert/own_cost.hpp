// A cost of one's own in the place of a Loss: a function that fit and evaluate call for each batch.
#pragma once

#include <functional>
#include <span>

#include "filbert/matrix.hpp"

namespace filbert {

/// A batch at the output: what such a function is given, and what it has to fill.
template <class T>
struct BasicCostBatch {
  BasicMatrixView<const T> a;  ///< (rows, outputs)
  /// (rows, columns of y): the targets. Labels have become rows of 0 with a 1 at the label.
  BasicMatrixView<const T> y;
  std::span<T> cost;         ///< (rows): C_0 of each row, without its weight
  BasicMatrixView<T> dC_da;  ///< (rows, outputs): dC_0/da of each row, without its weight
};

/// The cost of the batch is the mean of what `cost` is filled with, by the weights of the rows; so
/// dC_da is not divided by the number of rows. One thread calls the function, and the others wait
/// for it. If it returns false or throws, the work ends: a batch of a fit leaves no trace then.
template <class T>
using BasicOwnCost = std::function<bool(const BasicCostBatch<T>&)>;

using CostBatch = BasicCostBatch<float>;
using CostBatch64 = BasicCostBatch<double>;
using OwnCost = BasicOwnCost<float>;
using OwnCost64 = BasicOwnCost<double>;

}  // namespace filbert
