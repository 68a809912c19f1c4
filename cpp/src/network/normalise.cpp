#include "network/normalise.hpp"

#include <algorithm>

#include "kernels/dispatch.hpp"
#include "kernels/functions.hpp"
#include "system/check.hpp"
#include "system/float_mode.hpp"

namespace filbert {
namespace {

/// Where x is among the quantiles of its column, from 0 to their number less 1.
double position_of(double x, const double* first, const double* last) {
  const double* const from = std::lower_bound(first, last, x);  // the first that is not below x
  const double* const to = std::upper_bound(from, last, x);     // the first above it
  if (from != to) {  // halfway between the first and the last one that are x
    return 0.5 * (static_cast<double>(from - first) + static_cast<double>(to - 1 - first));
  }
  if (from == first) return 0.0;
  if (from == last) return static_cast<double>(last - 1 - first);
  return static_cast<double>(from - 1 - first) + (x - from[-1]) / (from[0] - from[-1]);
}

}  // namespace

template <class T>
void normalise_by_quantiles(const Normalisation& by, T* out, const T* x, std::size_t inputs) {
  constexpr double edge = 1e-7;
  const std::size_t each = by.quantiles.size() / inputs;
  const auto last = static_cast<double>(each - 1);
  for (std::size_t j = 0; j < inputs; ++j) {
    double value = static_cast<double>(x[j]);
    if (!by.fill.empty() && value != value) value = by.fill[j];
    if (value != value) {
      out[j] = static_cast<T>(value);
      continue;
    }
    const double* const column = by.quantiles.data() + j * each;
    double p = 0.5;
    if (column[0] < column[each - 1]) p = position_of(value, column, column + each) / last;
    out[j] = static_cast<T>(scalar::normal_quantile(std::min(std::max(p, edge), 1.0 - edge)));
  }
}

template void normalise_by_quantiles(const Normalisation&, float*, const float*, std::size_t);
template void normalise_by_quantiles(const Normalisation&, double*, const double*, std::size_t);

namespace {

template <class T>
void require_shapes(const char* what, BasicMatrixView<const T> in, BasicMatrixView<T> out) {
  require(out.rows() == in.rows() && out.cols() == in.cols(), "out: expected the shape of ", what,
          ", (", in.rows(), ", ", in.cols(), "), got (", out.rows(), ", ", out.cols(), ")");
}

template <class T>
void normalise_rows_of_x(const BasicNetwork<T>& net, BasicMatrixView<const T> x,
                         BasicMatrixView<T> out) {
  const FloatMode mode;
  require(x.cols() == net.inputs(), "x: expected ", net.inputs(), " columns, got ", x.cols());
  require_shapes("x", x, out);
  const Normalisation* const by = input_normalisation(net);
  for (std::size_t i = 0; i < x.rows(); ++i) {
    const T* const from = x.row(i).data();
    T* const to = out.row(i).data();
    if (by != nullptr) normalise_row(*by, active_kernels<T>(), to, from, x.cols());
    if (by == nullptr && to != from) std::copy_n(from, x.cols(), to);
  }
}

template <class T>
void normalise_rows_of_y(const BasicNetwork<T>& net, BasicMatrixView<const T> y,
                         BasicMatrixView<T> out) {
  const FloatMode mode;
  require(y.cols() <= net.outputs(), "y: expected at most ", net.outputs(), " columns, got ",
          y.cols());
  require_shapes("y", y, out);
  const Normalisation* const by = target_normalisation(net);
  for (std::size_t i = 0; i < y.rows(); ++i) {
    const T* const from = y.row(i).data();
    T* const to = out.row(i).data();
    if (by != nullptr) normalise_target_row(*by, to, from, y.cols());
    if (by == nullptr && to != from) std::copy_n(from, y.cols(), to);
  }
}

}  // namespace

void normalise_inputs(const Network& net, ConstMatrixView x, MatrixView out) {
  normalise_rows_of_x(net, x, out);
}
void normalise_inputs(const Network64& net, ConstMatrixView64 x, MatrixView64 out) {
  normalise_rows_of_x(net, x, out);
}
void normalise_targets(const Network& net, ConstMatrixView y, MatrixView out) {
  normalise_rows_of_y(net, y, out);
}
void normalise_targets(const Network64& net, ConstMatrixView64 y, MatrixView64 out) {
  normalise_rows_of_y(net, y, out);
}

}  // namespace filbert
