// The operand of a product whose elements are broadcast, for the tiles of gemm.hpp: each struct is
// a way in which its rows can lie in memory. tile<Rows>(i) is a function of (r, p) that gives
// element p of row i + r.
#pragma once

#include <cstddef>

#include "system/compiler.hpp"

namespace filbert {
namespace {

/// Rows that may lie anywhere.
template <class T>
struct RowPointers {
  const T* const* rows;
  std::size_t first;  // the element of each row that is its element 0 here

  template <int Rows>
  struct Tile {
    const T* row[Rows];
    FILBERT_INLINE T operator()(int r, std::size_t p) const { return row[r][p]; }
  };
  template <int Rows>
  FILBERT_INLINE Tile<Rows> tile(std::size_t i) const {
    Tile<Rows> result;
    FILBERT_UNROLL
    for (int r = 0; r < Rows; ++r) result.row[r] = rows[i + static_cast<std::size_t>(r)] + first;
    return result;
  }
  FILBERT_INLINE const T* row(std::size_t i) const { return rows[i] + first; }
};

/// Rows that lie a stride apart.
template <class T>
struct Strided {
  const T* base;
  std::size_t stride;

  template <int Rows>
  struct Tile {
    const T* base;
    std::size_t stride;
    FILBERT_INLINE T operator()(int r, std::size_t p) const {
      return base[static_cast<std::size_t>(r) * stride + p];
    }
  };
  template <int Rows>
  FILBERT_INLINE Tile<Rows> tile(std::size_t i) const {
    return {base + i * stride, stride};
  }
  FILBERT_INLINE const T* row(std::size_t i) const { return base + i * stride; }
};

/// Rows that have been packed for tiles (blocked.hpp): each tile stands behind the one before it,
/// and has its elements 0 of all rows, then its elements 1, and so on.
template <class T>
struct Packed {
  const T* base;
  std::size_t depth;

  template <int Rows>
  struct Tile {
    const T* base;
    FILBERT_INLINE T operator()(int r, std::size_t p) const {
      return base[p * static_cast<std::size_t>(Rows) + static_cast<std::size_t>(r)];
    }
  };
  template <int Rows>
  FILBERT_INLINE Tile<Rows> tile(std::size_t i) const {
    return {base + i * depth};
  }
};

/// The transpose of RowPointers: element p of row r is element first + r of rows[p].
template <class T>
struct ColumnPointers {
  const T* const* rows;
  std::size_t first;

  template <int Rows>
  struct Tile {
    const T* const* rows;
    std::size_t first;
    FILBERT_INLINE T operator()(int r, std::size_t p) const {
      return rows[p][first + static_cast<std::size_t>(r)];
    }
  };
  template <int Rows>
  FILBERT_INLINE Tile<Rows> tile(std::size_t i) const {
    return {rows, first + i};
  }
};

}  // namespace
}  // namespace filbert
