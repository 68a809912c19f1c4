// Learns a normalisation from the rows of a data set. Everything is computed in double and in a
// fixed order: docs/numerics.md has the operations.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "filbert/network.hpp"
#include "filbert/normalisation.hpp"
#include "kernels/functions.hpp"
#include "kernels/vec/vec_scalar.hpp"
#include "network/column_moments.hpp"
#include "network/elements.hpp"
#include "network/input_rows.hpp"
#include "network/normalise.hpp"
#include "network/order_statistics.hpp"
#include "system/check.hpp"
#include "system/float_mode.hpp"
#include "system/pieces.hpp"

namespace filbert {
namespace {

/// The name of a column, as messages show it.
std::string shown(const std::vector<std::string>& names, std::size_t column) {
  const std::string number = std::to_string(column);
  return names.empty() ? number : number + " ('" + names[column] + "')";
}

/// Says why the moments of a column are no numbers to go on with: which of its own is infinite, or
/// a NaN, that there is none, or that they are too far apart. what: "x" or "y". fills: whether a
/// NaN may be there; present: whether anything else is.
[[noreturn]] void refuse_column(const TableRows& rows, std::size_t column, const std::string& what,
                                const std::vector<std::string>& names, bool fills, bool present) {
  for (std::size_t i = 0; i < rows.count; ++i) {
    double value = 0.0;
    rows.read(i, column, 1, &value);
    const bool missing = value != value;
    if (std::isfinite(value) || (missing && fills)) continue;
    refuse(what, ": expected finite numbers", fills ? " or NaN" : "", ", got ", value, " in row ",
           i, ", column ", shown(names, column));
  }
  if (fills && !present) {
    refuse(what, ": expected at least one number in each column, got only NaN in column ",
           shown(names, column));
  }
  refuse(what, ": expected columns whose variance is finite, got numbers that are too far apart ",
         "in column ", shown(names, column));
}

/// Means and variances of the columns of a table. Throws std::invalid_argument, as said there.
Moments moments_of(const TableRows& rows, const std::string& what,
                   const std::vector<std::string>& names, bool fills, Pieces& pieces) {
  Moments moments = column_moments(rows, pieces);
  for (std::size_t j = 0; j < rows.columns; ++j) {
    const bool whole = moments.present[j] == static_cast<double>(rows.count);
    const bool known = std::isfinite(moments.mean[j]) && std::isfinite(moments.variance[j]);
    const bool present = moments.present[j] > 0.0;
    if (!known || !present || (!whole && !fills)) {
      refuse_column(rows, j, what, names, fills, present);
    }
  }
  return moments;
}

void learn_standard(Normalisation& to, const Moments& moments) {
  to.centre = moments.mean;
  to.factor.resize(moments.mean.size());
  for (std::size_t j = 0; j < to.factor.size(); ++j) {
    const double deviation = ScalarVec<double>::sqrt(moments.variance[j]);
    to.factor[j] = deviation > 0.0 ? 1.0 / deviation : 1.0;
  }
}

/// Throws std::invalid_argument unless the distance of two numbers of a column is finite.
double distance(double from, double to, std::size_t column, const std::vector<std::string>& names) {
  const double result = to - from;
  require(std::isfinite(result), "x: expected columns of a finite range, got numbers from ", from,
          " to ", to, " in column ", shown(names, column));
  return result;
}

void learn_robust(Normalisation& to, const TableRows& rows, const std::vector<std::string>& names,
                  Pieces& pieces) {
  constexpr std::size_t parts = 4;
  const std::vector<double> of = order_statistics(rows, parts + 1, pieces);
  for (std::size_t j = 0; j < rows.columns; ++j) {
    const double* const quartile = of.data() + j * (parts + 1);
    const double middle = distance(quartile[1], quartile[3], j, names);
    const double all = distance(quartile[0], quartile[4], j, names);
    double factor = middle > 0.0 ? 1.0 / middle : all > 0.0 ? 2.0 / all : 0.0;
    if (!std::isfinite(factor)) factor = 0.0;  // the numbers are all but equal
    to.centre.push_back(quartile[2]);
    to.factor.push_back(factor);
  }
}

void learn_quantiles(Normalisation& to, const TableRows& rows,
                     const std::vector<std::string>& names, Pieces& pieces) {
  const std::size_t each = std::min(max_quantiles, sampled_rows(rows.count));
  to.quantiles = order_statistics(rows, each, pieces);
  for (std::size_t j = 0; j < rows.columns; ++j) {
    distance(to.quantiles[j * each], to.quantiles[(j + 1) * each - 1], j, names);
  }
}

/// The loss whose outputs are in the units of its targets, but for a factor and a centre, or throws
/// std::invalid_argument.
template <class T>
void require_values(const BasicNetwork<T>& net, const BasicData<T>& data, const Loss& loss) {
  require(net.output() == identity, "normalize_targets: expected an identity output, got ",
          to_string(net.output()));
  const LossTraits traits = traits_of(loss);
  require(traits.targets == TargetRange::any,
          "normalize_targets: expected a loss of values of any size, got ", traits.name);
  require(data.labels.empty(), "normalize_targets: expected rows of y, got labels");
  require(data.y.rows() == example_count(data), "y: expected ", example_count(data),
          " rows, one for each row of x, got ", data.y.rows());
  require(data.y.cols() == target_columns(loss, net.outputs()), "y: expected ",
          target_columns(loss, net.outputs()), " columns, got ", data.y.cols());
}

void learn_targets(Normalisation& to, const TableRows& rows, std::size_t outputs, const Loss& loss,
                   Pieces& pieces) {
  const Moments moments = moments_of(rows, "y", {}, false, pieces);
  for (std::size_t j = 0; j < outputs; ++j) {
    const double deviation = ScalarVec<double>::sqrt(moments.variance[j % rows.columns]);
    const double scale = deviation > 0.0 ? deviation : 1.0;
    const bool of_variance = loss.kind == LossKind::gaussian_nll && j >= rows.columns;
    if (of_variance) {  // the logarithm of the variance of y is that of y' and 2 log(scale)
      constexpr double two_ln2 = 0x1.62e42fefa39efp+0;
      to.target_centre.push_back(two_ln2 * scalar::log2(scale));
      to.target_scale.push_back(1.0);
    } else {
      to.target_centre.push_back(moments.mean[j % rows.columns]);
      to.target_scale.push_back(scale);
    }
  }
}

/// Examples in memory, of which each number is one of a network of T.
struct Examples {
  AnyMatrixView view;
  std::span<const std::uint64_t> chosen;
};

template <class T>
void read_columns(const void* of, std::size_t example, std::size_t first, std::size_t count,
                  double* to) {
  const auto& [view, chosen] = *static_cast<const Examples*>(of);
  const std::size_t row = chosen.empty() ? example : static_cast<std::size_t>(chosen[example]);
  const unsigned char* start =
      row_start(view, row) + static_cast<std::ptrdiff_t>(first) * view.col_stride;
  if constexpr (std::is_same_v<T, double>) {
    convert_rows(to, count, &start, 1, count, view.type, view.col_stride);
  } else {
    T numbers[most_columns];
    convert_rows(numbers, count, &start, 1, count, view.type, view.col_stride);
    for (std::size_t j = 0; j < count; ++j) to[j] = static_cast<double>(numbers[j]);
  }
}

template <class T>
TableRows rows_of(const Examples& examples) {
  const std::size_t rows = examples.chosen.empty() ? examples.view.rows : examples.chosen.size();
  return {rows, examples.view.cols, &examples, &read_columns<T>};
}

template <class T>
Normalisation learn(const BasicNetwork<T>& net, const BasicData<T>& data,
                    const NormalisationOptions& options) {
  const FloatMode mode;
  const Examples inputs{data.elements.data != nullptr ? data.elements : any_view(data.x),
                        data.chosen};
  require(inputs.view.cols == net.inputs(), data.name, ": expected ", net.inputs(),
          " columns, got ", inputs.view.cols);
  require(inputs.view.rows > 0, data.name, ": expected at least one row, got 0");
  for (const std::uint64_t row : data.chosen) {
    require(row < inputs.view.rows, "chosen: expected rows below ", inputs.view.rows, ", got ",
            row);
  }
  Normalisation result = net.normalisation();
  const bool wants_kind = options.kind != NormalisationKind::none;
  require(!wants_kind || result.kind == NormalisationKind::none || result.kind == options.kind,
          "normalize: expected ", to_string(result.kind), ", which the network has, got ",
          to_string(options.kind));
  Pieces pieces(options.keep_going);
  const std::string what(data.name);
  const TableRows x = rows_of<T>(inputs);
  const std::vector<std::string>& names = net.feature_names();
  const bool needs_kind = wants_kind && result.kind == NormalisationKind::none;
  const bool needs_fill = options.fill && result.fill.empty();
  if (needs_kind || needs_fill) {
    const bool fills = options.fill || !result.fill.empty();
    const Moments moments = moments_of(x, what, names, fills, pieces);
    if (needs_fill) result.fill = moments.mean;
    if (needs_kind) {
      result.kind = options.kind;
      if (options.kind == NormalisationKind::standard) learn_standard(result, moments);
      if (options.kind == NormalisationKind::robust) learn_robust(result, x, names, pieces);
      if (options.kind == NormalisationKind::quantiles) learn_quantiles(result, x, names, pieces);
    }
  }
  if (options.targets && !result.changes_targets()) {
    const Loss loss = options.loss.value_or(default_loss(net.output()));
    require_values(net, data, loss);
    const Examples targets{any_view(data.y), {}};
    learn_targets(result, rows_of<T>(targets), net.outputs(), loss, pieces);
  }
  return result;
}

}  // namespace

Normalisation learn_normalisation(const Network& net, const Data& data,
                                  const NormalisationOptions& options) {
  return learn(net, data, options);
}
Normalisation learn_normalisation(const Network64& net, const Data64& data,
                                  const NormalisationOptions& options) {
  return learn(net, data, options);
}

}  // namespace filbert
