// Training examples, as fit, evaluate and cost take them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "filbert/elements.hpp"
#include "filbert/matrix.hpp"

namespace filbert {

/// Training examples in memory that somebody else owns, one in each row. Either labels or y are
/// given:
///   fit(net, {.x = x, .labels = labels}, optimizer)
///   evaluate(net, {.x = x, .y = y, .weights = weights})
template <class T>
struct BasicData {
  BasicMatrixView<const T> x = {};  ///< (rows, inputs)

  /// (rows): integers in 0 .. outputs - 1. A label means a row of y that is 0 with a 1 at the
  /// label.
  std::span<const std::int32_t> labels = {};

  /// (rows, outputs): targets; under some losses fewer columns (target_columns in loss.hpp). Those
  /// of a sigmoid or softmax output are in [0, 1], and their rows sum to 1 under cross_entropy and
  /// kl_divergence, both but for the rounding of half precision. TargetRange says what other losses
  /// take.
  BasicMatrixView<const T> y = {};

  /// (rows): how much each row counts; none: each counts 1. C_0 of a row and its derivatives are
  /// multiplied by its weight, and means are divided by the sum of the weights. Each is 0 or a
  /// normal number above 0, not all are 0, and their sum is finite.
  std::span<const T> weights = {};

  /// (rows, inputs): x, where its numbers are of another type or lie in another way. fit and
  /// evaluate convert the rows of a batch at a time, each number with one rounding, to nearest, so
  /// that results are those of an x that has been converted before. Where data.elements.data is
  /// null there is x.
  AnyMatrixView elements = {};

  /// Which rows of x are the examples, in this order; none: all of them. Labels, y and weights are
  /// those of the examples: "rows" below are as many as these.
  std::span<const std::uint64_t> chosen = {};

  /// Whether nobody has looked whether x is finite, because it is too large to read it twice. fit
  /// and evaluate then look at each batch before they use it, and throw std::invalid_argument for
  /// the first number that is not finite as a T: the network is as after the last whole step.
  /// Other numbers that are not finite are the caller's concern.
  bool unseen = false;

  /// Whether `elements` lie in a file that is mapped, and shared with it. Their pages are then
  /// taken out of the memory of the process now and then, so that the file may be larger than that.
  bool mapped = false;

  /// The descriptor of that file, open for reading, and where in it the first element is. Rows
  /// without gaps are then read from there, which is several times as fast as to map them anew. -1:
  /// none.
  int file = -1;
  std::uint64_t file_position = 0;

  std::string_view name = "x";  ///< what messages call x
};

using Data = BasicData<float>;
using Data64 = BasicData<double>;

}  // namespace filbert
