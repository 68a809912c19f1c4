// dW and db of a dense layer over a Vec V, and the update of W with it.
#pragma once

#include <cstring>

#include "kernels/simd/blocked.hpp"
#include "kernels/simd/rules.hpp"
#include "kernels/simd/single_output.hpp"
#include "system/scratch.hpp"

namespace filbert {
namespace {

/// Where sums wait in scratch for the update, or to be added to others.
template <class T>
T* sums_room(T* scratch) {
  return scratch + (panel_bytes + rows_bytes) / sizeof(T);
}

/// How many columns the sums have that wait in scratch, of n, and below how many rows. They take an
/// eighth of the second cache, so that they are still in it when they are used.
template <class V>
std::size_t sums_columns(std::size_t m, std::size_t n) {
  return least(n, Blocks<V>(m, true).even_columns(n));
}
template <class V>
std::size_t sums_rows(std::size_t columns) {
  const std::size_t bytes = least(sums_bytes, cache_sizes().second / 8);
  const std::size_t fit = bytes / sizeof(typename V::scalar) / columns / 12 * 12;
  return fit < 12 ? 12 : fit;
}

/// Where sums go, and the stride of their rows.
template <class T>
struct Sums {
  T* sums;
  std::size_t ld;
};

/// x^T dz, of shape (k, n), in blocks of some rows and columns, each summed over the whole batch of
/// m examples before the next one. sums_of(p, left) says where the block that begins at that row
/// and column goes, and its stride; done(p, left, rows, columns) takes it while it is in the cache;
/// and ahead(p, left, rows, columns) is what to fetch while a panel of it is made.
template <class V, class SumsOf, class Done, class FetchAhead>
void weights_blocks(const ColumnPointers<typename V::scalar>& x, const typename V::scalar* dz,
                    std::size_t lddz, std::size_t m, std::size_t k, std::size_t n,
                    typename V::scalar* scratch, std::size_t most_rows, SumsOf sums_of, Done done,
                    FetchAhead ahead) {
  using T = typename V::scalar;
  constexpr std::size_t panel = Blocks<V>::panel;
  Blocks<V> blocks(m, true);
  if (most_rows < blocks.rows) blocks.rows = most_rows;
  T* const packed_columns = scratch;
  T* const packed_rows = scratch + panel_bytes / sizeof(T);
  const std::size_t block_columns = blocks.even_columns(n);
  for (std::size_t left = 0; left < n; left += block_columns) {
    const std::size_t columns = least(block_columns, n - left);
    pack_columns<V>(packed_columns, blocks.stride, dz + left, lddz, columns, m);
    std::size_t rows = 0;
    for (std::size_t p = 0; p < k; p += rows) {
      rows = blocks.next_rows(k - p);
      for (std::size_t begin = 0; begin < m; begin += blocks.depth) {
        const std::size_t depth = m - begin < blocks.depth ? m - begin : blocks.depth;
        pack_transposed_rows<V>(packed_rows + begin * rows, x, p, rows, begin, depth);
      }
      const auto [sums, ld] = sums_of(p, left);
      for (std::size_t j = 0; j < columns; j += panel) {
        const std::size_t width = columns - j < panel ? columns - j : panel;
        Ahead<T> next = ahead(p, left + j, rows, width);
        for (std::size_t begin = 0; begin < m; begin += blocks.depth) {
          const std::size_t depth = m - begin < blocks.depth ? m - begin : blocks.depth;
          const Product<V, Packed<T>, Finish::relu> product{
              .a = {packed_rows + begin * rows, depth},
              .b = packed_columns + j / panel * blocks.stride + begin * panel,
              .ldb = panel,
              .k = depth,
              .start = begin == 0 ? nullptr : sums,
              .ldstart = ld,
              .out = sums,
              .ldout = ld,
              .finishes = false,
              .other = nullptr,
              .ldother = 0,
              .overrun = false};
          run_tiles(product, j, width, rows, begin == 0 ? &next : nullptr);
        }
      }
      done(p, left, rows, columns);
    }
  }
}

/// Adds sums to others.
template <class V>
void add_sums(typename V::scalar* to, const typename V::scalar* sums, std::size_t count) {
  for_lanes<V>(count, [&](std::size_t j, auto part) {
    store<V>(to + j, V::add(load<V>(to + j, part), load<V>(sums + j, part)), part);
  });
}

template <class V>
FILBERT_NOINLINE void backward_weights_panels(typename V::scalar* dw, bool adds,
                                              const typename V::scalar* const* x, std::size_t first,
                                              const typename V::scalar* dz, std::size_t lddz,
                                              std::size_t m, std::size_t k, std::size_t n,
                                              typename V::scalar* scratch) {
  using T = typename V::scalar;
  constexpr std::size_t lanes = V::lanes;
  const bool packing = !has_blocks<V> && worth_packing<T>(lddz, k) && n > lanes;
  for (std::size_t i = 0; i < m; i += row_block) {
    const std::size_t rows = m - i < row_block ? m - i : row_block;
    for_panels<V>(n, [&](auto vectors, std::size_t j, std::size_t width) {
      constexpr int count = decltype(vectors)::value;
      static_assert(row_block * count * lanes * sizeof(T) <= panel_bytes);
      const Product<V, ColumnPointers<T>, Finish::add> product{.a = {x + i, first},
                                                               .b = dz + i * lddz + j,
                                                               .ldb = lddz,
                                                               .k = rows,
                                                               .start = nullptr,
                                                               .ldstart = 0,
                                                               .out = dw,
                                                               .ldout = n,
                                                               .finishes = adds || i > 0,
                                                               .other = dw,
                                                               .ldother = n,
                                                               .overrun = width % lanes == 0};
      if constexpr (!has_blocks<V>) {
        if (packing) return run_packing<count>(product, j, width, k, scratch);
      }
      run_panel<count>(product, j, width, k);
    });
  }
}

template <class V>
void backward_weights(typename V::scalar* dw, bool adds, const typename V::scalar* const* x,
                      std::size_t first, const typename V::scalar* dz, std::size_t lddz,
                      std::size_t m, std::size_t k, std::size_t n, typename V::scalar* scratch) {
  using T = typename V::scalar;
  if (n == 1) {
    for (std::size_t i = 0; i < m; i += row_block) {
      const std::size_t rows = m - i < row_block ? m - i : row_block;
      const bool adding = adds || i > 0;
      for_single_weights<V>(x + i, first, dz + i * lddz, lddz, rows, k, sums_room<T>(scratch),
                            sums_bytes / sizeof(T),
                            [&](std::size_t p, const T* sums, std::size_t count) {
                              if (adding) return add_sums<V>(dw + p, sums, count);
                              std::memcpy(dw + p, sums, count * sizeof(T));
                            });
    }
    return;
  }
  if (!worth_blocks<V>(k, n, m, lddz)) {
    return backward_weights_panels<V>(dw, adds, x, first, dz, lddz, m, k, n, scratch);
  }
  if constexpr (has_blocks<V>) {
    // Sums that are added to others wait in scratch, as those for an update do.
    T* const sums = sums_room<T>(scratch);
    for (std::size_t i = 0; i < m; i += row_block) {
      const std::size_t rows = m - i < row_block ? m - i : row_block;
      const bool adding = adds || i > 0;
      const std::size_t ld = sums_columns<V>(rows, n);
      weights_blocks<V>(
          ColumnPointers<T>{x + i, first}, dz + i * lddz, lddz, rows, k, n, scratch,
          adding ? sums_rows<V>(ld) : k,
          [&](std::size_t p, std::size_t left) {
            return adding ? Sums<T>{sums, ld} : Sums<T>{dw + p * n + left, n};
          },
          [&](std::size_t p, std::size_t left, std::size_t count, std::size_t columns) {
            for (std::size_t q = 0; adding && q < count; ++q) {
              add_sums<V>(dw + (p + q) * n + left, sums + q * ld, columns);
            }
          },
          [](auto...) { return Ahead<T>{}; });
    }
  }
}

/// How many rows of dw to make at a time, so that their columns of x stay in the second cache.
template <class T>
std::size_t weights_rows(std::size_t m, std::size_t k) {
  constexpr std::size_t cached = 400 * 1024 / sizeof(T);
  constexpr std::size_t grain = 48;
  if (m * k <= cached) return k;  // a division is a part of a small network's step
  const std::size_t fit = cached / m / grain * grain;
  return k <= fit + grain || fit == 0 ? k : fit;
}

/// The part of W and of the state, of rows x cols from `at` on, that the update will change.
template <class T>
Ahead<T> parts_ahead(const UpdateBuffers<T>& buffers, std::size_t at, std::size_t ld,
                     std::size_t rows, std::size_t cols) {
  Ahead<T> ahead{.from = {buffers.w + at}, .ld = ld, .rows = rows, .cols = cols};
  for (std::size_t s = 0; s < most_state; ++s) {
    ahead.from[1 + s] = buffers.state[s] == nullptr ? nullptr : buffers.state[s] + at;
  }
  return ahead;
}

/// dw panel by panel of dz, and the update of W with it. Sums of some rows of dw, and of as many
/// columns as fit, wait in scratch, so that the rule walks along the rows of W and not across them.
/// The rule is called by its address, so the products are compiled once and not once for every
/// rule.
template <class V>
FILBERT_HOT FILBERT_NOINLINE void update_panels(const UpdateBuffers<typename V::scalar>& buffers,
                                                std::size_t at,
                                                const UpdateStep<typename V::scalar>& step,
                                                const typename V::scalar* const* x,
                                                std::size_t first, const typename V::scalar* dz,
                                                std::size_t lddz, std::size_t m, std::size_t k,
                                                std::size_t n, typename V::scalar* scratch) {
  using T = typename V::scalar;
  constexpr std::size_t lanes = V::lanes, panel = widest_tile<V> * lanes;
  constexpr std::size_t capacity = sums_bytes / sizeof(T) - lanes;  // an overrun fits behind
  constexpr std::size_t grain = 4 * tile_rows;
  T* const sums = sums_room<T>(scratch);
  // dz is packed where the second cache cannot hold it; then as many columns as stay in it.
  const bool packing =
      !has_blocks<V> && m * lddz * sizeof(T) > 5 * 256 * 1024 && k > grain && n > lanes;
  constexpr std::size_t cached = 1024 * 1024 / sizeof(T);
  static_assert(cached * sizeof(T) <= panel_bytes);
  const std::size_t fit = packing ? least(cached / m, capacity / grain) : capacity / grain;
  const std::size_t columns = fit / lanes * lanes >= n ? n : fit / panel * panel;
  const bool whole = columns == n;  // rows of W follow each other without a gap
  const bool overrun = V::stores_parts_slowly || !whole || n <= panel || n % lanes == 0;
  std::size_t most = k;
  if (k * columns > capacity / 4) {  // the first cache
    const std::size_t small = capacity / 4 / columns / grain * grain;
    most = small > 0 ? small : grain;
  }
  const std::size_t rows = weights_rows<T>(m, k);
  const bool fetching = k * n * sizeof(T) >= 2 * 1024 * 1024;  // W is not in the second cache
  const ReadyStep<V> ready(step);
  for (std::size_t begin = 0; begin < k; begin += rows) {
    const std::size_t end = k - begin < rows ? k : begin + rows;
    for (std::size_t left = 0; left < n; left += columns) {
      const std::size_t width = n - left < columns ? n - left : columns;
      for (std::size_t p = begin; p < end; p += most) {
        const std::size_t count = end - p < most ? end - p : most;
        for_spoiling_panels<V>(width, [&](auto vectors, std::size_t j, std::size_t w) {
          constexpr int wide = decltype(vectors)::value;
          T* const packed = packing && wide == widest_tile<V> ? scratch + j * m : nullptr;
          const bool is_packed = packed != nullptr && p > begin;
          const Product<V, ColumnPointers<T>, Finish::add> product{
              .a = {x, first + p},
              .b = is_packed ? packed : dz + left + j,
              .ldb = is_packed ? wide * lanes : lddz,
              .k = m,
              .start = nullptr,
              .ldstart = 0,
              .out = sums,
              .ldout = columns,
              .finishes = false,
              .other = nullptr,
              .ldother = 0,
              .overrun = overrun};
          if (!packing && !fetching) return run_panel<wide>(product, j, w, count);
          Ahead<T> ahead;
          if (fetching) ahead = parts_ahead(buffers, at + p * n + left + j, n, count, w);
          if constexpr (!has_blocks<V>) {
            if (packed != nullptr && p == begin && count >= tile_rows) {
              return run_packing<wide>(product, j, w, count, packed, &ahead);
            }
          }
          run_panel<wide>(product, j, w, count, 0, &ahead);
        });
        if (whole) {
          update_part<V>(ready, buffers, at + p * n, sums, count * n);
        } else {
          for (std::size_t q = 0; q < count; ++q) {
            update_part<V>(ready, buffers, at + (p + q) * n + left, sums + q * columns, width);
          }
        }
      }
    }
  }
}

template <class V>
FILBERT_HOT void backward_weights_update(const UpdateBuffers<typename V::scalar>& buffers,
                                         std::size_t at, const UpdateStep<typename V::scalar>& step,
                                         const typename V::scalar* const* x, std::size_t first,
                                         const typename V::scalar* dz, std::size_t lddz,
                                         std::size_t m, std::size_t k, std::size_t n,
                                         typename V::scalar* scratch) {
  using T = typename V::scalar;
  if (n == 1) {
    const ReadyStep<V> ready(step);
    return for_single_weights<V>(x, first, dz, lddz, m, k, sums_room<T>(scratch),
                                 sums_bytes / sizeof(T),
                                 [&](std::size_t p, const T* sums, std::size_t count) {
                                   update_part<V>(ready, buffers, at + p, sums, count);
                                 });
  }
  if (!worth_blocks<V>(k, n, m, lddz)) {
    return update_panels<V>(buffers, at, step, x, first, dz, lddz, m, k, n, scratch);
  }
  if constexpr (has_blocks<V>) {
    T* const sums = sums_room<T>(scratch);
    const std::size_t ld = sums_columns<V>(m, n);
    const bool whole = ld == n;  // rows of W follow each other without a gap
    // Where W and a state are not much larger than the second cache, the processor itself fetches
    // them in time.
    const bool fetching = k * n * sizeof(T) > cache_sizes().second;
    const ReadyStep<V> ready(step);
    weights_blocks<V>(
        ColumnPointers<T>{x, first}, dz, lddz, m, k, n, scratch, sums_rows<V>(ld),
        [&](std::size_t, std::size_t) { return Sums<T>{sums, ld}; },
        [&](std::size_t p, std::size_t left, std::size_t count, std::size_t columns) {
          if (whole) return update_part<V>(ready, buffers, at + p * n, sums, count * n);
          for (std::size_t q = 0; q < count; ++q) {
            update_part<V>(ready, buffers, at + (p + q) * n + left, sums + q * ld, columns);
          }
        },
        [&](std::size_t p, std::size_t j, std::size_t count, std::size_t width) {
          return fetching ? parts_ahead(buffers, at + p * n + j, n, count, width) : Ahead<T>{};
        });
  }
}

template <class V>
FILBERT_HOT void backward_bias(typename V::scalar* db, bool adds, const typename V::scalar* dz,
                               std::size_t lddz, std::size_t m, std::size_t n) {
  for_lanes<V>(n, [&](std::size_t j, auto part) {
    for (std::size_t begin = 0; begin < m; begin += row_block) {
      const std::size_t end = m - begin < row_block ? m : begin + row_block;
      typename V::reg chain = V::set1(0);
      for (std::size_t i = begin; i < end; ++i) {
        chain = V::add(chain, load<V>(dz + i * lddz + j, part));
      }
      const bool stores = begin == 0 && !adds;
      store<V>(db + j, stores ? chain : V::add(load<V>(db + j, part), chain), part);
    }
  });
}

}  // namespace
}  // namespace filbert
