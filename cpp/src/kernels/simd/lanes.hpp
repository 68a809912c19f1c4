// Loops over arrays in vectors, of which the last may have only some of its lanes.
#pragma once

#include <cstddef>
#include <cstring>

#include "system/compiler.hpp"

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

/// Copies the first `size` of every V::lanes numbers to one of so many rows, which lie ld apart.
template <class V>
FILBERT_HOT FILBERT_NOINLINE void copy_ends(typename V::scalar* to, std::size_t ld,
                                            const typename V::scalar* from, int rows, int size) {
  FILBERT_UNROLL
  for (int piece = V::lanes; piece > 0; piece /= 2) {
    if ((size & piece) == 0) continue;
    for (int r = 0; r < rows; ++r) {
      std::memcpy(to + static_cast<std::size_t>(r) * ld, from + r * V::lanes,
                  static_cast<std::size_t>(piece) * sizeof(*to));
    }
    to += piece;
    from += piece;
  }
}

/// Stores that part of the first `rows` vectors, each to a row; the rows lie ld apart.
template <class V, int Most>
FILBERT_INLINE void store_ends(typename V::scalar* to, std::size_t ld,
                               const typename V::reg (&ends)[Most], int rows,
                               typename V::part part) {
  if constexpr (V::stores_parts_slowly) {
    typename V::scalar whole[Most * V::lanes];
    FILBERT_UNROLL
    for (int r = 0; r < Most; ++r) V::store(whole + r * V::lanes, ends[r]);
    copy_ends<V>(to, ld, whole, rows, V::size_of(part));
  } else {
    for (int r = 0; r < rows; ++r) V::store(to + static_cast<std::size_t>(r) * ld, ends[r], part);
  }
}

/// Calls body(first index, lanes) for each vector of 0 .. n - 1. `lanes` is a Whole, or for the
/// last vector the V::part of it that exists.
template <class V, class Body>
FILBERT_INLINE void for_lanes(std::size_t n, Body body) {
  std::size_t i = 0;
  for (; i + V::lanes <= n; i += V::lanes) body(i, Whole{});
  if (i < n) body(i, V::part_of(static_cast<int>(n - i)));
}

}  // namespace
}  // namespace filbert
