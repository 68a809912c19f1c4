// The loops of activations over arrays, one function for each activation, which all kernels share.
// Only relu and the identity are in the loops of others too: relu at the end of a tile of a product
// (gemm.hpp), where it costs nothing.
#pragma once

#include <cstddef>
#include <type_traits>

#include "kernels/simd/activations.hpp"
#include "kernels/simd/lanes.hpp"

namespace filbert {
namespace {

/// The mathematics of an activation, of the type Body, with its parameter if it has one.
template <class Body>
FILBERT_INLINE Body body_of(double parameter) {
  if constexpr (std::is_constructible_v<Body, double>) {
    return Body(parameter);
  } else {
    return Body{};
  }
}

template <class V, class Body>
FILBERT_NOINLINE void activate_rows(typename V::scalar* a, std::size_t lda,
                                    const typename V::scalar* z, std::size_t ldz, double parameter,
                                    std::size_t m, std::size_t n) {
  const Body body = body_of<Body>(parameter);
  for (std::size_t i = 0; i < m; ++i, a += lda, z += ldz) {
    for_lanes<V>(n, [&](std::size_t j, auto part) {
      store<V>(a + j, body.value(load<V>(z + j, part)), part);
    });
  }
}

template <class V, class Body>
FILBERT_NOINLINE void derive_rows(typename V::scalar* dz, std::size_t lddz,
                                  const typename V::scalar* da, std::size_t ldda,
                                  const typename V::scalar* from, std::size_t ldfrom,
                                  double parameter, std::size_t m, std::size_t n) {
  const Body body = body_of<Body>(parameter);
  for (std::size_t i = 0; i < m; ++i, dz += lddz, da += ldda, from += ldfrom) {
    for_lanes<V>(n, [&](std::size_t j, auto part) {
      store<V>(dz + j, body.derive(load<V>(from + j, part), load<V>(da + j, part)), part);
    });
  }
}

/// Computes a = activation(z), which has to be elementwise. z == a is allowed. a, z: (m, n).
template <class V>
FILBERT_NOINLINE void activate(typename V::scalar* a, std::size_t lda, const typename V::scalar* z,
                               std::size_t ldz, Activation activation, std::size_t m,
                               std::size_t n) {
  with_activation<V>(activation, [&](auto body) {
    activate_rows<V, decltype(body)>(a, lda, z, ldz, activation.parameter, m, n);
  });
}

/// Computes dz = sigma'(z) da, for an elementwise activation. dz == da is allowed. from: what the
/// derivative is computed from (activations.hpp). dz, da, from: (m, n).
template <class V>
FILBERT_NOINLINE void derive(typename V::scalar* dz, std::size_t lddz, const typename V::scalar* da,
                             std::size_t ldda, const typename V::scalar* from, std::size_t ldfrom,
                             Activation activation, std::size_t m, std::size_t n) {
  with_activation<V>(activation, [&](auto body) {
    derive_rows<V, decltype(body)>(dz, lddz, da, ldda, from, ldfrom, activation.parameter, m, n);
  });
}

}  // namespace
}  // namespace filbert
