// Sums, softmax and derivatives through an activation, over a vector type V. Each lane has the same
// operations in the same order as reference.cpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.hpp"
#include "kernels/simd/activations.hpp"
#include "kernels/vec/fma.hpp"
#include "kernels/vec/math.hpp"

namespace filbert {
namespace {

/// Stands for all lanes of a vector, where a V::part would say how many of them exist.
struct Whole {};

template <class V>
FILBERT_INLINE typename V::reg load(const typename V::scalar* p, Whole) {
  return V::load(p);
}
template <class V>
FILBERT_INLINE typename V::reg load(const typename V::scalar* p, typename V::part n) {
  return V::load(p, n);
}
template <class V>
FILBERT_INLINE void store(typename V::scalar* p, typename V::reg a, Whole) {
  V::store(p, a);
}
template <class V>
FILBERT_INLINE void store(typename V::scalar* p, typename V::reg a, typename V::part n) {
  V::store(p, a, n);
}
/// Returns a in lanes that exist, and b in the others.
template <class V>
FILBERT_INLINE typename V::reg pick(Whole, typename V::reg a, typename V::reg) {
  return a;
}
template <class V>
FILBERT_INLINE typename V::reg pick(typename V::part n, typename V::reg a, typename V::reg b) {
  return V::pick(n, a, b);
}

/// Calls body(first index, lanes) for each vector of 0 .. n - 1. `lanes` is a Whole, or for the
/// last vector the V::part of it that exists.
template <class V, class Body>
FILBERT_INLINE void for_lanes(std::size_t n, Body body) {
  std::size_t i = 0;
  for (; i + V::lanes <= n; i += V::lanes) body(i, Whole{});
  if (i < n) body(i, V::part_of(static_cast<int>(n - i)));
}

/// Computes dz = sigma'(z) da for one row. dz == da is allowed. from: a row of what the derivative
/// is computed from (activations.hpp).
template <class V, class Body>
FILBERT_INLINE void derive_row(typename V::scalar* dz, const typename V::scalar* da,
                               const typename V::scalar* from, Body body, std::size_t n) {
  for_lanes<V>(n, [&](std::size_t j, auto part) {
    store<V>(dz + j, body.derive(load<V>(from + j, part), load<V>(da + j, part)), part);
  });
}

/// Adds the lanes of a vector as `sum` does (sum.hpp): each lane i < Width gets lane i + Width
/// added, and so on with half the Width, down to 1.
template <class V, int Width>
FILBERT_INLINE typename V::scalar fold(typename V::reg a) {
  if constexpr (Width == 0) {
    return V::first(a);
  } else {
    return fold<V, Width / 2>(V::add(a, V::template down<Width>(a)));
  }
}

template <class V, int Width>
FILBERT_INLINE typename V::scalar fold_max(typename V::reg a) {
  if constexpr (Width == 0) {
    return V::first(a);
  } else {
    return fold_max<V, Width / 2>(V::max(a, V::template down<Width>(a)));
  }
}

/// Returns the `sum` of sum.hpp over n terms; term(first index, lanes) returns a vector of them.
template <class V, class Term>
FILBERT_INLINE typename V::scalar sum_of_vectors(std::size_t n, Term term) {
  using T = typename V::scalar;
  using reg = typename V::reg;
  constexpr int lanes = V::lanes, count = 16 / lanes;
  constexpr std::size_t block = 4096;
  double total = 0.0;
  for (std::size_t begin = 0;; begin += block) {
    const std::size_t end = n - begin < block ? n : begin + block;
    reg sums[count];
    for (int c = 0; c < count; ++c) sums[c] = V::set1(0);
    for (std::size_t i = begin; i < end; i += 16) {
      for (int c = 0; c < count; ++c) {
        const std::size_t at = i + static_cast<std::size_t>(c * lanes);
        if (at + lanes <= end) {
          sums[c] = V::add(sums[c], term(at, Whole{}));
        } else if (at < end) {
          const typename V::part part = V::part_of(static_cast<int>(end - at));
          sums[c] = V::add(sums[c], V::pick(part, term(at, part), V::set1(0)));
        }
      }
    }
    for (int half = count / 2; half > 0; half /= 2) {
      for (int c = 0; c < half; ++c) sums[c] = V::add(sums[c], sums[c + half]);
    }
    const T folded = fold<V, lanes / 2>(sums[0]);
    if (n <= block) return folded;
    total += static_cast<double>(folded);
    if (end == n) return static_cast<T>(total);
  }
}

template <class V>
FILBERT_INLINE typename V::scalar row_max(const typename V::scalar* z, std::size_t n) {
  typename V::reg largest = V::set1(z[0]);
  for_lanes<V>(n, [&](std::size_t j, auto part) {
    largest = pick<V>(part, V::max(largest, load<V>(z + j, part)), largest);
  });
  return fold_max<V, V::lanes / 2>(largest);
}

/// Computes a = exp(z - largest) / sum and returns the sum, which is that of the exponentials.
template <class V>
FILBERT_INLINE typename V::scalar softmax_row(typename V::scalar* a, const typename V::scalar* z,
                                              typename V::scalar largest, std::size_t n) {
  using reg = typename V::reg;
  const reg top = V::set1(largest);
  const auto total = sum_of_vectors<V>(n, [&](std::size_t j, auto part) {
    const reg e = math::exp<V>(V::sub(load<V>(z + j, part), top));
    store<V>(a + j, e, part);
    return e;
  });
  const reg all = V::set1(total);
  for_lanes<V>(n, [&](std::size_t j, auto part) {
    store<V>(a + j, V::div(load<V>(a + j, part), all), part);
  });
  return total;
}

template <class V>
void softmax_rows(typename V::scalar* a, std::size_t lda, const typename V::scalar* z,
                  std::size_t ldz, std::size_t m, std::size_t n) {
  for (std::size_t i = 0; i < m; ++i, a += lda, z += ldz) {
    softmax_row<V>(a, z, row_max<V>(z, n), n);
  }
}

template <class V>
void output_derivative(typename V::scalar* dz, std::size_t lddz, const typename V::scalar* da,
                       std::size_t ldda, const typename V::scalar* from, std::size_t ldfrom,
                       Activation activation, std::size_t m, std::size_t n) {
  if (activation.kind != ActivationKind::softmax) {
    with_activation<V>(activation, [&](auto body) {
      for (std::size_t i = 0; i < m; ++i) {
        derive_row<V>(dz + i * lddz, da + i * ldda, from + i * ldfrom, body, n);
      }
    });
    return;
  }
  const typename V::scalar* a = from;
  for (std::size_t i = 0; i < m; ++i, dz += lddz, da += ldda, a += ldfrom) {
    const auto mean = V::set1(sum_of_vectors<V>(n, [&](std::size_t j, auto part) {
      return V::mul(load<V>(a + j, part), load<V>(da + j, part));
    }));
    for_lanes<V>(n, [&](std::size_t j, auto part) {
      const auto rest = V::sub(load<V>(da + j, part), mean);
      store<V>(dz + j, V::mul(load<V>(a + j, part), rest), part);
    });
  }
}

template <class V>
std::size_t first_nonfinite(const typename V::scalar* x, std::size_t size) {
  using reg = typename V::reg;
  const reg zero = V::set1(0);
  std::size_t i = 0;
  const auto bad = [&](reg value) { return V::ne(V::sub(value, value), zero); };
  for (; i + 4 * V::lanes <= size; i += 4 * V::lanes) {
    const auto any = V::mask_or(
        V::mask_or(bad(V::load(x + i)), bad(V::load(x + i + V::lanes))),
        V::mask_or(bad(V::load(x + i + 2 * V::lanes)), bad(V::load(x + i + 3 * V::lanes))));
    if (V::bits(any) != 0) break;
  }
  for (; i < size; ++i) {
    if (!(x[i] - x[i] == 0)) return i;
  }
  return size;
}

}  // namespace
}  // namespace filbert
