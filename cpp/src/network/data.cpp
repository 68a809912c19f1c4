#include "network/data.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "network/row_parts.hpp"
#include "system/check.hpp"
#include "system/team.hpp"

namespace filbert {
namespace {

/// Returns how far rounding may have moved a number in [0, 1] out of that interval, or a sum of
/// `terms` such numbers away from 1. The caller may have computed them in any precision, so this
/// allows for the coarsest: half precision rounds with a relative error of up to 2^-11, and a
/// softmax of n outputs does so about n times on the way to a sum. Python knows the type that the
/// numbers came in and is stricter (rounding_of in python/filbert/_edge/probabilities.py, which
/// derives the bound).
double target_rounding(std::size_t terms) {
  return std::min((static_cast<double>(terms) + 8.0) * 0x1p-11, 0.25);
}

/// Throws std::invalid_argument unless each of these rows sums to 1. Only then is a - y the
/// derivative of the loss with respect to z.
template <class T>
void require_sums_of_one(BasicMatrixView<const T> y, Range rows, const LossTraits& loss) {
  const double rounding = target_rounding(y.cols());
  for (std::size_t i = rows.begin; i < rows.end; ++i) {
    double sum = 0.0;
    for (std::size_t j = 0; j < y.cols(); ++j) sum += static_cast<double>(y(i, j));
    require(std::abs(sum - 1.0) <= rounding, "y: expected rows of probabilities that sum to 1 for ",
            loss.name, ", got sum ", sum, " in row ", i, sum > 0.0 ? "; divide by the sum" : "");
  }
}

/// Returns the sum of these weights. Throws std::invalid_argument unless each is 0 or a normal
/// number above 0, so that the reciprocal of a sum above 0 is finite.
template <class T>
double require_weights(std::span<const T> weights, Range rows) {
  constexpr T least = std::numeric_limits<T>::min(), most = std::numeric_limits<T>::max();
  double sum = 0.0;
  for (std::size_t i = rows.begin; i < rows.end; ++i) {
    const T weight = weights[i];
    require(weight == T(0) || (weight >= least && weight <= most),
            "weights: expected 0 or a number from ", least, " to ", most, ", got ", weight,
            " at position ", i);
    sum += static_cast<double>(weight);
  }
  return sum;
}

}  // namespace

template <class T>
void require_unit_interval(BasicMatrixView<const T> y, Range rows, Activation output) {
  const T low = static_cast<T>(-target_rounding(1)), high = static_cast<T>(1 + target_rounding(1));
  const bool dense = y.stride() == y.cols();  // then all rows are one loop, in vectors
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

void require_labels(std::span<const std::int32_t> labels, Range rows, std::size_t outputs) {
  for (std::size_t i = rows.begin; i < rows.end; ++i) {
    require(labels[i] >= 0 && static_cast<std::size_t>(labels[i]) < outputs,
            "labels: expected integers in 0 .. ", outputs - 1, ", got ", labels[i], " at position ",
            i);
  }
}

template <class T>
void require_range(BasicMatrixView<const T> y, Range rows, const LossTraits& loss) {
  const auto require_each = [&](const char* expected, auto is_right) {
    for (std::size_t i = rows.begin; i < rows.end; ++i) {
      for (std::size_t j = 0; j < y.cols(); ++j) {
        require(is_right(y(i, j)), "y: expected ", expected, " for ", loss.name, ", got ", y(i, j),
                " in row ", i, ", column ", j);
      }
    }
  };
  switch (loss.targets) {
    case TargetRange::distributions:
      return require_sums_of_one(y, rows, loss);
    case TargetRange::nonnegative:
      return require_each("values of at least 0", [](T value) { return value >= T(0); });
    case TargetRange::signs:
      return require_each("-1 or 1", [](T value) { return value == T(1) || value == T(-1); });
    case TargetRange::any:
      return;
  }
}

template <class T>
bool require_targets(const BasicNetwork<T>& net, const BasicData<T>& data, const Loss* loss,
                     std::size_t rows, Watch& watch, bool is_batch) {
  if (loss != nullptr) require_loss_fits(*loss, net.output());
  const std::size_t columns = loss != nullptr ? target_columns(*loss, net.outputs())
                                              : std::max<std::size_t>(1, data.y.cols());
  const std::size_t labels = data.labels.size(), y = data.y.rows(), weights = data.weights.size();
  require(labels > 0 || y > 0, "data: expected labels or y, got neither");
  require(labels == 0 || y == 0, "data: expected labels or y, got both: ", labels, " labels and ",
          y, " rows of y");
  require(labels == 0 || labels == rows, "labels: expected ", rows, ", one for each row of x, got ",
          labels);
  require(y == 0 || y == rows, "y: expected ", rows, " rows, one for each row of x, got ", y);
  require(y == 0 || data.y.cols() == columns, "y: expected ", columns, " columns, got ",
          data.y.cols());
  if (const Normalisation* const by = net.normalises(); by != nullptr && by->changes_targets()) {
    require(labels == 0, "labels: expected rows of y for a network that normalises its targets, ",
            "got labels");
    require(data.y.cols() <= net.outputs(), "y: expected at most ", net.outputs(),
            " columns for a network that normalises its targets, got ", data.y.cols());
  }
  require(labels == 0 || loss == nullptr || columns == net.outputs(),
          "labels: expected rows of y for ", loss == nullptr ? "" : traits_of(*loss).name,
          ", got labels");
  require(weights == 0 || weights == rows, "weights: expected ", rows,
          ", one for each row of x, got ", weights);
  Worker alone(0, 1, nullptr, nullptr, nullptr);
  const std::size_t operations = 16 * ((labels > 0 ? 1 : net.outputs()) + (weights > 0 ? 1 : 0));
  double sum = 0.0;
  const bool done = by_rows(alone, watch, rows, operations, [&](Range part) {
    if (weights > 0) sum += require_weights(data.weights, part);
    if (labels > 0) return require_labels(data.labels, part, net.outputs());
    if (loss == nullptr) return;
    const LossTraits traits = traits_of(*loss);
    if (traits.targets == TargetRange::distributions || traits_of(net.output()).probabilities) {
      require_unit_interval(data.y, part, net.output());
    }
    require_range(data.y, part, traits);
  });
  require(!done || weights == 0 ||
              ((sum > 0.0 || is_batch) && sum <= std::numeric_limits<double>::max()),
          "weights: expected a finite sum above 0, got ", sum);
  return done;
}

template <class T>
bool require_data(const BasicNetwork<T>& net, const BasicData<T>& data, const Loss* loss,
                  Watch& watch, bool is_batch) {
  const bool any = data.elements.data != nullptr;
  const std::size_t cols = any ? data.elements.cols : data.x.cols();
  const std::size_t rows = any ? data.elements.rows : data.x.rows();
  require(!any || data.x.data() == nullptr, "data: expected x or elements, got both");
  require(cols == net.inputs(), data.name, ": expected ", net.inputs(), " columns, got ", cols);
  require(rows > 0, data.name, ": expected at least one row, got 0");
  for (const std::uint64_t row : data.chosen) {
    require(row < rows, "chosen: expected rows below ", rows, ", got ", row);
  }
  return require_targets(net, data, loss, example_count(data), watch, is_batch);
}

template void require_unit_interval(BasicMatrixView<const float> y, Range rows, Activation output);
template void require_range(BasicMatrixView<const float> y, Range rows, const LossTraits& loss);
template bool require_targets(const BasicNetwork<float>& net, const BasicData<float>& data,
                              const Loss* loss, std::size_t rows, Watch& watch, bool is_batch);
template bool require_data(const BasicNetwork<float>& net, const BasicData<float>& data,
                           const Loss* loss, Watch& watch, bool is_batch);
template void require_unit_interval(BasicMatrixView<const double> y, Range rows, Activation output);
template void require_range(BasicMatrixView<const double> y, Range rows, const LossTraits& loss);
template bool require_targets(const BasicNetwork<double>& net, const BasicData<double>& data,
                              const Loss* loss, std::size_t rows, Watch& watch, bool is_batch);
template bool require_data(const BasicNetwork<double>& net, const BasicData<double>& data,
                           const Loss* loss, Watch& watch, bool is_batch);

}  // namespace filbert
