// What fit and evaluate need to call a cost of the caller's own.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "filbert/data.hpp"
#include "filbert/fit.hpp"
#include "filbert/propagate.hpp"
#include "kernels/kernels.hpp"
#include "network/data.hpp"
#include "system/check.hpp"

namespace filbert {

/// Returns the function of the network's type among the options of fit or evaluate; it is empty if
/// there is none. Throws std::invalid_argument if there is one of the other type.
template <class T, class Options>
const BasicOwnCost<T>& own_cost(const Options& options) {
  if constexpr (std::is_same_v<T, float>) {
    require(!options.cost64, "cost64: expected none for a Network, got a function; it takes cost");
    return options.cost;
  } else {
    require(!options.cost, "cost: expected none for a Network64, got a function; it takes cost64");
    return options.cost64;
  }
}

/// Whether a network has an accuracy under a cost of the caller's own: if its outputs say how
/// probable a class is, and there is a target for each of them.
template <class T>
bool classifies_under_own_cost(const BasicNetwork<T>& net, const BasicData<T>& data) {
  return traits_of(net.output()).classifies && (has_labels(data) || data.y.cols() == net.outputs());
}

/// Calls the function for batches, and does to what it fills what the output kernel does to the
/// results of a Loss.
template <class T>
class OwnCostBatches {
 public:
  OwnCostBatches(const BasicNetwork<T>& net, const BasicData<T>& data,
                 const BasicOwnCost<T>& function, std::size_t most_rows)
      : function_(function),
        outputs_(net.outputs()),
        columns_(has_labels(data) ? net.outputs() : data.y.cols()),
        y_(most_rows * columns_),
        dC_da_(most_rows * outputs_) {}

  /// The targets of row i of the next batch.
  void set_target(std::size_t i, const T* y) { std::copy_n(y, columns_, &y_[i * columns_]); }
  void set_label(std::size_t i, std::int32_t label) {
    std::fill_n(&y_[i * columns_], columns_, T(0));
    y_[i * columns_ + static_cast<std::size_t>(label)] = T(1);
  }

  /// Calls the function, but where an output is not finite: then each cost is NaN. Returns false if
  /// the function does. weights: of the rows, or null.
  [[nodiscard]] bool call(BasicMatrixView<const T> a, std::span<T> cost, const T* weights) {
    const std::size_t rows = a.rows();
    for (std::size_t i = 0; i < rows; ++i) {
      if (first_nonfinite({a.row(i).data(), a.cols()}) == a.cols()) continue;
      std::ranges::fill(cost, std::numeric_limits<T>::quiet_NaN());
      std::ranges::fill(dC_da_, T(0));
      return true;
    }
    if (!function_({.a = a,
                    .y = {y_.data(), rows, columns_},
                    .cost = cost,
                    .dC_da = {dC_da_.data(), rows, outputs_}})) {
      return false;
    }
    for (std::size_t i = 0; i < (weights == nullptr ? 0 : rows); ++i)
      cost[i] = weights[i] * cost[i];
    return true;
  }

  /// Computes dz of the output layer from what the function has filled. from: as in
  /// Kernels::output_derivative.
  void derive(const Kernels<T>& kernels, Activation output, BasicMatrixView<const T> from,
              BasicMatrixView<T> dz, const T* weights) {
    kernels.output_derivative(dz.data(), dz.stride(), dC_da_.data(), outputs_, from.data(),
                              from.stride(), output, dz.rows(), outputs_);
    for (std::size_t i = 0; i < (weights == nullptr ? 0 : dz.rows()); ++i) {
      for (std::size_t j = 0; j < outputs_; ++j) dz(i, j) = weights[i] * dz(i, j);
    }
  }

  /// Sets whether the class of each row is right, as OutputBatch::correct does for one class a row.
  void judge(BasicMatrixView<const T> a, std::int32_t* correct) const {
    for (std::size_t i = 0; i < a.rows(); ++i) {
      const T *const row = a.row(i).data(), *const y = &y_[i * columns_];
      correct[i] =
          outputs_ == 1 ? (row[0] > T(0.5)) == (y[0] > T(0.5)) : largest(row) == largest(y);
    }
  }

 private:
  std::ptrdiff_t largest(const T* row) const { return std::max_element(row, row + outputs_) - row; }

  const BasicOwnCost<T>& function_;
  std::size_t outputs_, columns_;
  std::vector<T> y_, dC_da_;
};

}  // namespace filbert
