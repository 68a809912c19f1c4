// dW and db of a dense layer over a Vec V, and the update of W with it.
#pragma once

#include "gemm.hpp"
#include "rules.hpp"

namespace filbert {
namespace {

/// dw = x^T dz over one block of rows, one panel of columns.
template <class V>
struct WeightsTile {
  using T = typename V::scalar;
  using reg = typename V::reg;

  T* dw;
  std::size_t lddw;
  const T* const* x;
  std::size_t first;
  const T* dz;  // the panel's first column, or its packed copy
  std::size_t lddz;
  std::size_t rows;
  bool add;      // to what is in dw
  bool overrun;  // may write whole vectors: what lies behind a row is written after it

  template <int Rows, int Vectors>
  FILBERT_INLINE void run(std::size_t p, std::size_t j, typename V::part end) {
    reg acc[Rows][Vectors];
    FILBERT_UNROLL
    for (int r = 0; r < Rows; ++r) {
      FILBERT_UNROLL
      for (int v = 0; v < Vectors; ++v) acc[r][v] = V::set1(T(0));
    }
    chains<V>(acc, ColumnPointers<T>{x, first + p}, dz, lddz, end, rows);
    FILBERT_UNROLL
    for (int r = 0; r < Rows; ++r) {
      FILBERT_UNROLL
      for (int v = 0; v < Vectors; ++v) {
        T* to = dw + (p + static_cast<std::size_t>(r)) * lddw + j +
                static_cast<std::size_t>(v * V::lanes);
        if (v + 1 < Vectors || overrun) {
          V::store(to, add ? V::add(V::load(to), acc[r][v]) : acc[r][v]);
        } else {
          V::store(to, add ? V::add(V::load(to, end), acc[r][v]) : acc[r][v], end);
        }
      }
    }
  }
};

/// Calls panel(Number<vectors>, j, width, dz, lddz) with panels of the columns of dz, (m, n),
/// packed where that pays: k rows of results use them.
template <class V, class Panel>
FILBERT_INLINE void for_dz_panels(const typename V::scalar* dz, std::size_t lddz, std::size_t m,
                                  std::size_t k, std::size_t n, typename V::scalar* scratch,
                                  Panel panel) {
  using T = typename V::scalar;
  const bool packing = worth_packing<T>(lddz, k) && n > static_cast<std::size_t>(V::lanes);
  for_panels<V>(n, [&](auto vectors, std::size_t j, std::size_t width) {
    constexpr std::size_t ld = decltype(vectors)::value * V::lanes;
    static_assert(row_block * ld * sizeof(T) <= panel_bytes);
    if (packing) pack_rows<V>(scratch, ld, dz + j, lddz, width, m);
    panel(vectors, j, width, packing ? scratch : dz + j, packing ? ld : lddz);
  });
}

template <class V>
void backward_weights(typename V::scalar* dw, const typename V::scalar* const* x, std::size_t first,
                      const typename V::scalar* dz, std::size_t lddz, std::size_t m, std::size_t k,
                      std::size_t n, typename V::scalar* scratch) {
  using T = typename V::scalar;
  for (std::size_t i = 0; i < m; i += row_block) {
    const std::size_t rows = m - i < row_block ? m - i : row_block;
    for_dz_panels<V>(
        dz + i * lddz, lddz, rows, k, n, scratch,
        [&](auto vectors, std::size_t j, std::size_t width, const T* panel, std::size_t ld_panel) {
          WeightsTile<V> tile{dw, n, x + i, first, panel, ld_panel, rows, i > 0, false};
          run_panel<V, decltype(vectors)::value>(tile, j, width, k);
        });
  }
}

/// Rows of dw to make at a time, so that their columns of x stay in the second cache.
template <class T>
std::size_t weights_rows(std::size_t m, std::size_t k) {
  constexpr std::size_t cached = 400 * 1024 / sizeof(T);
  constexpr std::size_t grain = 48;
  const std::size_t fit = cached / m / grain * grain;
  return k <= fit + grain || fit == 0 ? k : fit;
}

/// dw of one block of rows, and the rule over it while it is in the cache. Sums of some rows of W
/// and as many columns as fit wait in scratch, so that the rule walks along W, not across it.
template <class V, class Rule>
void weights_and_update(const Rule& rule, const typename V::scalar* const* x, std::size_t first,
                        const typename V::scalar* dz, std::size_t lddz, std::size_t m,
                        std::size_t k, std::size_t n, typename V::scalar* scratch) {
  using T = typename V::scalar;
  constexpr std::size_t lanes = V::lanes, panel = widest_tile<V> * lanes;
  constexpr std::size_t capacity = sums_bytes / sizeof(T) - lanes;  // an overrun fits behind
  constexpr std::size_t grain = 24;                                 // rows of any tile divide it
  T* const sums = scratch + panel_bytes / sizeof(T);
  // dz is packed where the second cache cannot hold it; then as many columns as fit in scratch.
  const bool packing = m * lddz * sizeof(T) > 5 * 256 * 1024 && k > grain && n > lanes;
  const std::size_t fit = packing ? panel_bytes / sizeof(T) / m : capacity / grain;
  const std::size_t columns = fit >= n ? n : fit / panel * panel;
  const bool whole = columns == n;  // then rows of W follow each other without a gap
  const bool overrun = !whole || n <= panel || n % lanes == 0;
  const std::size_t small = capacity / 4 / columns / grain * grain;  // for the first cache
  const std::size_t most = small > 0 ? small : grain;
  const std::size_t rows = weights_rows<T>(m, k);
  for (std::size_t begin = 0; begin < k; begin += rows) {
    const std::size_t end = k - begin < rows ? k : begin + rows;
    for (std::size_t left = 0; left < n; left += columns) {
      const std::size_t width = n - left < columns ? n - left : columns;
      if (packing) {
        for_panels<V>(width, [&](auto vectors, std::size_t j, std::size_t w) {
          pack_rows<V>(scratch + j * m, decltype(vectors)::value * lanes, dz + left + j, lddz, w,
                       m);
        });
      }
      for (std::size_t p = begin; p < end; p += most) {
        const std::size_t count = end - p < most ? end - p : most;
        for_panels<V>(width, [&](auto vectors, std::size_t j, std::size_t w) {
          constexpr int wide = decltype(vectors)::value;
          WeightsTile<V> tile{sums + j,
                              columns,
                              x,
                              first + p,
                              packing ? scratch + j * m : dz + left + j,
                              packing ? wide * lanes : lddz,
                              m,
                              false,
                              overrun};
          run_panel<V, wide>(tile, 0, w, count);
        });
        if (whole) {
          rule(p * n, sums, count * n);
        } else {
          for (std::size_t q = 0; q < count; ++q)
            rule((p + q) * n + left, sums + q * columns, width);
        }
      }
    }
  }
}

template <class V>
void backward_weights_sgd(typename V::scalar* w, typename V::scalar* v,
                          const SgdStep<typename V::scalar>& step,
                          const typename V::scalar* const* x, std::size_t first,
                          const typename V::scalar* dz, std::size_t lddz, std::size_t m,
                          std::size_t k, std::size_t n, typename V::scalar* scratch) {
  with_sgd_rule<V>(w, v, step, [&](const auto& rule) {
    weights_and_update<V>(rule, x, first, dz, lddz, m, k, n, scratch);
  });
}

template <class V>
void backward_weights_adam(typename V::scalar* w, typename V::scalar* first_moment,
                           typename V::scalar* second_moment,
                           const AdamStep<typename V::scalar>& step,
                           const typename V::scalar* const* x, std::size_t first,
                           const typename V::scalar* dz, std::size_t lddz, std::size_t m,
                           std::size_t k, std::size_t n, typename V::scalar* scratch) {
  weights_and_update<V>(AdamRule<V>{w, first_moment, second_moment, step}, x, first, dz, lddz, m, k,
                        n, scratch);
}

template <class V>
void backward_bias(typename V::scalar* db, const typename V::scalar* dz, std::size_t lddz,
                   std::size_t m, std::size_t n) {
  for_lanes<V>(n, [&](std::size_t j, auto part) {
    for (std::size_t begin = 0; begin < m; begin += row_block) {
      const std::size_t end = m - begin < row_block ? m : begin + row_block;
      typename V::reg chain = V::set1(0);
      for (std::size_t i = begin; i < end; ++i) {
        chain = V::add(chain, load<V>(dz + i * lddz + j, part));
      }
      store<V>(db + j, begin == 0 ? chain : V::add(load<V>(db + j, part), chain), part);
    }
  });
}

}  // namespace
}  // namespace filbert
