// Every kernel in plain loops. They define what the library computes, and the tests compare all
// other kernels with them.

#include "kernels/dispatch.hpp"
#include "kernels/rows.hpp"
#include "kernels/simd/activations.hpp"
#include "kernels/simd/losses.hpp"
#include "kernels/simd/rules.hpp"
#include "kernels/simd/weigh.hpp"
#include "kernels/vec/fma.hpp"
#include "kernels/vec/math.hpp"
#include "kernels/vec/sum.hpp"
#include "kernels/vec/vec_scalar.hpp"

namespace filbert {
namespace {

/// Returns a, for elementwise activations.
template <class T>
T activate(Activation activation, T z) {
  return with_activation<ScalarVec<T>>(activation, [&](auto body) { return body.value(z); });
}

/// Returns dC/dz from dC/da, by a = sigma(z). from: z where derivative_needs_z, else a.
template <class T>
T derive(Activation activation, T from, T da) {
  return with_activation<ScalarVec<T>>(activation,
                                       [&](auto body) { return body.derive(from, da); });
}

template <class T>
void forward(T* z, std::size_t ldz, T* a, std::size_t lda, const T* const* x, std::size_t first,
             const T* w, std::size_t ldw, const T* b, Activation activation, Chain part,
             std::size_t m, std::size_t n, std::size_t k, T* /*scratch*/) {
  constexpr std::size_t tile = 32;  // how many chains run side by side: no result depends on it
  for (std::size_t i = 0; i < m; ++i) {
    T* const out = z != nullptr ? z + i * ldz : a + i * lda;
    for (std::size_t j0 = 0; j0 < n; j0 += tile) {
      const std::size_t width = n - j0 < tile ? n - j0 : tile;
      T chain[tile];
      for (std::size_t j = 0; j < width; ++j) chain[j] = part.starts ? b[j0 + j] : out[j0 + j];
      for (std::size_t p = 0; p < k; ++p) {
        const T factor = x[i][first + p];
        const T* w_row = w + p * ldw + j0;
        for (std::size_t j = 0; j < width; ++j) chain[j] = filbert::fma(factor, w_row[j], chain[j]);
      }
      for (std::size_t j = 0; j < width; ++j) out[j0 + j] = chain[j];
      for (std::size_t j = 0; part.ends && a != nullptr && j < width; ++j) {
        a[i * lda + j0 + j] = activate(activation, chain[j]);
      }
    }
  }
}

template <class T>
void backward_input(T* da, std::size_t ldda, T* dz, std::size_t lddz, const T* dz_above,
                    std::size_t ld_above, const T* w, std::size_t ldw, const T* from,
                    std::size_t ldfrom, Activation activation, std::size_t m, std::size_t k,
                    std::size_t n, T* /*scratch*/) {
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t p = 0; p < k; ++p) {
      T chain = T(0);
      for (std::size_t j = 0; j < n; ++j) {
        chain = filbert::fma(dz_above[i * ld_above + j], w[p * ldw + j], chain);
      }
      if (da != nullptr) da[i * ldda + p] = chain;
      if (dz != nullptr) dz[i * lddz + p] = derive(activation, from[i * ldfrom + p], chain);
    }
  }
}

constexpr std::size_t weights_tile = 32;

/// Computes x^T dz, summed over rows begin .. end - 1 of the batch, tile by tile. For each row p of
/// a tile it calls then(p, j0, width, chain), with the chains of columns j0 .. j0 + width - 1.
template <class T, class Then>
void weight_chains(const T* const* x, std::size_t first, const T* dz, std::size_t lddz,
                   std::size_t begin, std::size_t end, std::size_t k, std::size_t n, Then then) {
  for (std::size_t j0 = 0; j0 < n; j0 += weights_tile) {
    const std::size_t width = n - j0 < weights_tile ? n - j0 : weights_tile;
    for (std::size_t p = 0; p < k; ++p) {
      T chain[weights_tile] = {};
      for (std::size_t i = begin; i < end; ++i) {
        const T* dz_row = dz + i * lddz + j0;
        for (std::size_t j = 0; j < width; ++j) {
          chain[j] = filbert::fma(x[i][first + p], dz_row[j], chain[j]);
        }
      }
      then(p, j0, width, chain);
    }
  }
}

template <class T>
void backward_weights(T* dw, bool adds, const T* const* x, std::size_t first, const T* dz,
                      std::size_t lddz, std::size_t m, std::size_t k, std::size_t n,
                      T* /*scratch*/) {
  for (std::size_t begin = 0; begin < m; begin += row_block) {
    const std::size_t end = m - begin < row_block ? m : begin + row_block;
    weight_chains(x, first, dz, lddz, begin, end, k, n,
                  [&](std::size_t p, std::size_t j0, std::size_t width, const T* chain) {
                    T* to = dw + p * n + j0;
                    for (std::size_t j = 0; j < width; ++j) {
                      to[j] = begin == 0 && !adds ? chain[j] : to[j] + chain[j];
                    }
                  });
  }
}

template <class T>
void backward_bias(T* db, bool adds, const T* dz, std::size_t lddz, std::size_t m, std::size_t n) {
  for (std::size_t begin = 0; begin < m; begin += row_block) {
    const std::size_t end = m - begin < row_block ? m : begin + row_block;
    for (std::size_t j = 0; j < n; ++j) {
      T chain = T(0);
      for (std::size_t i = begin; i < end; ++i) chain += dz[i * lddz + j];
      db[j] = begin == 0 && !adds ? chain : db[j] + chain;
    }
  }
}

/// Returns the largest number of a row. With a NaN anywhere in the row, the softmax becomes NaN
/// whatever this returns.
template <class T>
T row_max(const T* z, std::size_t n) {
  T largest = z[0];
  for (std::size_t j = 1; j < n; ++j) largest = largest > z[j] ? largest : z[j];
  return largest;
}

/// Computes a = exp(z - largest) / sum and returns the sum, which is that of the exponentials.
/// a == z is allowed.
template <class T>
T softmax_row(T* a, const T* z, T largest, std::size_t n) {
  for (std::size_t j = 0; j < n; ++j) a[j] = math::exp<ScalarVec<T>>(z[j] - largest);
  const T total = sum<T>(n, [&](std::size_t j) { return a[j]; });
  for (std::size_t j = 0; j < n; ++j) a[j] = a[j] / total;
  return total;
}

template <class T>
void softmax_rows(T* a, std::size_t lda, const T* z, std::size_t ldz, std::size_t m,
                  std::size_t n) {
  for (std::size_t i = 0; i < m; ++i) {
    softmax_row(a + i * lda, z + i * ldz, row_max(z + i * ldz, n), n);
  }
}

template <class T>
void output_derivative(T* dz, std::size_t lddz, const T* da, std::size_t ldda, const T* from,
                       std::size_t ldfrom, Activation activation, std::size_t m, std::size_t n) {
  for (std::size_t i = 0; i < m; ++i, dz += lddz, da += ldda, from += ldfrom) {
    if (activation.kind == ActivationKind::softmax) {
      const T* const a = from;
      const T mean = sum<T>(n, [&](std::size_t j) { return a[j] * da[j]; });
      for (std::size_t j = 0; j < n; ++j) dz[j] = a[j] * (da[j] - mean);
    } else {
      for (std::size_t j = 0; j < n; ++j) dz[j] = derive(activation, from[j], da[j]);
    }
  }
}

/// The target of a row, as a function from an output to its y, which may be given as a label.
template <class T>
struct Target {
  const T* y;
  std::int32_t label;

  T operator()(std::size_t j) const {
    if (y != nullptr) return y[j];
    return j == static_cast<std::size_t>(label) ? T(1) : T(0);
  }
};

template <class T>
std::size_t arg_max(const T* a, std::size_t n) {
  std::size_t best = 0;
  for (std::size_t j = 1; j < n; ++j) best = a[j] > a[best] ? j : best;
  return best;
}

template <class T>
std::int32_t count_correct(const T* a, const Target<T>& y, bool judges_outputs, std::size_t n) {
  if (judges_outputs) {
    std::int32_t correct = 0;
    for (std::size_t j = 0; j < n; ++j) correct += (a[j] > T(0.5)) == (y(j) > T(0.5));
    return correct;
  }
  const std::size_t wanted = y.y != nullptr ? arg_max(y.y, n) : static_cast<std::size_t>(y.label);
  return arg_max(a, n) == wanted;
}

template <class T>
void output_row(const OutputBatch<T>& batch, std::size_t i) {
  const std::size_t n = batch.n;
  const T* z = batch.z + i * batch.ld;
  T* a = batch.a + i * batch.ld;
  T* dz = batch.dz + i * batch.ld;
  T* da = batch.da == nullptr ? nullptr : batch.da + i * batch.ld;
  const Target<T> y{batch.y == nullptr ? nullptr : batch.y[i],
                    batch.y == nullptr ? batch.labels[i] : 0};

  T largest{}, total{};
  if (batch.activation.kind == ActivationKind::softmax) {
    largest = row_max(z, n);
    total = softmax_row(a, z, largest, n);
  } else {
    for (std::size_t j = 0; j < n; ++j) a[j] = activate(batch.activation, z[j]);
  }
  if (batch.correct != nullptr) batch.correct[i] = count_correct(a, y, batch.judges_outputs, n);

  with_loss<ScalarVec<T>>(batch.loss, [&](auto body) {
    const T log_total = body.cost_of == CostOf::minus_log_a ? math::log<ScalarVec<T>>(total) : T{};
    const auto from = [&](std::size_t j) {  // what the cost of an output is computed from
      if (body.cost_of == CostOf::minus_log_a) return log_total - (z[j] - largest);
      return body.cost_of == CostOf::z ? z[j] : a[j];
    };
    if constexpr (requires { body.cost_of_label(T{}); }) {
      if (y.y == nullptr) {
        batch.cost[i] = body.finish(body.cost_of_label(from(static_cast<std::size_t>(y.label))));
      }
    }
    if (!requires { body.cost_of_label(T{}); } || y.y != nullptr) {
      batch.cost[i] =
          body.finish(sum<T>(n, [&](std::size_t j) { return body.cost(from(j), y(j)); }));
    }
    T* const derivative = da == nullptr && !body.fuses ? dz : da;
    for (std::size_t j = 0; derivative != nullptr && j < n; ++j) {
      derivative[j] = body.derivative(a[j], y(j));
    }
    if (body.fuses) {
      for (std::size_t j = 0; j < n; ++j) dz[j] = a[j] - y(j);
    } else {
      const bool of_z = derivative_of_z<ScalarVec<T>>(batch.activation);
      output_derivative(dz, 0, derivative, 0, of_z ? z : a, 0, batch.activation, 1, n);
    }
  });
}

template <class T>
void output(const OutputBatch<T>& batch) {
  for (std::size_t i = 0; i < batch.m; ++i) output_row(batch, i);
  weigh(batch);
}

template <class T>
void backward_weights_update(const UpdateBuffers<T>& buffers, std::size_t at,
                             const UpdateStep<T>& step, const T* const* x, std::size_t first,
                             const T* dz, std::size_t lddz, std::size_t m, std::size_t k,
                             std::size_t n, T* /*scratch*/) {
  weight_chains(x, first, dz, lddz, 0, m, k, n,
                [&](std::size_t p, std::size_t j0, std::size_t width, const T* chain) {
                  update<ScalarVec<T>>(buffers, at + p * n + j0, step, chain, width);
                });
}

std::uint32_t mixed(std::uint32_t x) {
  x = (x ^ (x >> 16)) * 0x85EBCA6B;
  x = (x ^ (x >> 13)) * 0xC2B2AE35;
  return x ^ (x >> 16);
}

void permute(std::uint64_t* rows, const Permutation& permutation, std::uint64_t first,
             std::size_t count) {
  const auto low = [](unsigned bits) { return (std::uint64_t{1} << bits) - 1; };
  const std::uint64_t left_mask = low(permutation.left_bits);
  const std::uint64_t right_mask = low(permutation.right_bits);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t at = first + i;
    do {
      std::uint64_t left = at >> permutation.right_bits, right = at & right_mask;
      for (int round = 0; round < Permutation::rounds; round += 2) {
        const std::uint32_t* key = permutation.keys + round;
        right ^= mixed(static_cast<std::uint32_t>(left) + key[0]) & right_mask;
        left ^= mixed(static_cast<std::uint32_t>(right) + key[1]) & left_mask;
      }
      at = left << permutation.right_bits | right;
    } while (at >= permutation.size);
    rows[i] = at;
  }
}

template <class T>
std::size_t first_nonfinite(const T* x, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    if (!(x[i] - x[i] == T(0))) return i;
  }
  return size;
}

template <class T>
constexpr Kernels<T> table{
    .packs_both = false,
    .forward = forward<T>,
    .backward_input = backward_input<T>,
    .backward_weights = backward_weights<T>,
    .backward_weights_update = backward_weights_update<T>,
    .backward_bias = backward_bias<T>,
    .softmax = softmax_rows<T>,
    .output = output<T>,
    .output_derivative = output_derivative<T>,
    .update = update<ScalarVec<T>>,
    .permute = permute,
    .first_nonfinite = first_nonfinite<T>,
};

}  // namespace

KernelTables reference_tables() { return {Isa::reference, &table<float>, &table<double>}; }

}  // namespace filbert
