// From dC/dz of a layer to dC/da and dC/dz of the layer below, over a Vec V.
#pragma once

#include "elementwise.hpp"
#include "gemm.hpp"

namespace filbert {
namespace {

/// da = dz_above W^T, dz = activation'(a) da: W comes as packed transposed panels.
template <class V>
struct InputTile {
  using T = typename V::scalar;
  using reg = typename V::reg;

  T *da, *dz;
  std::size_t ldda, lddz;
  const T* above;  // its first column of this pass
  std::size_t ld_above;
  const T* panel;
  std::size_t ld_panel;
  const T* a;
  std::size_t lda;
  Activation activation;
  std::size_t n;
  bool first, last;

  template <int Rows, int Vectors>
  FILBERT_INLINE void run(std::size_t i, std::size_t p, typename V::part end) {
    T* const pending = dz != nullptr ? dz : da;
    const std::size_t ld_pending = dz != nullptr ? lddz : ldda;
    reg acc[Rows][Vectors];
    FILBERT_UNROLL
    for (int r = 0; r < Rows; ++r) {
      FILBERT_UNROLL
      for (int v = 0; v < Vectors; ++v) {
        const T* from = pending + (i + static_cast<std::size_t>(r)) * ld_pending + p +
                        static_cast<std::size_t>(v * V::lanes);
        acc[r][v] = first ? V::set1(T(0)) : v + 1 < Vectors ? V::load(from) : V::load(from, end);
      }
    }
    chains<V>(acc, Strided<T>{above + i * ld_above, ld_above}, panel, ld_panel,
              V::part_of(V::lanes), n);
    const bool derive = last && dz != nullptr;
    FILBERT_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const std::size_t row = i + static_cast<std::size_t>(r);
      FILBERT_UNROLL
      for (int v = 0; v < Vectors; ++v) {
        const bool whole = v + 1 < Vectors;
        const std::size_t at = p + static_cast<std::size_t>(v * V::lanes);
        if (last && da != nullptr) {
          T* to = da + row * ldda + at;
          whole ? V::store(to, acc[r][v]) : V::store(to, acc[r][v], end);
        }
        if (last && dz == nullptr) continue;
        reg value = acc[r][v];
        if (derive && activation == Activation::relu) {
          const T* from = a + row * lda + at;
          value = relu_derivative<V>(whole ? V::load(from) : V::load(from, end), value);
        }
        T* to = pending + row * ld_pending + at;
        whole ? V::store(to, value) : V::store(to, value, end);
      }
    }
  }
};

/// to[j][p] = w[p][j] for p < width, j < n; the rest of each row of `to` becomes 0.
template <class V>
void pack_transposed(typename V::scalar* to, std::size_t ld, const typename V::scalar* w,
                     std::size_t ldw, std::size_t width, std::size_t n) {
  using T = typename V::scalar;
  constexpr std::size_t lanes = V::lanes;
  for (std::size_t p = 0; p < ld; p += lanes) {
    const std::size_t rows = p >= width ? 0 : width - p < lanes ? width - p : lanes;
    for (std::size_t j = 0; j < n; j += lanes) {
      const std::size_t cols = n - j < lanes ? n - j : lanes;
      const typename V::part part = V::part_of(static_cast<int>(cols));
      typename V::reg block[lanes];
      FILBERT_UNROLL
      for (std::size_t r = 0; r < lanes; ++r) {
        block[r] = r < rows ? V::load(w + (p + r) * ldw + j, part) : V::set1(T(0));
      }
      V::transpose(block);
      FILBERT_UNROLL
      for (std::size_t c = 0; c < lanes; ++c) {
        if (c < cols) V::store(to + (j + c) * ld + p, block[c]);
      }
    }
  }
}

template <class V>
void backward_input(typename V::scalar* da, std::size_t ldda, typename V::scalar* dz,
                    std::size_t lddz, const typename V::scalar* dz_above, std::size_t ld_above,
                    const typename V::scalar* w, std::size_t ldw, const typename V::scalar* a,
                    std::size_t lda, Activation activation, std::size_t m, std::size_t k,
                    std::size_t n, typename V::scalar* scratch) {
  for_panels<V>(k, [&](auto vectors, std::size_t p, std::size_t width) {
    constexpr int count = decltype(vectors)::value;
    constexpr std::size_t ld = count * V::lanes;
    for (std::size_t j = 0; j < n; j += depth_block) {
      const std::size_t depth = n - j < depth_block ? n - j : depth_block;
      pack_transposed<V>(scratch, ld, w + p * ldw + j, ldw, width, depth);
      InputTile<V> tile{da, dz, ldda, lddz,       dz_above + j, ld_above, scratch,
                        ld, a,  lda,  activation, depth,        j == 0,   j + depth == n};
      run_panel<V, count>(tile, p, width, m);
    }
  });
  if (dz != nullptr && (activation == Activation::sigmoid || activation == Activation::tanh)) {
    for (std::size_t i = 0; i < m; ++i)
      derive_row<V>(dz + i * lddz, dz + i * lddz, a + i * lda, activation, k);
  }
}

}  // namespace
}  // namespace filbert
