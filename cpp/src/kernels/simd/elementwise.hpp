// Sums, softmax and derivatives through an activation, over a vector type V. Each lane has the same
// operations in the same order as reference.cpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.hpp"
#include "kernels/simd/activate.hpp"
#include "kernels/simd/lanes.hpp"
#include "kernels/vec/fma.hpp"
#include "kernels/vec/math.hpp"

namespace filbert {
namespace {

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

/// Adds n terms, of which the first belongs to lane 0, to the 16 lanes of a `sum` (sum.hpp).
template <class V>
FILBERT_NOINLINE void add_terms(typename V::scalar* lanes, const typename V::scalar* terms,
                                std::size_t n) {
  constexpr int count = 16 / V::lanes;
  typename V::reg sums[count];
  for (int c = 0; c < count; ++c) sums[c] = V::load(lanes + c * V::lanes);
  std::size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    for (int c = 0; c < count; ++c) sums[c] = V::add(sums[c], V::load(terms + i + c * V::lanes));
  }
  for (int c = 0; c < count; ++c) {  // lanes without a term get +0 added, which changes no bit
    const std::size_t at = i + static_cast<std::size_t>(c * V::lanes);
    const std::size_t left = at >= n ? 0 : n - at < V::lanes ? n - at : V::lanes;
    sums[c] = V::add(sums[c], V::load(terms + at, V::part_of(static_cast<int>(left))));
    V::store(lanes + c * V::lanes, sums[c]);
  }
}

/// Returns the result of a `sum`, given its 16 lanes.
template <class V>
FILBERT_NOINLINE typename V::scalar fold_lanes(const typename V::scalar* lanes) {
  constexpr int count = 16 / V::lanes;
  typename V::reg sums[count];
  for (int c = 0; c < count; ++c) sums[c] = V::load(lanes + c * V::lanes);
  for (int half = count / 2; half > 0; half /= 2) {
    for (int c = 0; c < half; ++c) sums[c] = V::add(sums[c], sums[c + half]);
  }
  return fold<V, V::lanes / 2>(sums[0]);
}

/// Returns the `sum` of sum.hpp over n terms; term(first index, lanes) returns a vector of them.
/// The terms wait in the first cache for the loop that adds them, which all sums share.
template <class V, class Term>
FILBERT_INLINE typename V::scalar sum_of_vectors(std::size_t n, Term term) {
  using T = typename V::scalar;
  constexpr std::size_t block = 4096, most = 256;
  double total = 0.0;
  for (std::size_t begin = 0;; begin += block) {
    const std::size_t end = n - begin < block ? n : begin + block;
    T lanes[16] = {}, terms[most];
    for (std::size_t i = begin; i < end; i += most) {
      const std::size_t size = end - i < most ? end - i : most;
      for_lanes<V>(size,
                   [&](std::size_t j, auto part) { store<V>(terms + j, term(i + j, part), part); });
      add_terms<V>(lanes, terms, size);
    }
    const T folded = fold_lanes<V>(lanes);
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
FILBERT_NOINLINE typename V::scalar softmax_row(typename V::scalar* a, const typename V::scalar* z,
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

/// Computes a = (z - largest) - log(sum) and returns the sum, which is that of exp(z - largest).
template <class V>
FILBERT_NOINLINE typename V::scalar log_softmax_row(typename V::scalar* a,
                                                    const typename V::scalar* z,
                                                    typename V::scalar largest, std::size_t n) {
  using reg = typename V::reg;
  const reg top = V::set1(largest);
  const auto total = sum_of_vectors<V>(
      n, [&](std::size_t j, auto part) { return math::exp<V>(V::sub(load<V>(z + j, part), top)); });
  const reg log_total = math::log<V>(V::set1(total));
  for_lanes<V>(n, [&](std::size_t j, auto part) {
    store<V>(a + j, V::sub(V::sub(load<V>(z + j, part), top), log_total), part);
  });
  return total;
}

template <class V>
void softmax_rows(typename V::scalar* a, std::size_t lda, const typename V::scalar* z,
                  std::size_t ldz, Activation activation, std::size_t m, std::size_t n) {
  for (std::size_t i = 0; i < m; ++i, a += lda, z += ldz) {
    if (activation.kind == ActivationKind::log_softmax) {
      log_softmax_row<V>(a, z, row_max<V>(z, n), n);
    } else {
      softmax_row<V>(a, z, row_max<V>(z, n), n);
    }
  }
}

/// Computes dz of one row from da through a softmax. dz == da is allowed.
template <class V>
FILBERT_NOINLINE void derive_softmax_row(typename V::scalar* dz, const typename V::scalar* da,
                                         const typename V::scalar* a, std::size_t n) {
  const auto mean = V::set1(sum_of_vectors<V>(n, [&](std::size_t j, auto part) {
    return V::mul(load<V>(a + j, part), load<V>(da + j, part));
  }));
  for_lanes<V>(n, [&](std::size_t j, auto part) {
    const auto rest = V::sub(load<V>(da + j, part), mean);
    store<V>(dz + j, V::mul(load<V>(a + j, part), rest), part);
  });
}

/// The same through a log_softmax.
template <class V>
FILBERT_NOINLINE void derive_log_softmax_row(typename V::scalar* dz, const typename V::scalar* da,
                                             const typename V::scalar* a, std::size_t n) {
  const auto total = V::set1(
      sum_of_vectors<V>(n, [&](std::size_t j, auto part) { return load<V>(da + j, part); }));
  for_lanes<V>(n, [&](std::size_t j, auto part) {
    const auto probability = math::exp<V>(load<V>(a + j, part));
    store<V>(dz + j, V::fnma(probability, total, load<V>(da + j, part)), part);
  });
}

template <class V>
void output_derivative(typename V::scalar* dz, std::size_t lddz, const typename V::scalar* da,
                       std::size_t ldda, const typename V::scalar* from, std::size_t ldfrom,
                       Activation activation, std::size_t m, std::size_t n) {
  const bool of_logarithms = activation.kind == ActivationKind::log_softmax;
  if (!of_logarithms && activation.kind != ActivationKind::softmax) {
    return derive<V>(dz, lddz, da, ldda, from, ldfrom, activation, m, n);
  }
  for (std::size_t i = 0; i < m; ++i, dz += lddz, da += ldda, from += ldfrom) {
    if (of_logarithms) {
      derive_log_softmax_row<V>(dz, da, from, n);
    } else {
      derive_softmax_row<V>(dz, da, from, n);
    }
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
