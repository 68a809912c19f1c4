// From dC/dz of a layer to dC/da and dC/dz of the layer below, over a Vec V.
#pragma once

#include "kernels/simd/gemm.hpp"

namespace filbert {
namespace {

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
                    const typename V::scalar* w, std::size_t ldw, const typename V::scalar* from,
                    std::size_t ldfrom, Activation activation, std::size_t m, std::size_t k,
                    std::size_t n, typename V::scalar* scratch) {
  using T = typename V::scalar;
  constexpr std::size_t lanes = V::lanes;
  // Chains end in da if it is wanted, else in dz.
  T* const out = da != nullptr ? da : dz;
  const std::size_t ld = da != nullptr ? ldda : lddz;
  const bool relu = da == nullptr && activation.kind == ActivationKind::relu;
  for_panels<V>(k, [&](auto vectors, std::size_t p, std::size_t width) {
    constexpr int count = decltype(vectors)::value;
    for (std::size_t begin = 0; begin < n; begin += depth_block) {
      const std::size_t depth = n - begin < depth_block ? n - begin : depth_block;
      pack_transposed<V>(scratch, count * lanes, w + p * ldw + begin, ldw, width, depth);
      const bool first = begin == 0, last = begin + depth == n;
      run_panel<count>(
          Product<V, Strided<T>, Finish::relu_derivative>{.a = {dz_above + begin, ld_above},
                                                          .b = scratch,
                                                          .ldb = count * lanes,
                                                          .k = depth,
                                                          .start = first ? nullptr : out,
                                                          .ldstart = ld,
                                                          .out = out,
                                                          .ldout = ld,
                                                          .finishes = last && relu,
                                                          .other = from,
                                                          .ldother = ldfrom,
                                                          .overrun = width % lanes == 0},
          p, width, m);
    }
  });
  if (dz == nullptr || relu) return;
  if (da == nullptr && activation.kind == ActivationKind::identity) return;
  with_activation<V>(activation, [&](auto body) {
    for (std::size_t i = 0; i < m; ++i) {
      derive_row<V>(dz + i * lddz, out + i * ld, from + i * ldfrom, body, k);
    }
  });
}

}  // namespace
}  // namespace filbert
