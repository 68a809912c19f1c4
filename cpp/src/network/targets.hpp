// The targets y of a set of training examples: rows of values, or labels.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "filbert/loss.hpp"
#include "filbert/matrix.hpp"
#include "filbert/network.hpp"
#include "network/row_parts.hpp"
#include "system/check.hpp"

namespace filbert {

/// One of the two is empty.
template <class T>
struct Targets {
  BasicMatrixView<const T> values;       // (examples, outputs)
  std::span<const std::int32_t> labels;  // (examples)
  bool has_labels() const { return values.data() == nullptr; }
  std::size_t size() const { return has_labels() ? labels.size() : values.rows(); }

  Targets part(std::size_t first, std::size_t count) const {
    if (has_labels()) return {{}, labels.subspan(first, count)};
    return {values.rows_from(first, count), {}};
  }
};

/// How far rounding may have moved a number in [0, 1] out of that interval, or a sum of `terms`
/// such numbers away from 1. The caller may have computed them in any precision, so this allows
/// for the coarsest: half precision rounds with a relative error of up to 2^-11, and a softmax of
/// n outputs does so about n times on the way to a sum. Python knows the type that the numbers came
/// in and is stricter (rounding_of in python/filbert/_probabilities.py, with the derivation).
inline double target_rounding(std::size_t terms) {
  return std::min((static_cast<double>(terms) + 8.0) * 0x1p-11, 0.25);
}

/// Throws std::invalid_argument unless all values of these rows are in [0, 1], as the activations
/// of a sigmoid or softmax output are. Others would train without an error, under squared_error,
/// and labels 1 and 2 would even count as right: accuracy compares a > 0.5 with y > 0.5.
template <class T>
void require_unit_interval(BasicMatrixView<const T> y, Range rows, Activation output) {
  const T low = static_cast<T>(-target_rounding(1)), high = static_cast<T>(1 + target_rounding(1));
  const bool dense = y.stride() == y.cols();  // then one loop, which the compiler vectorises
  const std::size_t count = dense ? rows.size() * y.cols() : y.cols();
  for (std::size_t i = rows.begin; i < (dense ? rows.begin + 1 : rows.end); ++i) {
    const T* values = y.row(i).data();
    int outside = 0;
    for (std::size_t j = 0; j < count; ++j) outside |= !(values[j] >= low && values[j] <= high);
    if (outside == 0) continue;
    const T* wrong =
        std::find_if(values, values + count, [&](T v) { return !(v >= low && v <= high); });
    const auto at = i * y.cols() + static_cast<std::size_t>(wrong - values);
    refuse("y: expected values in [0, 1] for a ", to_string(output), " output, got ", *wrong,
           " in row ", at / y.cols(), ", column ", at % y.cols());
  }
}

/// Throws std::invalid_argument unless each of these rows sums to 1. Only then is a - y the
/// derivative of cross_entropy with respect to z.
template <class T>
void require_sums_of_one(BasicMatrixView<const T> y, Range rows) {
  const double rounding = target_rounding(y.cols());
  for (std::size_t i = rows.begin; i < rows.end; ++i) {
    double sum = 0.0;
    for (std::size_t j = 0; j < y.cols(); ++j) sum += static_cast<double>(y(i, j));
    require(std::abs(sum - 1.0) <= rounding,
            "y: expected rows of probabilities that sum to 1 for cross_entropy, got sum ", sum,
            " in row ", i, sum > 0.0 ? "; divide by the sum" : "");
  }
}

/// Throws std::invalid_argument unless these labels are those of outputs.
inline void require_labels(std::span<const std::int32_t> labels, Range rows, std::size_t outputs) {
  for (std::size_t i = rows.begin; i < rows.end; ++i) {
    require(labels[i] >= 0 && static_cast<std::size_t>(labels[i]) < outputs,
            "y: expected labels in 0 .. ", outputs - 1, ", got ", labels[i], " at position ", i);
  }
}

/// Throws std::invalid_argument if these are not targets of that many examples for this network
/// and loss. False: the watch has ended the search.
template <class T>
[[nodiscard]] bool require_targets(const BasicNetwork<T>& net, const Targets<T>& y, Loss loss,
                                   std::size_t examples, Watch& watch) {
  require_loss_fits(loss, net.output());
  require(y.size() == examples, "y: expected ", examples, " rows, one for each row of x, got ",
          y.size());
  if (!y.has_labels()) {
    require(y.values.cols() == net.outputs(), "y: expected ", net.outputs(), " columns, got ",
            y.values.cols());
  }
  Worker alone(0, 1, nullptr, nullptr, nullptr);
  const std::size_t operations = 16 * (y.has_labels() ? 1 : y.values.cols());
  return by_rows(alone, watch, examples, operations, [&](Range rows) {
    if (y.has_labels()) return require_labels(y.labels, rows, net.outputs());
    if (traits_of(net.output()).classifies) {
      require_unit_interval(y.values, rows, net.output());
    }
    if (traits_of(loss).of_distributions) require_sums_of_one(y.values, rows);
  });
}

}  // namespace filbert
