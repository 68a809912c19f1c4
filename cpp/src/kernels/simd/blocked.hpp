// Large matrix products, for vectors of which a panel is no wider than a cache line. Both operands
// are packed: copied, block by block, into the order in which the tiles of gemm.hpp read them, so
// that a block of each stays in its cache while tiles pass over it (Goto and van de Geijn 2008).
#pragma once

#include <cstring>

#include "kernels/cache_sizes.hpp"
#include "kernels/simd/gemm.hpp"
#include "system/scratch.hpp"

namespace filbert {
namespace {

/// Whether this Vec multiplies large matrices in blocks. A wider panel shares each element that it
/// broadcasts among so many outputs that packing those elements gains nothing.
template <class V>
constexpr bool has_blocks = widest_tile<V> * V::lanes * sizeof(typename V::scalar) <= 64;

/// Whether a product of m rows and n columns is worth packing; ld: of the vectors' operand. Small
/// ones stay in the first cache as they lie, unless their rows fall into few of its sets.
template <class V>
bool worth_blocks(std::size_t m, std::size_t n, std::size_t k, std::size_t ld) {
  if constexpr (!has_blocks<V>) return false;
  if (m < 24 || n < 2 * V::lanes * widest_tile<V> || k < 16) return false;
  return m * n >= 8192 || ld * sizeof(typename V::scalar) >= 1024;
}

FILBERT_INLINE std::size_t least(std::size_t a, std::size_t b) { return a < b ? a : b; }

/// How a product is cut, in elements of T.
template <class V>
struct Blocks {
  using T = typename V::scalar;
  static constexpr std::size_t panel = widest_tile<V> * V::lanes;

  std::size_t depth;    // of a chain at a time: so that a panel takes half of the first cache
  std::size_t rows;     // of the broadcast operand: so that they take a quarter of the second cache
  std::size_t columns;  // of the other operand
  std::size_t stride;   // from a packed panel to the next one

  /// Blocks for chains of length k. whole: the panels have room for all k, of which the tiles take
  /// `depth` at a time.
  explicit Blocks(std::size_t k, bool whole = false) {
    const CacheSizes& caches = cache_sizes();
    const std::size_t most = caches.first / 2 / (panel * sizeof(T));
    depth = (k - 1) / ((k - 1) / most + 1) + 1;
    const std::size_t packed = whole ? k : depth;
    const std::size_t bytes = caches.second < 2 * rows_bytes ? caches.second / 4 : rows_bytes / 2;
    rows = bytes / (packed * sizeof(T)) / 12 * 12;
    if (rows < 12) rows = 12;
    // A cache line lies between panels. Without it, they would often be a power of two apart, and
    // the lines that are written one after another would fall into one set of the first cache.
    stride = panel * (packed + 1);
    columns = panel_bytes / ((packed + 1) * sizeof(T)) / panel * panel;
    // More than this do not make packing cheaper, and packed panels had better stay near.
    const std::size_t most_columns = (whole ? 4096 : 2048) / sizeof(T);
    if (columns > most_columns) columns = most_columns;
  }

  /// How many of n columns to take at a time: as few times as `columns` allows, of the same size.
  std::size_t even_columns(std::size_t n) const {
    const std::size_t times = (n - 1) / columns + 1;
    return ((n - 1) / times / panel + 1) * panel;
  }

  /// How many of m rows to take next: not a few that are left over.
  std::size_t next_rows(std::size_t m) const {
    if (m <= rows) return m;
    return m < 2 * rows ? m / 12 * 6 : rows;
  }
};

/// One tile of an operand whose rows are rows in memory: to[p][r] = row(r)[p]. What lies behind the
/// tile, as far as a vector reaches, is written too.
template <class V, int Rows, class Row>
FILBERT_INLINE void pack_tile(typename V::scalar* to, std::size_t depth, Row row) {
  using T = typename V::scalar;
  constexpr int lanes = V::lanes, groups = (Rows + lanes - 1) / lanes;
  std::size_t p = 0;
  for (; p + lanes <= depth; p += lanes) {
    typename V::reg block[groups][lanes];
    FILBERT_UNROLL
    for (int g = 0; g < groups; ++g) {
      FILBERT_UNROLL
      for (int r = 0; r < lanes; ++r) {
        const int of_tile = g * lanes + r;
        block[g][r] = of_tile < Rows ? V::load(row(of_tile) + p) : V::set1(T(0));
      }
      V::transpose(block[g]);
    }
    FILBERT_UNROLL
    for (int c = 0; c < lanes; ++c) {
      FILBERT_UNROLL
      for (int g = 0; g < groups; ++g) V::store(to + g * lanes, block[g][c]);
      to += Rows;
    }
  }
  for (; p < depth; ++p) {
    FILBERT_UNROLL
    for (int r = 0; r < Rows; ++r) *to++ = row(r)[p];
  }
}

/// Rows i .. i + m - 1 of the broadcast operand, elements begin .. begin + depth - 1 of each.
template <class V, class A>
FILBERT_NOINLINE void pack_rows(typename V::scalar* to, const A& a, std::size_t i, std::size_t m,
                                std::size_t begin, std::size_t depth) {
  for_tiles(m, [&](auto rows, std::size_t offset) {
    constexpr int count = decltype(rows)::value;
    const typename V::scalar* from[count];
    FILBERT_UNROLL
    for (int r = 0; r < count; ++r) {
      from[r] = a.row(i + offset + static_cast<std::size_t>(r)) + begin;
    }
    pack_tile<V, count>(to + offset * depth, depth, [&](int r) { return from[r]; });
  });
}

/// One tile's elements of one row in memory, which is a column of the tile's operand. Whole vectors
/// are stored, which is faster, unless something stands behind them.
template <class V, int Rows>
FILBERT_INLINE void pack_column(typename V::scalar* to, const typename V::scalar* from,
                                bool whole_vectors) {
  constexpr int lanes = V::lanes, vectors = (Rows + lanes - 1) / lanes;
  constexpr int before = (vectors - 1) * lanes;  // elements in whole vectors
  FILBERT_UNROLL
  for (int v = 0; v + 1 < vectors; ++v) V::store(to + v * lanes, V::load(from + v * lanes));
  const typename V::reg last = V::load(from + before, V::part_of(Rows - before));
  if (whole_vectors) {
    V::store(to + before, last);
  } else {
    typename V::scalar elements[lanes];
    V::store(elements, last);
    std::memcpy(to + before, elements, (Rows - before) * sizeof(*to));
  }
}

/// The same for an operand whose rows are columns in memory. Eight tiles are packed at a time,
/// where there are so many: their elements of a row fill whole lines of the cache.
template <class V>
FILBERT_NOINLINE void pack_transposed_rows(typename V::scalar* to,
                                           const ColumnPointers<typename V::scalar>& a,
                                           std::size_t i, std::size_t m, std::size_t begin,
                                           std::size_t depth) {
  using T = typename V::scalar;
  constexpr std::size_t six = 6, columns = 8 * six, rows_ahead = 8;
  std::size_t done = 0;
  // Where two rows would be left over, for_tiles makes the eighth tile another one.
  for (; m - done >= columns && m - done != columns + 2; done += columns) {
    T* at = to + done * depth;
    for (std::size_t p = begin; p < begin + depth; ++p, at += six) {
      const std::size_t column = a.first + i + done;
      if (p + rows_ahead < begin + depth) {
        const T* next = a.rows[p + rows_ahead] + column;
        for (std::size_t j = 0; j < columns; j += 64 / sizeof(T)) FILBERT_PREFETCH(next + j);
      }
      const T* from = a.rows[p] + column;
      FILBERT_UNROLL
      for (std::size_t j = 0; j < columns; j += six) {
        pack_column<V, 6>(at + j * depth, from + j, p + 1 < begin + depth);
      }
    }
  }
  for_tiles(m - done, [&](auto rows, std::size_t offset) {
    constexpr int count = decltype(rows)::value;
    T* at = to + (done + offset) * depth;
    for (std::size_t p = begin; p < begin + depth; ++p, at += count) {
      pack_column<V, count>(at, a.rows[p] + a.first + i + done + offset, true);
    }
  });
}

/// Panels of the vectors' operand, each of (depth, panel), a stride apart; from: (depth, columns).
/// The last panel is filled up with 0.
template <class V>
FILBERT_NOINLINE void pack_columns(typename V::scalar* to, std::size_t stride,
                                   const typename V::scalar* from, std::size_t ld,
                                   std::size_t columns, std::size_t depth) {
  constexpr std::size_t panel = Blocks<V>::panel, lanes = V::lanes;
  // Rows are often a power of two apart, where the processor does not see the next one coming.
  constexpr std::size_t rows_ahead = 3;
  const std::size_t whole = columns / panel * panel;
  for (std::size_t p = 0; p < depth; ++p, from += ld) {
    typename V::scalar* at = to + p * panel;
    for (std::size_t j = 0; j < whole; j += panel, at += stride) {
      FILBERT_PREFETCH(from + j + rows_ahead * ld);
      FILBERT_UNROLL
      for (std::size_t v = 0; v < panel; v += lanes) V::store(at + v, V::load(from + j + v));
    }
    if (whole == columns) continue;
    FILBERT_UNROLL
    for (std::size_t v = 0; v < panel; v += lanes) {
      const std::size_t j = whole + v;
      const std::size_t left = j >= columns ? 0 : columns - j < lanes ? columns - j : lanes;
      V::store(at + v, V::load(from + j, V::part_of(static_cast<int>(left))));
    }
  }
}

/// All tiles of m packed rows over one packed panel: columns j .. j + width - 1.
template <class V, Finish finish>
void run_tiles(const Product<V, Packed<typename V::scalar>, finish>& product, std::size_t j,
               std::size_t width, std::size_t m, Ahead<typename V::scalar>* ahead = nullptr) {
  for_tiles(m, [&](auto rows, std::size_t i) {
    constexpr int count = decltype(rows)::value, vectors = widest_tile<V>;
    if (ahead != nullptr) ahead->fetch(i + count, m);
    if (width == Blocks<V>::panel) {
      product.template run<count, vectors>(i, j, Whole{});
    } else {
      product.template run<count, vectors>(i, j, Edge<V>{static_cast<int>(width)});
    }
  });
}

/// A product of (m, k) by (k, n). product: where chains start and end. columns: the vectors'
/// operand, with pack(to, stride, j, columns, begin, depth), which packs panels of it, and ahead(j,
/// width, begin, depth), which is what to fetch before one of them is packed.
template <class V, class A, Finish finish, class Columns>
void run_blocks(Product<V, Packed<typename V::scalar>, finish> product, const A& a, std::size_t m,
                std::size_t n, std::size_t k, typename V::scalar* scratch,
                const Columns& columns_operand) {
  using T = typename V::scalar;
  Blocks<V> blocks(k);
  // To copy a block takes a visible part of what a few rows take to be multiplied by it. There, one
  // block is fetched while another one is multiplied.
  const bool fetches = m <= 256 && n * k * sizeof(T) > 8 * cache_sizes().second;
  if (fetches) blocks.columns = 8 * Blocks<V>::panel;
  const std::size_t block_columns = blocks.even_columns(n);
  T* const packed_columns = scratch;
  T* const packed_rows = scratch + panel_bytes / sizeof(T);
  // A vector is stored behind the last row.
  const bool keeps_rows = (m * blocks.depth + V::lanes) * sizeof(T) <= rows_bytes;
  const Product<V, Packed<T>, finish> all = product;
  constexpr std::size_t panel = Blocks<V>::panel;
  product.ldb = panel;
  for (std::size_t begin = 0; begin < k; begin += blocks.depth) {
    const std::size_t depth = least(blocks.depth, k - begin);
    product.k = depth;
    product.finishes = all.finishes && begin + depth == k;
    const T* const start = begin > 0 ? all.out : all.start;
    product.ldstart = begin > 0 ? all.ldout : all.ldstart;
    for (std::size_t j = 0; j < n; j += block_columns) {
      const std::size_t columns = least(block_columns, n - j);
      columns_operand.pack(packed_columns, blocks.stride, j, columns, begin, depth);
      // The block after this one.
      const bool goes_on = j + columns < n;
      const std::size_t next_j = goes_on ? j + columns : 0,
                        next_begin = goes_on ? begin : begin + depth,
                        next_depth = least(blocks.depth, k - next_begin);
      std::size_t rows = 0;
      for (std::size_t i = 0; i < m; i += rows) {
        rows = blocks.next_rows(m - i);
        T* const packed = keeps_rows ? packed_rows + i * depth : packed_rows;
        if (j == 0 || !keeps_rows) pack_rows<V>(packed, a, i, rows, begin, depth);
        product.a = {packed, depth};
        product.start = start == nullptr ? nullptr : start + i * product.ldstart;
        product.out = all.out + i * all.ldout;
        product.other = all.other == nullptr ? nullptr : all.other + i * all.ldother;
        product.b = packed_columns;
        for (std::size_t left = 0; left < columns; left += panel, product.b += blocks.stride) {
          const std::size_t width = least(panel, columns - left);
          if (fetches && next_depth > 0 && next_j + left < n) {
            Ahead<T> ahead = columns_operand.ahead(next_j + left, least(panel, n - next_j - left),
                                                   next_begin, next_depth);
            run_tiles(product, j + left, width, rows, &ahead);
          } else {
            run_tiles(product, j + left, width, rows);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace filbert
