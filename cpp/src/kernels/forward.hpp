// Forward propagation through a dense layer over a Vec V, with bias and activation.
#pragma once

#include "elementwise.hpp"
#include "gemm.hpp"

namespace filbert {
namespace {

/// z = b + x W, then the activation.
template <class V>
struct ForwardTile {
  using T = typename V::scalar;
  using reg = typename V::reg;

  T *z, *a;
  std::size_t ldz, lda;
  const T* const* x;
  const T* w;  // the panel's first column, or its packed copy
  std::size_t ldw;
  const T* b;
  Activation activation;
  std::size_t k0, k;  // the part of the chains that this pass adds
  bool first, last;   // whether chains start, and end, in this pass
  T* pending;         // where unfinished chains wait: z, or a
  std::size_t ld_pending;

  template <int Rows, int Vectors>
  FILBERT_INLINE void run(std::size_t i, std::size_t j, typename V::part end) {
    reg acc[Rows][Vectors];
    FILBERT_UNROLL
    for (int v = 0; v < Vectors; ++v) {
      const bool whole = v + 1 < Vectors;
      const std::size_t at = j + static_cast<std::size_t>(v * V::lanes);
      if (first) {
        const reg bias = whole ? V::load(b + at) : V::load(b + at, end);
        FILBERT_UNROLL
        for (int r = 0; r < Rows; ++r) acc[r][v] = bias;
      } else {
        FILBERT_UNROLL
        for (int r = 0; r < Rows; ++r) {
          const T* from = pending + (i + static_cast<std::size_t>(r)) * ld_pending + at;
          acc[r][v] = whole ? V::load(from) : V::load(from, end);
        }
      }
    }
    chains<V>(acc, RowPointers<T, Rows>(x + i, k0), w, ldw, end, k);
    const bool relu = last && activation == Activation::relu && a != nullptr;
    FILBERT_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const std::size_t row = i + static_cast<std::size_t>(r);
      FILBERT_UNROLL
      for (int v = 0; v < Vectors; ++v) {
        const bool whole = v + 1 < Vectors;
        const std::size_t at = j + static_cast<std::size_t>(v * V::lanes);
        if (!last) {
          T* to = pending + row * ld_pending + at;
          whole ? V::store(to, acc[r][v]) : V::store(to, acc[r][v], end);
          continue;
        }
        if (z != nullptr) {
          T* to = z + row * ldz + at;
          whole ? V::store(to, acc[r][v]) : V::store(to, acc[r][v], end);
        }
        if (a != nullptr) {
          const reg value = relu ? relu_of<V>(acc[r][v]) : acc[r][v];
          T* to = a + row * lda + at;
          whole ? V::store(to, value) : V::store(to, value, end);
        }
      }
    }
  }
};

template <class V>
void forward(typename V::scalar* z, std::size_t ldz, typename V::scalar* a, std::size_t lda,
             const typename V::scalar* const* x, const typename V::scalar* w, std::size_t ldw,
             const typename V::scalar* b, Activation activation, std::size_t m, std::size_t n,
             std::size_t k, typename V::scalar* scratch) {
  using T = typename V::scalar;
  const bool packing = worth_packing<T>(ldw, m) && n > static_cast<std::size_t>(V::lanes);
  for_panels<V>(n, [&](auto vectors, std::size_t j, std::size_t width) {
    constexpr int count = decltype(vectors)::value;
    constexpr std::size_t ld = count * V::lanes;
    const std::size_t step = packing ? depth_block : k;
    for (std::size_t k0 = 0; k0 < k; k0 += step) {
      const std::size_t depth = k - k0 < step ? k - k0 : step;
      const T* panel = w + k0 * ldw + j;
      if (packing) {
        pack_rows<V>(scratch, ld, panel, ldw, width, depth);
        panel = scratch;
      }
      ForwardTile<V> tile{z,
                          a,
                          ldz,
                          lda,
                          x,
                          panel,
                          packing ? ld : ldw,
                          b,
                          activation,
                          k0,
                          depth,
                          k0 == 0,
                          k0 + depth == k,
                          z != nullptr ? z : a,
                          z != nullptr ? ldz : lda};
      run_panel<V, count>(tile, j, width, m);
    }
  });
  if (a != nullptr && (activation == Activation::sigmoid || activation == Activation::tanh)) {
    for (std::size_t i = 0; i < m; ++i) activate_row<V>(a + i * lda, activation, n);
  }
}

}  // namespace
}  // namespace filbert
