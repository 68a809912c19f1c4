// Products of as many networks of one shape as a vector has lanes, each of them in a lane of its
// own: no lane is idle, however small the networks are, and each lane runs the chains of
// docs/numerics.md. An element is a vector here, and strides count elements.
#pragma once

#include <cstddef>

#include "kernels/simd/activate.hpp"

namespace filbert {
namespace {

/// Where the elements of a matrix are. Both strides may be 0.
template <class Pointer>
struct Elements {
  Pointer data;
  std::size_t row, column;
};

/// out[i][j] = start[i][j] + the sum of a[i][p] b[p][j] over p < k, for Rows x Columns elements.
template <class V, int Rows, int Columns>
FILBERT_INLINE void lanes_tile(Elements<typename V::scalar*> out,
                               Elements<const typename V::scalar*> start,
                               Elements<const typename V::scalar*> a,
                               Elements<const typename V::scalar*> b, std::size_t k) {
  using T = typename V::scalar;
  using reg = typename V::reg;
  constexpr std::size_t lanes = V::lanes;
  reg chains[Rows][Columns];
  FILBERT_UNROLL
  for (std::size_t r = 0; r < Rows; ++r) {
    FILBERT_UNROLL
    for (std::size_t c = 0; c < Columns; ++c) {
      chains[r][c] = V::load(start.data + (r * start.row + c * start.column) * lanes);
    }
  }
  const T *row = a.data, *column = b.data;
  for (std::size_t p = 0; p < k; ++p, row += a.column * lanes, column += b.row * lanes) {
    reg factors[Columns];
    FILBERT_UNROLL
    for (std::size_t c = 0; c < Columns; ++c) factors[c] = V::load(column + c * b.column * lanes);
    FILBERT_UNROLL
    for (std::size_t r = 0; r < Rows; ++r) {
      const reg factor = V::load(row + r * a.row * lanes);
      FILBERT_UNROLL
      for (std::size_t c = 0; c < Columns; ++c) {
        chains[r][c] = V::fma(factor, factors[c], chains[r][c]);
      }
    }
  }
  FILBERT_UNROLL
  for (std::size_t r = 0; r < Rows; ++r) {
    FILBERT_UNROLL
    for (std::size_t c = 0; c < Columns; ++c) {
      V::store(out.data + (r * out.row + c * out.column) * lanes, chains[r][c]);
    }
  }
}

/// The whole product: (m, n) elements. Tiles of it may overlap, so that they need no other shapes.
template <class V>
FILBERT_NOINLINE void lanes_product(Elements<typename V::scalar*> out,
                                    Elements<const typename V::scalar*> start,
                                    Elements<const typename V::scalar*> a,
                                    Elements<const typename V::scalar*> b, std::size_t m,
                                    std::size_t n, std::size_t k) {
  // As many chains as fit into the registers beside their factors, because these products wait for
  // loads: a step of a tile loads a vector for each of its rows and for each of its columns.
  constexpr std::size_t rows = 4, columns = V::registers == 32 ? 4 : 3;
  if (m < rows && m < n) {
    const auto turned = [](auto of) { return decltype(of){of.data, of.column, of.row}; };
    return lanes_product<V>(turned(out), turned(start), turned(b), turned(a), n, m, k);
  }
  const auto at = [](auto matrix, std::size_t i, std::size_t j) {
    matrix.data += (i * matrix.row + j * matrix.column) * V::lanes;
    return matrix;
  };
  const auto tile = [&]<int Rows, int Columns>(std::size_t i, std::size_t j) {
    lanes_tile<V, Rows, Columns>(at(out, i, j), at(start, i, j), at(a, i, 0), at(b, 0, j), k);
  };
  for (std::size_t i = 0; i < m; i += m < rows ? 1 : rows) {
    const std::size_t top = m < rows ? i : i + rows <= m ? i : m - rows;
    for (std::size_t j = 0; j < n;) {
      if (m < rows) {
        tile.template operator()<1, 1>(top, j++);
      } else if (n < columns) {
        tile.template operator()<rows, 1>(top, j++);
      } else {
        tile.template operator()<rows, columns>(top, j + columns <= n ? j : n - columns);
        j += columns;
      }
    }
  }
}

template <class V>
FILBERT_NOINLINE void interleave(typename V::scalar* to,
                                 const typename V::scalar* const* const* rows, std::size_t m,
                                 std::size_t n) {
  constexpr std::size_t lanes = V::lanes;
  for (std::size_t i = 0; i < m; ++i, to += n * lanes) {
    for (std::size_t j = 0; j < n; j += lanes) {
      const std::size_t width = n - j < lanes ? n - j : lanes;
      const typename V::part part = V::part_of(static_cast<int>(width));
      typename V::reg block[lanes];
      FILBERT_UNROLL
      for (std::size_t r = 0; r < lanes; ++r) block[r] = V::load(rows[r][i] + j, part);
      V::transpose(block);
      FILBERT_UNROLL
      for (std::size_t c = 0; c < lanes; ++c) {
        if (c < width) V::store(to + (j + c) * lanes, block[c]);
      }
    }
  }
}

template <class V>
void forward_lanes(typename V::scalar* z, typename V::scalar* a, const typename V::scalar* x,
                   const typename V::scalar* w, const typename V::scalar* b, Activation activation,
                   std::size_t m, std::size_t n, std::size_t k) {
  lanes_product<V>({z, n, 1}, {b, 0, 1}, {x, k, 1}, {w, n, 1}, m, n, k);
  const std::size_t size = m * n * V::lanes;
  if (a != nullptr) activate<V>(a, size, z, size, activation, 1, size);
}

template <class V>
void backward_input_lanes(typename V::scalar* dz, const typename V::scalar* dz_above,
                          const typename V::scalar* w, const typename V::scalar* from,
                          Activation activation, std::size_t m, std::size_t k, std::size_t n) {
  alignas(64) const typename V::scalar zero[V::lanes] = {};
  lanes_product<V>({dz, k, 1}, {zero, 0, 0}, {dz_above, n, 1}, {w, 1, n}, m, k, n);
  const std::size_t size = m * k * V::lanes;
  derive<V>(dz, size, dz, size, from, size, activation, 1, size);
}

template <class V>
void backward_weights_lanes(typename V::scalar* dw, const typename V::scalar* x,
                            const typename V::scalar* dz, std::size_t m, std::size_t k,
                            std::size_t n) {
  using T = typename V::scalar;
  alignas(64) const T zero[V::lanes] = {};
  alignas(64) T one[V::lanes];
  V::store(one, V::set1(1));
  lanes_product<V>({dw, n, 1}, {zero, 0, 0}, {x, 1, k}, {dz, n, 1}, k, n, m);
  // A sum is a product with ones: that leaves each addition as it is.
  lanes_product<V>({dw + k * n * V::lanes, n, 1}, {zero, 0, 0}, {one, 0, 0}, {dz, n, 1}, 1, n, m);
}

}  // namespace
}  // namespace filbert
