// What a product broadcasts: matrices as they lie in memory, for the tiles of gemm.hpp.
#pragma once

#include <cstddef>

#include "system/compiler.hpp"

namespace filbert {
namespace {

/// The broadcast operand of a tile as an element (row, depth): rows anywhere,
template <class T>
struct RowPointers {
  const T* const* rows;
  std::size_t first;  // where each row starts

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

/// rows a stride apart,
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

/// The broadcast operand as its tiles read it: for each tile, the elements of its rows side by
/// side.
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

/// or the transpose of RowPointers.
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
