// Matrix products, written once over a vector type V. A tile, which is a few rows by a few vectors
// of outputs, stays in registers while its chains of fused multiply-adds run over k. The lanes of a
// vector are different outputs, so every output is one chain in increasing k, whatever the tile.
// Elements of one operand, `a`, are broadcast and may lie anywhere; those of the other, `b`, are
// loaded in vectors along a row.
#pragma once

#include <cstddef>
#include <type_traits>

#include "kernels/kernels.hpp"
#include "kernels/rows.hpp"
#include "kernels/simd/elementwise.hpp"
#include "kernels/simd/operands.hpp"
#include "system/scratch.hpp"

namespace filbert {
namespace {

template <int N>
struct Number {
  static constexpr int value = N;
};

/// The depth of a panel that its first tile packs. A chain goes on in the next panel.
constexpr std::size_t depth_block = 512;

/// Whether the rows of a panel, which lie `stride` elements apart, are worth copying next to each
/// other if `uses` rows of outputs read them: at such distances they lie on too many pages, or fall
/// into too few sets of the cache.
template <class T>
bool worth_packing(std::size_t stride, std::size_t uses) {
  return stride * sizeof(T) >= 1024 && uses >= 24;
}

/// The most rows of a tile, and below the most vectors. 6 x 4 chains fit into 32 registers beside
/// four vectors of b and a broadcast element, and 6 x 2 into 16. With more rows there are not
/// enough registers for their addresses.
constexpr int tile_rows = 6;
template <class V>
constexpr int widest_tile = V::registers == 32 ? 4 : 2;

/// The end of a panel of so many columns, whose vectors all may lack lanes.
template <class V>
struct Edge {
  int width;
  FILBERT_INLINE typename V::part of(int v) const {
    const int left = width - v * V::lanes;
    return V::part_of(left < 0 ? 0 : left < V::lanes ? left : V::lanes);
  }
};

/// What can be made of a chain when it is finished.
enum class Finish : unsigned char { relu, relu_derivative, add };

/// A product out = start + a b, or finish(start + a b), of which run() makes one tile.
template <class V, class A, Finish finish>
struct Product {
  using T = typename V::scalar;
  using reg = typename V::reg;

  A a;         // (m, k)
  const T* b;  // (k, columns of the panel)
  std::size_t ldb;
  std::size_t k;
  const T* start;       // (m, n): what chains begin with; if null, they begin with +0
  std::size_t ldstart;  // it is 0 if all rows begin with the same numbers
  T* out;               // (m, n)
  std::size_t ldout;
  bool finishes;   // whether the chains end here
  const T* other;  // (m, n): what the finish takes besides the chain
  std::size_t ldother;
  bool overrun;  // whether whole vectors may be written at the end of a row of out

  /// The tile of rows i .. and columns j .. of the outputs; `end` says which lanes the last vectors
  /// have. It is a function of its own, so that the loop over k has all registers for itself.
  /// packs: what it reads of b it also writes to `packed`, without gaps.
  template <int Rows, int Vectors, bool packs = false, class End>
  FILBERT_HOT FILBERT_NOINLINE void run(std::size_t i, std::size_t j, End end,
                                        T* packed = nullptr) const {
    const Product local =
        *this;  // a store into `out` cannot change it: its numbers stay in registers
    local.template run_here<Rows, Vectors, packs>(i, j, end, packed);
  }

  /// The same inside the caller, for tiles that need few registers and have short chains.
  template <int Rows, int Vectors, bool packs = false, class End>
  FILBERT_INLINE void run_here(std::size_t i, std::size_t j, End end, T* packed = nullptr) const {
    reg acc[Rows][Vectors];
    const T* from = start == nullptr ? nullptr : start + i * ldstart + j;
    FILBERT_UNROLL
    for (int r = 0; r < Rows; ++r) {
      FILBERT_UNROLL
      for (int v = 0; v < Vectors; ++v) {
        acc[r][v] = start == nullptr ? V::set1(T(0)) : load_of(from, v, v + 1 < Vectors, end);
      }
      if (start != nullptr) from += ldstart;
    }
    chains<packs>(acc, a.template tile<Rows>(i), end, packed);
    // Masks for the end are made anew: the chains leave no register for one that waits.
    if constexpr (std::is_same_v<End, Edge<V>>) FILBERT_FORGET(end.width);
    if (finishes) return write<true>(acc, i, j, end);
    write<false>(acc, i, j, end);
  }

 private:
  FILBERT_INLINE static reg load_of(const T* row, int v, bool, Whole) {
    return V::load(row + v * V::lanes);
  }
  FILBERT_INLINE static reg load_of(const T* row, int v, bool whole, typename V::part end) {
    row += v * V::lanes;
    return whole ? V::load(row) : V::load(row, end);
  }
  FILBERT_INLINE static reg load_of(const T* row, int v, bool, Edge<V> end) {
    return V::load(row + v * V::lanes, end.of(v));
  }
  FILBERT_INLINE static typename V::part part_of(int, typename V::part end) { return end; }
  FILBERT_INLINE static typename V::part part_of(int v, Edge<V> end) { return end.of(v); }

  template <bool finished, int Rows, int Vectors, class End>
  FILBERT_INLINE void write(const reg (&acc)[Rows][Vectors], std::size_t i, std::size_t j,
                            End end) const {
    constexpr bool takes_other = finished && finish != Finish::relu;
    constexpr bool is_edge = std::is_same_v<End, Edge<V>>, is_whole = std::is_same_v<End, Whole>;
    constexpr int whole_vectors = is_whole ? Vectors : is_edge ? 0 : Vectors - 1;
    const bool stores_whole = is_whole || (overrun && !is_edge);
    reg ends[Vectors][Rows];
    T* to = out + i * ldout + j;
    const T* with = takes_other ? other + i * ldother + j : nullptr;
    FILBERT_UNROLL
    for (int r = 0; r < Rows; ++r) {
      FILBERT_UNROLL
      for (int v = 0; v < Vectors; ++v) {
        reg value = acc[r][v];
        if constexpr (finished && finish == Finish::relu)
          value = activations::Relu<V>{}.value(value);
        if constexpr (finished && finish == Finish::relu_derivative) {
          value = activations::Relu<V>{}.derive(load_of(with, v, v + 1 < Vectors, end), value);
        }
        if constexpr (finished && finish == Finish::add) {
          value = V::add(load_of(with, v, v + 1 < Vectors, end), value);
        }
        if (v < whole_vectors || stores_whole) {
          V::store(to + v * V::lanes, value);
        } else if constexpr (V::stores_parts_slowly) {
          ends[v][r] = value;
        } else if constexpr (!is_whole) {
          V::store(to + v * V::lanes, value, part_of(v, end));
        }
      }
      to += ldout;
      if constexpr (takes_other) with += ldother;
    }
    if constexpr (!is_whole && V::stores_parts_slowly) {
      if (stores_whole) return;
      FILBERT_UNROLL
      for (int v = whole_vectors; v < Vectors; ++v) {
        store_ends<V>(out + i * ldout + j + v * V::lanes, ldout, ends[v], Rows, part_of(v, end));
      }
    }
  }

  /// Both operands are packed: the elements of the tile and the vectors of the panel follow each
  /// other, so that all addresses are constants beyond two pointers.
  template <int Rows, int Vectors>
  FILBERT_INLINE void packed_chains(reg (&acc)[Rows][Vectors], const T* broadcasts) const {
    constexpr std::size_t unroll = 2;
    const T* vectors = b;
    const auto link = [&](std::size_t q) {
      reg row[Vectors];
      FILBERT_UNROLL
      for (int v = 0; v < Vectors; ++v) row[v] = V::load(vectors + (q * Vectors + v) * V::lanes);
      FILBERT_UNROLL
      for (int r = 0; r < Rows; ++r) {
        const reg broadcast = V::set1(broadcasts[q * Rows + r]);
        FILBERT_UNROLL
        for (int v = 0; v < Vectors; ++v) acc[r][v] = V::fma(broadcast, row[v], acc[r][v]);
      }
    };
    std::size_t p = 0;
    for (; p + unroll <= k; p += unroll) {
      FILBERT_UNROLL
      for (std::size_t q = 0; q < unroll; ++q) link(q);
      broadcasts += unroll * Rows;
      vectors += unroll * Vectors * V::lanes;
    }
    for (; p < k; ++p) {
      link(0);
      broadcasts += Rows;
      vectors += Vectors * V::lanes;
    }
  }

  /// The last vector has only the lanes of `end`.
  template <bool packs, int Rows, int Vectors, class Tile, class End>
  FILBERT_INLINE void chains(reg (&acc)[Rows][Vectors], const Tile& tile, End end,
                             T* packed) const {
    if constexpr (std::is_same_v<A, Packed<T>>) {
      return packed_chains(acc, tile.base);
    }
    constexpr std::size_t unroll = Rows * Vectors < 4 ? 4 : 1;  // where the loop would be the most
    // Where a row of a panel is a line of the cache, the next rows are fetched: the processor does
    // not see them coming if they are far apart. The widest tiles, which do most of a product, are
    // enough for that.
    constexpr bool fetches =
        Rows == tile_rows && Vectors == widest_tile<V> && Vectors * V::lanes * sizeof(T) <= 64;
    constexpr std::size_t rows_ahead = 4;
    const T* vectors = b;
    std::size_t p = 0;
    const auto link = [&](std::size_t q) {
      if constexpr (fetches) FILBERT_PREFETCH_NEAR(vectors + rows_ahead * ldb);
      reg row[Vectors];
      FILBERT_UNROLL
      for (int v = 0; v < Vectors; ++v) {
        row[v] = load_of(vectors, v, v + 1 < Vectors, end);
        if constexpr (packs) V::store(packed + v * V::lanes, row[v]);
      }
      vectors += ldb;
      if constexpr (packs) packed += Vectors * V::lanes;
      FILBERT_UNROLL
      for (int r = 0; r < Rows; ++r) {
        const reg broadcast = V::set1(tile(r, q));
        FILBERT_UNROLL
        for (int v = 0; v < Vectors; ++v) acc[r][v] = V::fma(broadcast, row[v], acc[r][v]);
      }
    };
    for (; p + unroll <= k; p += unroll) {
      FILBERT_UNROLL
      for (std::size_t q = 0; q < unroll; ++q) link(p + q);
    }
    if constexpr (unroll > 1) {
      for (; p < k; ++p) link(p);
    }
  }
};

/// Which lanes the last of so many vectors has in a panel of that width.
template <class V, int Vectors>
FILBERT_INLINE typename V::part last_of(std::size_t width) {
  return V::part_of(static_cast<int>(width) - (Vectors - 1) * static_cast<int>(V::lanes));
}

/// Matrices of one shape that the next product needs, as many of `from` as are not null. They are
/// fetched to the second cache while this product is made. `fetch` is inline, because g++ drops a
/// call of a function that does nothing but prefetch.
template <class T>
struct Ahead {
  const T* from[1 + most_state] = {};
  std::size_t ld = 0, rows = 0, cols = 0;
  std::size_t done = 0;

  /// Fetches as large a part of the rows as `part` is of `whole`, less what has been fetched.
  FILBERT_INLINE void fetch(std::size_t part, std::size_t whole) {
    for (const std::size_t until = part * rows / whole; done < until; ++done) {
      for (const T* matrix : from) {
        if (matrix == nullptr) break;
        const T* row = matrix + done * ld;
        for (std::size_t j = 0; j < cols; j += 64 / sizeof(T)) FILBERT_PREFETCH(row + j);
      }
    }
  }
};

/// Calls tile(Number<rows>, i) for tiles that cover m rows. Two rows would make a tile with too few
/// chains to keep the multipliers busy, so 6 + 2 rows are taken as 4 + 4.
template <class Call>
FILBERT_INLINE void for_tiles(std::size_t m, Call tile) {
  std::size_t i = 0;
  for (; m - i >= 6 && m - i != 8; i += 6) tile(Number<6>{}, i);
  for (; i + 4 <= m; i += 4) tile(Number<4>{}, i);
  if (i + 2 <= m) {
    tile(Number<2>{}, i);
    i += 2;
  }
  if (i < m) tile(Number<1>{}, i);
}

/// Rows first .. m - 1 of a panel of columns, j .. j + width - 1, of a product.
template <int Vectors, class V, class A, Finish finish>
FILBERT_HOT void run_panel(const Product<V, A, finish>& product, std::size_t j, std::size_t width,
                           std::size_t m, std::size_t first = 0,
                           Ahead<typename V::scalar>* ahead = nullptr) {
  const typename V::part end = last_of<V, Vectors>(width);
  for_tiles(m - first, [&](auto rows, std::size_t offset) {
    constexpr int count = decltype(rows)::value;
    const std::size_t i = first + offset;
    if (ahead != nullptr) ahead->fetch(i + count, m);
    product.template run<count, Vectors>(i, j, end);
  });
}

/// The same for all rows, of which there are at least tile_rows. If the panel is one of the widest,
/// the first tile copies b to `packed`, from where the others read it.
template <int Vectors, class V, class A, Finish finish>
void run_packing(Product<V, A, finish> product, std::size_t j, std::size_t width, std::size_t m,
                 typename V::scalar* packed, Ahead<typename V::scalar>* ahead = nullptr) {
  std::size_t first = 0;
  if constexpr (Vectors == widest_tile<V>) {
    product.template run<tile_rows, Vectors, true>(0, j, last_of<V, Vectors>(width), packed);
    product.b = packed;
    product.ldb = Vectors * V::lanes;
    first = tile_rows;
  }
  run_panel<Vectors>(product, j, width, m, first, ahead);
}

/// Calls panel(Number<vectors>, j, width) for the last panel of columns, j .. j + width - 1.
template <class V, class Panel>
FILBERT_INLINE void last_panel(std::size_t j, std::size_t width, const Panel& panel) {
  constexpr std::size_t lanes = V::lanes;
  if constexpr (widest_tile<V> == 4) {
    if (width > 3 * lanes) return panel(Number<4>{}, j, width);
    if (width > 2 * lanes) return panel(Number<3>{}, j, width);
  }
  if (width > lanes) return panel(Number<2>{}, j, width);
  panel(Number<1>{}, j, width);
}

/// The same for each of the panels that cover 0 .. n - 1.
template <class V, class Panel>
void for_panels(std::size_t n, const Panel& panel) {
  constexpr int widest = widest_tile<V>;
  constexpr std::size_t most = widest * V::lanes;
  std::size_t j = 0;
  for (; n - j >= most; j += most) panel(Number<widest>{}, j, most);
  if (j < n) last_panel<V>(j, n - j, panel);
}

/// The same where whole vectors may be written at the end of each panel. Where a part of a vector
/// is stored slowly, the last panel comes first: its end may then spoil the beginning of the next
/// row, which is written after it. Elsewhere panels come in the order in which the processor
/// expects them.
template <class V, class Panel>
void for_spoiling_panels(std::size_t n, const Panel& panel) {
  if constexpr (!V::stores_parts_slowly) {
    for_panels<V>(n, panel);
  } else {
    constexpr int widest = widest_tile<V>;
    constexpr std::size_t most = widest * V::lanes;
    const std::size_t whole = n / most * most;
    if (whole < n) last_panel<V>(whole, n - whole, panel);
    for (std::size_t j = whole; j > 0; j -= most) panel(Number<widest>{}, j - most, most);
  }
}

}  // namespace
}  // namespace filbert
