// Loops over arrays in vectors, of which the last may have only some of its lanes.
#pragma once

#include <cstddef>

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
