// Forward propagation through a dense layer over a Vec V, with bias and activation.
#pragma once

#include "kernels/simd/activate.hpp"
#include "kernels/simd/blocked.hpp"
#include "kernels/simd/single_output.hpp"

namespace filbert {
namespace {

/// z or a of (m, n), panel by panel of W, which are read as they lie or packed by their first tile.
template <class V>
FILBERT_HOT FILBERT_NOINLINE void forward_panels(
    typename V::scalar* out, std::size_t ld, const typename V::scalar* const* x, std::size_t first,
    const typename V::scalar* w, std::size_t ldw, const typename V::scalar* b, bool relu,
    Chain chain, std::size_t m, std::size_t n, std::size_t k, typename V::scalar* scratch) {
  using T = typename V::scalar;
  constexpr std::size_t lanes = V::lanes;
  const bool packing = !has_blocks<V> && worth_packing<T>(ldw, m) && n > lanes;
  const std::size_t step = packing ? depth_block : k;
  for_panels<V>(n, [&](auto vectors, std::size_t j, std::size_t width) {
    constexpr int count = decltype(vectors)::value;
    for (std::size_t begin = 0; begin < k; begin += step) {
      const std::size_t depth = k - begin < step ? k - begin : step;
      const T* panel = w + begin * ldw + j;
      const bool starts = chain.starts && begin == 0, last = begin + depth == k;
      const Product<V, RowPointers<T>, Finish::relu> product{.a = {x, first + begin},
                                                             .b = panel,
                                                             .ldb = ldw,
                                                             .k = depth,
                                                             .start = starts ? b : out,
                                                             .ldstart = starts ? 0 : ld,
                                                             .out = out,
                                                             .ldout = ld,
                                                             .finishes = last && chain.ends && relu,
                                                             .other = nullptr,
                                                             .ldother = 0,
                                                             .overrun = width % lanes == 0};
      if constexpr (!has_blocks<V>) {
        if (packing) {
          // The panel after this one has the same columns further down in W, or the next columns.
          const T* next = last ? w + j + width : panel + depth * ldw;
          const std::size_t rows = last ? k : k - begin - depth,
                            cols = last ? n - j - width : width;
          Ahead<T> ahead{.from = {next},
                         .ld = ldw,
                         .rows = rows < step ? rows : step,
                         .cols = cols < width ? cols : width};
          run_packing<count>(product, j, width, m, scratch, &ahead);
          continue;
        }
      }
      run_panel<count>(product, j, width, m);
    }
  });
}

/// W as the vectors' operand of run_blocks.
template <class V>
struct ForwardColumns {
  using T = typename V::scalar;
  const T* w;
  std::size_t ldw;

  void pack(T* to, std::size_t stride, std::size_t j, std::size_t columns, std::size_t begin,
            std::size_t depth) const {
    pack_columns<V>(to, stride, w + begin * ldw + j, ldw, columns, depth);
  }
  Ahead<T> ahead(std::size_t j, std::size_t width, std::size_t begin, std::size_t depth) const {
    return {.from = {w + begin * ldw + j}, .ld = ldw, .rows = depth, .cols = width};
  }
};

template <class V>
FILBERT_NOINLINE void forward_blocks(typename V::scalar* out, std::size_t ld,
                                     const typename V::scalar* const* x, std::size_t first,
                                     const typename V::scalar* w, std::size_t ldw,
                                     const typename V::scalar* b, bool relu, Chain chain,
                                     std::size_t m, std::size_t n, std::size_t k,
                                     typename V::scalar* scratch) {
  using T = typename V::scalar;
  run_blocks<V>(Product<V, Packed<T>, Finish::relu>{.a = {},
                                                    .b = nullptr,
                                                    .ldb = 0,
                                                    .k = 0,
                                                    .start = chain.starts ? b : out,
                                                    .ldstart = chain.starts ? 0 : ld,
                                                    .out = out,
                                                    .ldout = ld,
                                                    .finishes = chain.ends && relu,
                                                    .other = nullptr,
                                                    .ldother = 0,
                                                    .overrun = true},
                RowPointers<T>{x, first}, m, n, k, scratch, ForwardColumns<V>{w, ldw});
}

/// A panel of one row. It has but one chain for each lane, so it may be wider than a tile.
template <class V, int Vectors>
FILBERT_INLINE void row_panel(typename V::scalar* out, const typename V::scalar* x,
                              const typename V::scalar* w, std::size_t ldw,
                              const typename V::scalar* start, bool relu, std::size_t j,
                              std::size_t width, std::size_t k) {
  const Product<V, Strided<typename V::scalar>, Finish::relu> product{
      .a = {x, 0},
      .b = w + j,
      .ldb = ldw,
      .k = k,
      .start = start,
      .ldstart = 0,
      .out = out,
      .ldout = 0,
      .finishes = relu,
      .other = nullptr,
      .ldother = 0,
      .overrun = width % V::lanes == 0};
  product.template run_here<1, Vectors>(0, j, last_of<V, Vectors>(width));
}

template <class V>
FILBERT_NOINLINE void forward_wide_row(typename V::scalar* out, const typename V::scalar* x,
                                       const typename V::scalar* w, std::size_t ldw,
                                       const typename V::scalar* start, bool relu, std::size_t n,
                                       std::size_t k) {
  constexpr int widest = 8;
  constexpr std::size_t most = widest * V::lanes;
  std::size_t j = 0;
  for (; n - j >= most; j += most) {
    row_panel<V, widest>(out, x, w, ldw, start, relu, j, most, k);
  }
  for_panels<V>(n - j, [&](auto vectors, std::size_t offset, std::size_t width) {
    row_panel<V, decltype(vectors)::value>(out, x, w, ldw, start, relu, j + offset, width, k);
  });
}

/// The same for a W that no cache holds. It is read in the order in which it lies in memory: eight
/// of its rows at a time are added to chains that wait in the first cache.
template <class V>
FILBERT_NOINLINE void stream_row(typename V::scalar* out, const typename V::scalar* x,
                                 const typename V::scalar* w, std::size_t ldw,
                                 const typename V::scalar* start, bool relu, std::size_t n,
                                 std::size_t k) {
  using T = typename V::scalar;
  constexpr std::size_t rows = 8, most = 16 * 1024 / sizeof(T);
  for (std::size_t left = 0; left < n; left += most) {
    const std::size_t width = n - left < most ? n - left : most;
    for (std::size_t p = 0; p < k; p += rows) {
      const std::size_t count = k - p < rows ? k - p : rows;
      const T* from = p == 0 ? start : out;
      const bool last = p + count == k;
      for_lanes<V>(width, [&](std::size_t i, auto part) {
        const std::size_t j = left + i;
        typename V::reg chain = load<V>(from + j, part);
        const T* column = w + p * ldw + j;
        if (count == rows) {
          FILBERT_UNROLL
          for (std::size_t r = 0; r < rows; ++r) {
            chain = V::fma(V::set1(x[p + r]), load<V>(column + r * ldw, part), chain);
          }
        } else {
          for (std::size_t r = 0; r < count; ++r) {
            chain = V::fma(V::set1(x[p + r]), load<V>(column + r * ldw, part), chain);
          }
        }
        if (relu && last) chain = activations::Relu<V>{}.value(chain);
        store<V>(out + j, chain, part);
      });
    }
  }
}

/// One row, as in the prediction of one example. A few short chains may be the whole cost of a
/// small network, so nothing is set up around them.
template <class V>
FILBERT_INLINE void forward_row(typename V::scalar* out, const typename V::scalar* x,
                                const typename V::scalar* w, std::size_t ldw,
                                const typename V::scalar* start, bool relu, std::size_t n,
                                std::size_t k) {
  constexpr std::size_t cached = 4 * 1024 * 1024 / sizeof(typename V::scalar);
  if (n <= widest_tile<V> * V::lanes) {
    last_panel<V>(0, n, [&](auto vectors, std::size_t j, std::size_t width) {
      row_panel<V, decltype(vectors)::value>(out, x, w, ldw, start, relu, j, width, k);
    });
  } else if (k * n <= cached) {
    forward_wide_row<V>(out, x, w, ldw, start, relu, n, k);
  } else {
    stream_row<V>(out, x, w, ldw, start, relu, n, k);
  }
}

template <class V>
FILBERT_HOT void forward(typename V::scalar* z, std::size_t ldz, typename V::scalar* a,
                         std::size_t lda, const typename V::scalar* const* x, std::size_t first,
                         const typename V::scalar* w, std::size_t ldw, const typename V::scalar* b,
                         Activation activation, Chain chain, std::size_t m, std::size_t n,
                         std::size_t k, typename V::scalar* scratch) {
  using T = typename V::scalar;
  // Chains end in z if it is wanted, else in a. They also wait there between blocks of k.
  T* const out = z != nullptr ? z : a;
  const std::size_t ld = z != nullptr ? ldz : lda;
  const bool relu = z == nullptr && activation.kind == ActivationKind::relu;
  // Fewer than four panels of W read each element of x too seldom for x to be worth packing.
  const bool narrow = n < 4 * Blocks<V>::panel && !worth_packing<T>(ldw, m);
  if (m == 1) {
    forward_row<V>(out, x[0] + first, w, ldw, chain.starts ? b : out, chain.ends && relu, n, k);
  } else if (worth_single<V>(m, n, ldw)) {
    return forward_single<V>(z, ldz, a, lda, x, first, w, b, activation, chain, m, k);
  } else if (!narrow && worth_blocks<V>(m, n, k, ldw)) {
    if constexpr (has_blocks<V>) {
      forward_blocks<V>(out, ld, x, first, w, ldw, b, relu, chain, m, n, k, scratch);
    }
  } else {
    forward_panels<V>(out, ld, x, first, w, ldw, b, relu, chain, m, n, k, scratch);
  }
  const bool done = relu || (z == nullptr && activation.kind == ActivationKind::identity);
  if (a != nullptr && chain.ends && !done) activate<V>(a, lda, out, ld, activation, m, n);
}

}  // namespace
}  // namespace filbert
