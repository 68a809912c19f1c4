// Forward propagation through a dense layer over a Vec V, with bias and activation.
#pragma once

#include "gemm.hpp"

namespace filbert {
namespace {

template <class V>
void forward(typename V::scalar* z, std::size_t ldz, typename V::scalar* a, std::size_t lda,
             const typename V::scalar* const* x, std::size_t first, const typename V::scalar* w,
             std::size_t ldw, const typename V::scalar* b, Activation activation, Chain chain,
             std::size_t m, std::size_t n, std::size_t k, typename V::scalar* scratch) {
  using T = typename V::scalar;
  constexpr std::size_t lanes = V::lanes;
  // Chains end in z if it is wanted, else in a; where they wait between blocks of k too.
  T* const out = z != nullptr ? z : a;
  const std::size_t ld = z != nullptr ? ldz : lda;
  const bool relu = z == nullptr && activation == Activation::relu;
  const bool packing = worth_packing<T>(ldw, m) && n > lanes;
  const std::size_t step = packing ? depth_block : k;
  for_panels<V>(n, [&](auto vectors, std::size_t j, std::size_t width) {
    constexpr int count = decltype(vectors)::value;
    for (std::size_t begin = 0; begin < k; begin += step) {
      const std::size_t depth = k - begin < step ? k - begin : step;
      const T* panel = w + begin * ldw + j;
      if (packing) pack_rows<V>(scratch, count * lanes, panel, ldw, width, depth);
      const bool starts = chain.starts && begin == 0, ends = chain.ends && begin + depth == k;
      run_panel<count>(
          Product<V, RowPointers<T>>{.a = {x, first + begin},
                                     .b = packing ? scratch : panel,
                                     .ldb = packing ? count * lanes : ldw,
                                     .k = depth,
                                     .start = starts ? b : out,
                                     .ldstart = starts ? 0 : ld,
                                     .out = out,
                                     .ldout = ld,
                                     .finish = ends && relu ? Finish::relu : Finish::keep,
                                     .other = nullptr,
                                     .ldother = 0,
                                     .overrun = width % lanes == 0},
          j, width, m);
    }
  });
  if (a == nullptr || relu || !chain.ends) return;
  if (z == nullptr && activation == Activation::identity) return;
  with_activation<V>(activation, [&](auto function) {
    for (std::size_t i = 0; i < m; ++i) {
      for_lanes<V>(n, [&](std::size_t j, auto part) {
        store<V>(a + i * lda + j, function(load<V>(out + i * ld + j, part)), part);
      });
    }
  });
}

}  // namespace
}  // namespace filbert
