// Products of a layer of one neuron over a Vec V. The lanes of the tiles of gemm.hpp are neurons,
// so that all but one would be idle here. Instead they are rows of the batch in forward, and inputs
// in dW. The chain of each output is the same.
#pragma once

#include <cstring>

#include "kernels/simd/activate.hpp"
#include "kernels/simd/lanes.hpp"

namespace filbert {
namespace {

/// Whether a matrix is one column whose numbers follow each other; ld: the stride of its rows.
inline bool is_single(std::size_t columns, std::size_t ld) { return columns == 1 && ld == 1; }

/// The same, and that there are enough rows to be worth transposing x for.
template <class V>
bool worth_single(std::size_t m, std::size_t n, std::size_t ldw) {
  return is_single(n, ldw) && 2 * m >= V::lanes;
}

/// Goes on with the chains of some rows, one in each lane: `links` of each, from rows[r][p] and
/// w[p] on.
template <class V, class Part>
FILBERT_INLINE typename V::reg row_chains(typename V::reg chains,
                                          const typename V::scalar* const (&rows)[V::lanes],
                                          const typename V::scalar* w, std::size_t p, Part part,
                                          std::size_t links) {
  typename V::reg block[V::lanes];
  FILBERT_UNROLL
  for (int r = 0; r < V::lanes; ++r) block[r] = load<V>(rows[r] + p, part);
  V::transpose(block);
  FILBERT_UNROLL
  for (std::size_t c = 0; c < V::lanes; ++c) {
    if (c == links) break;
    chains = V::fma(block[c], V::set1(w[p + c]), chains);
  }
  return chains;
}

/// z of up to V::lanes rows, or what it has come to after k links of each chain. start: what the
/// chains begin with.
template <class V>
FILBERT_HOT FILBERT_NOINLINE typename V::reg single_rows(typename V::reg start,
                                                         const typename V::scalar* const* x,
                                                         std::size_t first,
                                                         const typename V::scalar* w, std::size_t m,
                                                         std::size_t k) {
  constexpr std::size_t lanes = V::lanes;
  const typename V::scalar* rows[lanes];
  for (std::size_t r = 0; r < lanes; ++r) rows[r] = x[r < m ? r : m - 1] + first;
  typename V::reg chains = start;
  std::size_t p = 0;
  for (; p + lanes <= k; p += lanes) chains = row_chains<V>(chains, rows, w, p, Whole{}, lanes);
  if (p < k) {
    const auto part = V::part_of(static_cast<int>(k - p));
    chains = row_chains<V>(chains, rows, w, p, part, k - p);
  }
  return chains;
}

/// Copies numbers to a column, whose numbers lie ld apart.
template <class T>
FILBERT_INLINE void put_column(T* column, std::size_t ld, const T* numbers, std::size_t count) {
  if (ld == 1) {
    std::memcpy(column, numbers, count * sizeof(T));
  } else {
    for (std::size_t i = 0; i < count; ++i) column[i * ld] = numbers[i];
  }
}

/// z and a of m rows, of which each is one number; z or a may be null. w: (k), without gaps.
template <class V>
FILBERT_HOT FILBERT_NOINLINE void forward_single(typename V::scalar* z, std::size_t ldz,
                                                 typename V::scalar* a, std::size_t lda,
                                                 const typename V::scalar* const* x,
                                                 std::size_t first, const typename V::scalar* w,
                                                 const typename V::scalar* b, Activation activation,
                                                 Chain chain, std::size_t m, std::size_t k) {
  using T = typename V::scalar;
  constexpr std::size_t lanes = V::lanes, most = 64;
  static_assert(most % lanes == 0);
  const bool activates = a != nullptr && chain.ends && activation.kind != ActivationKind::identity;
  T numbers[most] = {};
  for (std::size_t i = 0; i < m; i += most) {
    const std::size_t count = m - i < most ? m - i : most;
    if (!chain.starts) {
      const T* const begun = z != nullptr ? z + i * ldz : a + i * lda;
      for (std::size_t r = 0; r < count; ++r) numbers[r] = begun[r * (z != nullptr ? ldz : lda)];
    }
    for (std::size_t r = 0; r < count; r += lanes) {
      const auto start = chain.starts ? V::set1(*b) : V::load(numbers + r);
      V::store(numbers + r, single_rows<V>(start, x + i + r, first, w, count - r, k));
    }
    if (z != nullptr) put_column(z + i * ldz, ldz, numbers, count);
    if (activates) activate<V>(numbers, most, numbers, most, activation, 1, count);
    if (a != nullptr && (z == nullptr || chain.ends)) {
      put_column(a + i * lda, lda, numbers, count);
    }
  }
}

/// The sums over m examples of x dz, for as many inputs as so many vectors have lanes; the last of
/// them has those of `part`.
template <class V, int Vectors, class Part>
FILBERT_HOT FILBERT_INLINE void single_sums(typename V::scalar* sums,
                                            const typename V::scalar* const* x, std::size_t first,
                                            const typename V::scalar* dz, std::size_t lddz,
                                            std::size_t m, Part part) {
  typename V::reg chains[Vectors];
  FILBERT_UNROLL
  for (int v = 0; v < Vectors; ++v) chains[v] = V::set1(0);
  for (std::size_t i = 0; i < m; ++i) {
    const typename V::reg broadcast = V::set1(dz[i * lddz]);
    const typename V::scalar* const row = x[i] + first;
    FILBERT_UNROLL
    for (int v = 0; v < Vectors; ++v) {
      chains[v] = V::fma(load<V>(row + v * V::lanes, part), broadcast, chains[v]);
    }
  }
  FILBERT_UNROLL
  for (int v = 0; v < Vectors; ++v) store<V>(sums + v * V::lanes, chains[v], part);
}

/// dW of a layer of one neuron, k sums without gaps.
template <class V>
FILBERT_HOT FILBERT_NOINLINE void single_weights(typename V::scalar* sums,
                                                 const typename V::scalar* const* x,
                                                 std::size_t first, const typename V::scalar* dz,
                                                 std::size_t lddz, std::size_t m, std::size_t k) {
  constexpr std::size_t lanes = V::lanes;
  std::size_t p = 0;
  for (; p + 8 * lanes <= k; p += 8 * lanes) {
    single_sums<V, 8>(sums + p, x, first + p, dz, lddz, m, Whole{});
  }
  for (; p + 2 * lanes <= k; p += 2 * lanes) {
    single_sums<V, 2>(sums + p, x, first + p, dz, lddz, m, Whole{});
  }
  for_lanes<V>(k - p, [&](std::size_t i, auto part) {
    single_sums<V, 1>(sums + p + i, x, first + p + i, dz, lddz, m, part);
  });
}

/// Calls take(p, sums, count) for parts of dW of a layer of one neuron, which begin at p; sums:
/// room for `capacity` numbers.
template <class V, class Take>
FILBERT_INLINE void for_single_weights(const typename V::scalar* const* x, std::size_t first,
                                       const typename V::scalar* dz, std::size_t lddz,
                                       std::size_t m, std::size_t k, typename V::scalar* sums,
                                       std::size_t capacity, Take take) {
  for (std::size_t p = 0; p < k; p += capacity) {
    const std::size_t count = k - p < capacity ? k - p : capacity;
    single_weights<V>(sums, x, first + p, dz, lddz, m, count);
    take(p, sums, count);
  }
}

}  // namespace
}  // namespace filbert
