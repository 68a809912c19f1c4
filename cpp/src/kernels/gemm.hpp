// Matrix products, written once over a Vec V. A tile of rows x vectors of outputs stays in
// registers while its chains of fused multiply-adds run over k: vectors run over outputs, so every
// output is one chain in increasing k, whatever the tile. One operand is broadcast and may lie
// anywhere; the other is loaded in vectors along a row.
#pragma once

#include <cstddef>

#include "fma.hpp"
#include "kernels.hpp"
#include "rows.hpp"

#if defined(__clang__)
#define FILBERT_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define FILBERT_UNROLL _Pragma("GCC unroll 16")
#else
#define FILBERT_UNROLL
#endif

namespace filbert {
namespace {

template <int N>
struct Number {
  static constexpr int value = N;
};

constexpr std::size_t depth_block = 512;  // k of a packed panel; a chain goes on in the next

/// Whether rows that far apart in a matrix of many rows are worth copying next to each other: they
/// fall on too many pages, or into too few sets of the cache.
template <class T>
bool worth_packing(std::size_t stride, std::size_t uses) {
  return stride * sizeof(T) >= 1024 && uses >= 24;
}

/// Rows of a tile that is `vectors` wide: what the registers hold beside a row of the operand.
template <class V>
constexpr int tile_rows(int vectors) {
  constexpr int narrow[] = {12, 6}, wide[] = {12, 12, 8, 6};
  return V::registers == 32 ? wide[vectors - 1] : narrow[vectors - 1];
}
template <class V>
constexpr int widest_tile = V::registers == 32 ? 4 : 2;

/// Chains of one tile. a(r, p): the broadcast operand; b: k rows of vectors, `ldb` apart; the last
/// vector has only the lanes of `end`.
template <class V, int Rows, int Vectors, class A>
FILBERT_INLINE void chains(typename V::reg (&acc)[Rows][Vectors], const A& a,
                           const typename V::scalar* b, std::size_t ldb, typename V::part end,
                           std::size_t k) {
  using reg = typename V::reg;
  for (std::size_t p = 0; p < k; ++p, b += ldb) {
    reg row[Vectors];
    FILBERT_UNROLL
    for (int v = 0; v < Vectors; ++v) {
      row[v] = v + 1 < Vectors ? V::load(b + v * V::lanes) : V::load(b + v * V::lanes, end);
    }
    FILBERT_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const reg broadcast = V::set1(a(r, p));
      FILBERT_UNROLL
      for (int v = 0; v < Vectors; ++v) acc[r][v] = V::fma(broadcast, row[v], acc[r][v]);
    }
  }
}

/// Rows anywhere, columns next to each other.
template <class T, int Rows>
struct RowPointers {
  const T* row[Rows];

  RowPointers(const T* const* rows, std::size_t first) {
    for (int r = 0; r < Rows; ++r) row[r] = rows[r] + first;
  }
  FILBERT_INLINE T operator()(int r, std::size_t p) const { return row[r][p]; }
};

/// Rows a stride apart.
template <class T>
struct Strided {
  const T* base;
  std::size_t stride;

  FILBERT_INLINE T operator()(int r, std::size_t p) const {
    return base[static_cast<std::size_t>(r) * stride + p];
  }
};

/// The transpose of RowPointers.
template <class T>
struct ColumnPointers {
  const T* const* rows;
  std::size_t first;

  FILBERT_INLINE T operator()(int r, std::size_t p) const {
    return rows[p][first + static_cast<std::size_t>(r)];
  }
};

/// Calls tile.template run<Rows, Vectors>(i, j, end) for all rows of a panel of columns.
template <class V, int Vectors, class Tile>
void run_panel(Tile& tile, std::size_t j, std::size_t width, std::size_t m) {
  constexpr int most = tile_rows<V>(Vectors);
  const typename V::part end =
      V::part_of(static_cast<int>(width) - (Vectors - 1) * static_cast<int>(V::lanes));
  std::size_t i = 0;
  for (; i + most <= m; i += most) tile.template run<most, Vectors>(i, j, end);
  if constexpr (most > 6) {
    if (i + 6 <= m) {
      tile.template run<6, Vectors>(i, j, end);
      i += 6;
    }
  }
  if (i + 4 <= m) {
    tile.template run<4, Vectors>(i, j, end);
    i += 4;
  }
  if (i + 2 <= m) {
    tile.template run<2, Vectors>(i, j, end);
    i += 2;
  }
  if (i < m) tile.template run<1, Vectors>(i, j, end);
}

/// Calls panel(Number<vectors>, j, width) for panels of columns that cover 0 .. n - 1.
template <class V, class Panel>
void for_panels(std::size_t n, Panel panel) {
  constexpr int widest = widest_tile<V>;
  constexpr std::size_t lanes = V::lanes, most = widest * lanes;
  std::size_t j = 0;
  for (; n - j >= most; j += most) panel(Number<widest>{}, j, most);
  const std::size_t rest = n - j;
  if (rest == 0) return;
  if constexpr (widest == 4) {
    if (rest > 3 * lanes) return panel(Number<4>{}, j, rest);
    if (rest > 2 * lanes) return panel(Number<3>{}, j, rest);
  }
  if (rest > lanes) return panel(Number<2>{}, j, rest);
  panel(Number<1>{}, j, rest);
}

/// Copies columns j .. j + width - 1 of k rows of w next to each other.
template <class V>
void pack_rows(typename V::scalar* to, std::size_t ld, const typename V::scalar* w, std::size_t ldw,
               std::size_t width, std::size_t k) {
  constexpr std::size_t lanes = V::lanes;
  const typename V::part end = V::part_of(static_cast<int>((width - 1) % lanes + 1));
  for (std::size_t p = 0; p < k; ++p, w += ldw, to += ld) {
    std::size_t j = 0;
    for (; j + lanes < width; j += lanes) V::store(to + j, V::load(w + j));
    V::store(to + j, V::load(w + j, end));
  }
}

}  // namespace
}  // namespace filbert
