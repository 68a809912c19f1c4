#include "network/normalise.hpp"

#include <algorithm>

#include "kernels/functions.hpp"

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

}  // namespace filbert
