// From dC/dz of a layer to dC/da and dC/dz of the layer below, over a Vec V.
#pragma once

#include "kernels/simd/blocked.hpp"
#include "kernels/simd/single_output.hpp"

namespace filbert {
namespace {

/// to[j][p] = w[p][j] for p < width and j < n. The rest of each row of `to`, up to ld, becomes 0.
template <class V>
FILBERT_HOT void pack_transposed(typename V::scalar* to, std::size_t ld,
                                 const typename V::scalar* w, std::size_t ldw, std::size_t width,
                                 std::size_t n) {
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
        if (c == cols) break;
        V::store(to + (j + c) * ld + p, block[c]);
      }
    }
  }
}

/// dX = dz W^T, panel by panel of W^T, each of which is packed before its tiles. finishes: whether
/// relu's derivative, from `from`, is to be applied.
template <class V>
FILBERT_HOT FILBERT_NOINLINE void backward_input_panels(
    typename V::scalar* out, std::size_t ld, const Strided<typename V::scalar>& above,
    const typename V::scalar* w, std::size_t ldw, const typename V::scalar* from,
    std::size_t ldfrom, bool finishes, std::size_t m, std::size_t k, std::size_t n,
    typename V::scalar* scratch) {
  using T = typename V::scalar;
  constexpr std::size_t lanes = V::lanes;
  const bool is_row = is_single(n, ldw);  // W^T is as it lies
  for_panels<V>(k, [&](auto vectors, std::size_t p, std::size_t width) {
    constexpr int count = decltype(vectors)::value;
    for (std::size_t begin = 0; begin < n; begin += depth_block) {
      const std::size_t depth = n - begin < depth_block ? n - begin : depth_block;
      if (!is_row) {
        pack_transposed<V>(scratch, count * lanes, w + p * ldw + begin, ldw, width, depth);
      }
      const Product<V, Strided<T>, Finish::relu_derivative> product{
          .a = {above.base + begin, above.stride},
          .b = is_row ? w + p : scratch,
          .ldb = count * lanes,
          .k = depth,
          .start = begin == 0 ? nullptr : out,
          .ldstart = ld,
          .out = out,
          .ldout = ld,
          .finishes = finishes && begin + depth == n,
          .other = from,
          .ldother = ldfrom,
          .overrun = width % lanes == 0};
      run_panel<count>(product, p, width, m);
    }
  });
}

/// The transpose of W as the vectors' operand of run_blocks.
template <class V>
struct BackwardColumns {
  using T = typename V::scalar;
  const T* w;
  std::size_t ldw;

  void pack(T* to, std::size_t stride, std::size_t p, std::size_t columns, std::size_t begin,
            std::size_t depth) const {
    constexpr std::size_t panel = Blocks<V>::panel;
    for (std::size_t left = 0; left < columns; left += panel, to += stride) {
      pack_transposed<V>(to, panel, w + (p + left) * ldw + begin, ldw, least(panel, columns - left),
                         depth);
    }
  }
  Ahead<T> ahead(std::size_t p, std::size_t width, std::size_t begin, std::size_t depth) const {
    return {.from = {w + p * ldw + begin}, .ld = ldw, .rows = width, .cols = depth};
  }
};

template <class V>
FILBERT_NOINLINE void backward_input_blocks(
    Product<V, Packed<typename V::scalar>, Finish::relu_derivative> product,
    const Strided<typename V::scalar>& a, const typename V::scalar* w, std::size_t ldw,
    std::size_t m, std::size_t k, std::size_t n, typename V::scalar* scratch) {
  run_blocks<V>(product, a, m, k, n, scratch, BackwardColumns<V>{w, ldw});
}

template <class V>
FILBERT_HOT void backward_input(typename V::scalar* da, std::size_t ldda, typename V::scalar* dz,
                                std::size_t lddz, const typename V::scalar* dz_above,
                                std::size_t ld_above, const typename V::scalar* w, std::size_t ldw,
                                const typename V::scalar* from, std::size_t ldfrom,
                                Activation activation, std::size_t m, std::size_t k, std::size_t n,
                                typename V::scalar* scratch) {
  using T = typename V::scalar;
  // Chains end in da if it is wanted, else in dz. They also wait there between blocks of n.
  T* const out = da != nullptr ? da : dz;
  const std::size_t ld = da != nullptr ? ldda : lddz;
  const bool relu = da == nullptr && activation.kind == ActivationKind::relu;
  const Strided<T> above{dz_above, ld_above};
  if (worth_blocks<V>(m, k, n, ldw)) {
    if constexpr (has_blocks<V>) {
      backward_input_blocks<V>({.a = {},
                                .b = nullptr,
                                .ldb = 0,
                                .k = 0,
                                .start = nullptr,
                                .ldstart = ld,
                                .out = out,
                                .ldout = ld,
                                .finishes = relu,
                                .other = from,
                                .ldother = ldfrom,
                                .overrun = true},
                               above, w, ldw, m, k, n, scratch);
    }
  } else {
    backward_input_panels<V>(out, ld, above, w, ldw, from, ldfrom, relu, m, k, n, scratch);
  }
  if (dz == nullptr || relu) return;
  if (da == nullptr && activation.kind == ActivationKind::identity) return;
  derive<V>(dz, lddz, out, ld, from, ldfrom, activation, m, k);
}

}  // namespace
}  // namespace filbert
