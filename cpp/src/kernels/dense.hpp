// The three products of a dense layer over a Vec V, with what follows them fused where it pays:
// bias and activation (forward), the activation's derivative (dX), the update (dW).
#pragma once

#include "gemm.hpp"
#include "output.hpp"

namespace filbert {
namespace {

/// Whether rows that far apart in a matrix of many rows are worth copying next to each other: they
/// fall on too many pages, or into too few sets of the cache.
template <class T>
bool worth_packing(std::size_t stride, std::size_t uses) {
  return stride * sizeof(T) >= 1024 && uses >= 24;
}

/// z = b + x W, then the activation.
template <class V>
struct ForwardTile {
  using T = typename V::scalar;
  using reg = typename V::reg;

  T *z, *a;
  std::size_t ldz, lda;
  const T* const* x;
  const T* w;  // the panel's first column, or its packed copy
  std::size_t ldw;
  const T* b;
  Activation activation;
  std::size_t k0, k;  // the part of the chains that this pass adds
  bool first, last;   // whether chains start, and end, in this pass
  T* pending;         // where unfinished chains wait: z, or a
  std::size_t ld_pending;

  template <int Rows, int Vectors>
  FILBERT_INLINE void run(std::size_t i, std::size_t j, typename V::part end) {
    reg acc[Rows][Vectors];
    FILBERT_UNROLL
    for (int v = 0; v < Vectors; ++v) {
      const bool whole = v + 1 < Vectors;
      const std::size_t at = j + static_cast<std::size_t>(v * V::lanes);
      if (first) {
        const reg bias = whole ? V::load(b + at) : V::load(b + at, end);
        FILBERT_UNROLL
        for (int r = 0; r < Rows; ++r) acc[r][v] = bias;
      } else {
        FILBERT_UNROLL
        for (int r = 0; r < Rows; ++r) {
          const T* from = pending + (i + static_cast<std::size_t>(r)) * ld_pending + at;
          acc[r][v] = whole ? V::load(from) : V::load(from, end);
        }
      }
    }
    chains<V>(acc, RowPointers<T, Rows>(x + i, k0), w, ldw, end, k);
    const bool relu = last && activation == Activation::relu && a != nullptr;
    FILBERT_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const std::size_t row = i + static_cast<std::size_t>(r);
      FILBERT_UNROLL
      for (int v = 0; v < Vectors; ++v) {
        const bool whole = v + 1 < Vectors;
        const std::size_t at = j + static_cast<std::size_t>(v * V::lanes);
        if (!last) {
          T* to = pending + row * ld_pending + at;
          whole ? V::store(to, acc[r][v]) : V::store(to, acc[r][v], end);
          continue;
        }
        if (z != nullptr) {
          T* to = z + row * ldz + at;
          whole ? V::store(to, acc[r][v]) : V::store(to, acc[r][v], end);
        }
        if (a != nullptr) {
          const reg value = relu ? relu_of<V>(acc[r][v]) : acc[r][v];
          T* to = a + row * lda + at;
          whole ? V::store(to, value) : V::store(to, value, end);
        }
      }
    }
  }
};

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

template <class V>
void forward(typename V::scalar* z, std::size_t ldz, typename V::scalar* a, std::size_t lda,
             const typename V::scalar* const* x, const typename V::scalar* w, std::size_t ldw,
             const typename V::scalar* b, Activation activation, std::size_t m, std::size_t n,
             std::size_t k, typename V::scalar* scratch) {
  using T = typename V::scalar;
  const bool packing = worth_packing<T>(ldw, m) && n > static_cast<std::size_t>(V::lanes);
  for_panels<V>(n, [&](auto vectors, std::size_t j, std::size_t width) {
    constexpr int count = decltype(vectors)::value;
    constexpr std::size_t ld = count * V::lanes;
    const std::size_t step = packing ? depth_block : k;
    for (std::size_t k0 = 0; k0 < k; k0 += step) {
      const std::size_t depth = k - k0 < step ? k - k0 : step;
      const T* panel = w + k0 * ldw + j;
      if (packing) {
        pack_rows<V>(scratch, ld, panel, ldw, width, depth);
        panel = scratch;
      }
      ForwardTile<V> tile{z,
                          a,
                          ldz,
                          lda,
                          x,
                          panel,
                          packing ? ld : ldw,
                          b,
                          activation,
                          k0,
                          depth,
                          k0 == 0,
                          k0 + depth == k,
                          z != nullptr ? z : a,
                          z != nullptr ? ldz : lda};
      run_panel<V, count>(tile, j, width, m);
    }
  });
  if (a != nullptr && (activation == Activation::sigmoid || activation == Activation::tanh)) {
    for (std::size_t i = 0; i < m; ++i) activate_row<V>(a + i * lda, activation, n);
  }
}

/// da = dz_above W^T, dz = activation'(a) da: W comes as packed transposed panels.
template <class V>
struct InputTile {
  using T = typename V::scalar;
  using reg = typename V::reg;

  T *da, *dz;
  std::size_t ldda, lddz;
  const T* above;  // its first column of this pass
  std::size_t ld_above;
  const T* panel;
  std::size_t ld_panel;
  const T* a;
  std::size_t lda;
  Activation activation;
  std::size_t n;
  bool first, last;

  template <int Rows, int Vectors>
  FILBERT_INLINE void run(std::size_t i, std::size_t p, typename V::part end) {
    T* const pending = dz != nullptr ? dz : da;
    const std::size_t ld_pending = dz != nullptr ? lddz : ldda;
    reg acc[Rows][Vectors];
    FILBERT_UNROLL
    for (int r = 0; r < Rows; ++r) {
      FILBERT_UNROLL
      for (int v = 0; v < Vectors; ++v) {
        const T* from = pending + (i + static_cast<std::size_t>(r)) * ld_pending + p +
                        static_cast<std::size_t>(v * V::lanes);
        acc[r][v] = first ? V::set1(T(0)) : v + 1 < Vectors ? V::load(from) : V::load(from, end);
      }
    }
    chains<V>(acc, Strided<T>{above + i * ld_above, ld_above}, panel, ld_panel,
              V::part_of(V::lanes), n);
    const bool derive = last && dz != nullptr;
    FILBERT_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const std::size_t row = i + static_cast<std::size_t>(r);
      FILBERT_UNROLL
      for (int v = 0; v < Vectors; ++v) {
        const bool whole = v + 1 < Vectors;
        const std::size_t at = p + static_cast<std::size_t>(v * V::lanes);
        if (last && da != nullptr) {
          T* to = da + row * ldda + at;
          whole ? V::store(to, acc[r][v]) : V::store(to, acc[r][v], end);
        }
        if (last && dz == nullptr) continue;
        reg value = acc[r][v];
        if (derive && activation == Activation::relu) {
          const T* from = a + row * lda + at;
          value = relu_derivative<V>(whole ? V::load(from) : V::load(from, end), value);
        }
        T* to = pending + row * ld_pending + at;
        whole ? V::store(to, value) : V::store(to, value, end);
      }
    }
  }
};

/// to[j][p] = w[p][j] for p < width, j < n; the rest of each row of `to` becomes 0.
template <class V>
void pack_transposed(typename V::scalar* to, std::size_t ld, const typename V::scalar* w,
                     std::size_t ldw, std::size_t width, std::size_t n) {
  using T = typename V::scalar;
  constexpr std::size_t lanes = V::lanes;
  for (std::size_t p = 0; p < ld; p += lanes) {
    const std::size_t rows = p >= width ? 0 : width - p < lanes ? width - p : lanes;
    for (std::size_t j = 0; j < n; j += lanes) {
      const std::size_t cols = n - j < lanes ? n - j : lanes;
      const typename V::part part = V::part_of(static_cast<int>(cols));
      typename V::reg block[lanes];
      FILBERT_UNROLL
      for (std::size_t r = 0; r < lanes; ++r) {
        block[r] = r < rows ? V::load(w + (p + r) * ldw + j, part) : V::set1(T(0));
      }
      V::transpose(block);
      FILBERT_UNROLL
      for (std::size_t c = 0; c < lanes; ++c) {
        if (c < cols) V::store(to + (j + c) * ld + p, block[c]);
      }
    }
  }
}

template <class V>
void backward_input(typename V::scalar* da, std::size_t ldda, typename V::scalar* dz,
                    std::size_t lddz, const typename V::scalar* dz_above, std::size_t ld_above,
                    const typename V::scalar* w, std::size_t ldw, const typename V::scalar* a,
                    std::size_t lda, Activation activation, std::size_t m, std::size_t k,
                    std::size_t n, typename V::scalar* scratch) {
  for_panels<V>(k, [&](auto vectors, std::size_t p, std::size_t width) {
    constexpr int count = decltype(vectors)::value;
    constexpr std::size_t ld = count * V::lanes;
    for (std::size_t j = 0; j < n; j += depth_block) {
      const std::size_t depth = n - j < depth_block ? n - j : depth_block;
      pack_transposed<V>(scratch, ld, w + p * ldw + j, ldw, width, depth);
      InputTile<V> tile{da, dz, ldda, lddz,       dz_above + j, ld_above, scratch,
                        ld, a,  lda,  activation, depth,        j == 0,   j + depth == n};
      run_panel<V, count>(tile, p, width, m);
    }
  });
  if (dz != nullptr && (activation == Activation::sigmoid || activation == Activation::tanh)) {
    for (std::size_t i = 0; i < m; ++i) derive_row<V>(dz + i * lddz, a + i * lda, activation, k);
  }
}

/// dw = x^T dz over one block of rows; what happens to it is the rule's.
template <class V, class Rule>
struct WeightsTile {
  using T = typename V::scalar;
  using reg = typename V::reg;

  Rule rule;
  const T* const* x;
  std::size_t first;
  const T* dz;  // the panel's first column, or its packed copy
  std::size_t lddz;
  std::size_t rows;

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
        const std::size_t at = j + static_cast<std::size_t>(v * V::lanes);
        const std::size_t row = p + static_cast<std::size_t>(r);
        v + 1 < Vectors ? rule(row, at, acc[r][v], Whole{}) : rule(row, at, acc[r][v], end);
      }
    }
  }
};

/// What becomes of the sums: stored, or added to those of earlier rows.
template <class V>
struct StoreRule {
  typename V::scalar* dw;
  std::size_t ld;
  bool add;

  template <class Part>
  FILBERT_INLINE void operator()(std::size_t p, std::size_t j, typename V::reg sum, Part part) {
    typename V::scalar* to = dw + p * ld + j;
    store<V>(to, add ? V::add(load<V>(to, part), sum) : sum, part);
  }
};

template <class V, bool Momentum>
struct SgdRule {
  typename V::scalar *w, *v;
  std::size_t ld;
  const SgdStep<typename V::scalar>& step;

  template <class Part>
  FILBERT_INLINE void operator()(std::size_t p, std::size_t j, typename V::reg sum, Part part) {
    const std::size_t at = p * ld + j;
    sgd_vector<V, Momentum>(w + at, v + at, sum, step, part);
  }
};

template <class V>
struct AdamRule {
  typename V::scalar *w, *first, *second;
  std::size_t ld;
  const AdamStep<typename V::scalar>& step;

  template <class Part>
  FILBERT_INLINE void operator()(std::size_t p, std::size_t j, typename V::reg sum, Part part) {
    const std::size_t at = p * ld + j;
    adam_vector<V>(w + at, first + at, second + at, sum, step, part);
  }
};

/// One block of rows.
template <class V, class Rule>
void weights_block(Rule rule, const typename V::scalar* const* x, std::size_t first,
                   const typename V::scalar* dz, std::size_t lddz, std::size_t m, std::size_t k,
                   std::size_t n, typename V::scalar* scratch) {
  using T = typename V::scalar;
  const bool packing = worth_packing<T>(lddz, k) && n > static_cast<std::size_t>(V::lanes);
  for_panels<V>(n, [&](auto vectors, std::size_t j, std::size_t width) {
    constexpr int count = decltype(vectors)::value;
    constexpr std::size_t ld = count * V::lanes;
    const T* panel = dz + j;
    if (packing) {
      pack_rows<V>(scratch, ld, panel, lddz, width, m);
      panel = scratch;
    }
    WeightsTile<V, Rule> tile{rule, x, first, panel, packing ? ld : lddz, m};
    run_panel<V, count>(tile, j, width, k);
  });
}

template <class V>
void backward_weights(typename V::scalar* dw, const typename V::scalar* const* x, std::size_t first,
                      const typename V::scalar* dz, std::size_t lddz, std::size_t m, std::size_t k,
                      std::size_t n, typename V::scalar* scratch) {
  for (std::size_t i = 0; i < m; i += row_block) {
    const std::size_t rows = m - i < row_block ? m - i : row_block;
    weights_block<V>(StoreRule<V>{dw, n, i > 0}, x + i, first, dz + i * lddz, lddz, rows, k, n,
                     scratch);
  }
}

template <class V>
void backward_weights_sgd(typename V::scalar* w, typename V::scalar* v,
                          const SgdStep<typename V::scalar>& step,
                          const typename V::scalar* const* x, std::size_t first,
                          const typename V::scalar* dz, std::size_t lddz, std::size_t m,
                          std::size_t k, std::size_t n, typename V::scalar* scratch) {
  if (step.momentum != 0) {
    weights_block<V>(SgdRule<V, true>{w, v, n, step}, x, first, dz, lddz, m, k, n, scratch);
  } else {
    weights_block<V>(SgdRule<V, false>{w, w, n, step}, x, first, dz, lddz, m, k, n, scratch);
  }
}

template <class V>
void backward_weights_adam(typename V::scalar* w, typename V::scalar* first_moment,
                           typename V::scalar* second_moment,
                           const AdamStep<typename V::scalar>& step,
                           const typename V::scalar* const* x, std::size_t first,
                           const typename V::scalar* dz, std::size_t lddz, std::size_t m,
                           std::size_t k, std::size_t n, typename V::scalar* scratch) {
  weights_block<V>(AdamRule<V>{w, first_moment, second_moment, n, step}, x, first, dz, lddz, m, k,
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

/// The whole table for one Vec.
template <class V>
constexpr Kernels<typename V::scalar> make_table() {
  return {.forward = forward<V>,
          .backward_input = backward_input<V>,
          .backward_weights = backward_weights<V>,
          .backward_weights_sgd = backward_weights_sgd<V>,
          .backward_weights_adam = backward_weights_adam<V>,
          .backward_bias = backward_bias<V>,
          .softmax = softmax<V>,
          .output = output<V>,
          .output_derivative = output_derivative<V>,
          .sgd = sgd<V>,
          .adam = adam<V>,
          .first_nonfinite = first_nonfinite<V>};
}

}  // namespace
}  // namespace filbert
