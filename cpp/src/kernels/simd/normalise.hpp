// The normalisation of the numbers of a row, column by column. The compiler turns the loop into
// vector instructions; each number meets the same operations in all tables.
#pragma once

#include <cstddef>

#include "kernels/simd/rules.hpp"
#include "system/compiler.hpp"

namespace filbert {
namespace {

template <bool fills, bool scales, class T>
void normalise_row(T* out, const T* x, const double* fill, const double* centre,
                   const double* factor, std::size_t size) {
  for (std::size_t j = 0; j < size; ++j) {
    double value = static_cast<double>(x[j]);
    if constexpr (fills) {
      const double other = fill[j];  // gcc 12 gets a load wrong that it makes conditional
      value = value == value ? value : other;
    }
    if constexpr (scales) value = (value - centre[j]) * factor[j];
    out[j] = static_cast<T>(value);
  }
}

template <class T>
void normalise(T* out, const T* x, const double* fill, const double* centre, const double* factor,
               std::size_t size) {
  if (fill == nullptr && factor != nullptr) {
    normalise_row<false, true>(out, x, fill, centre, factor, size);
  } else if (factor != nullptr) {
    normalise_row<true, true>(out, x, fill, centre, factor, size);
  } else if (fill != nullptr) {
    normalise_row<true, false>(out, x, fill, centre, factor, size);
  } else {
    normalise_row<false, false>(out, x, fill, centre, factor, size);
  }
}

/// Numbers beyond 2^60 count as 2^60, so that their square is finite; the result is 3 to all digits
/// long before that.
template <class V>
void smooth_clip(typename V::scalar* out, const typename V::scalar* x, std::size_t size) {
  using T = typename V::scalar;
  const typename V::reg most = V::set1(T(0x1p60)), least = V::set1(T(-0x1p60)), one = V::set1(T(1)),
                        third = V::set1(T(1) / T(3));
  for_parts<V>(size, [&](std::size_t j, auto... part) {
    const typename V::reg r = V::max(least, V::min(most, V::load(x + j, part...)));
    const typename V::reg q = V::mul(r, third);
    V::store(out + j, V::div(r, V::sqrt(V::fma(q, q, one))), part...);
  });
}

}  // namespace
}  // namespace filbert
