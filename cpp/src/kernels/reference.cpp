// Every kernel in plain loops: the meaning of the library, and the oracle of its tests.

#include "kernels/dispatch.hpp"
#include "kernels/rows.hpp"
#include "kernels/simd/rules.hpp"
#include "kernels/simd/weigh.hpp"
#include "kernels/vec/fma.hpp"
#include "kernels/vec/math.hpp"
#include "kernels/vec/sum.hpp"
#include "kernels/vec/vec_scalar.hpp"

namespace filbert {
namespace {

template <class T>
T activate(Activation activation, T z) {
  using V = ScalarVec<T>;
  switch (activation) {
    case Activation::relu:
      return z < T(0) ? T(0) : z;
    case Activation::sigmoid:
      return sigmoid<V>(z);
    case Activation::tanh:
      return tanh<V>(z);
    case Activation::identity:
    case Activation::softmax:
      break;  // softmax is a kernel of its own
  }
  return z;
}

/// dC/dz from dC/da, by a = activation(z). relu'(0) = 0.
template <class T>
T derive(Activation activation, T a, T da) {
  switch (activation) {
    case Activation::relu:
      return a > T(0) ? da : T(0);
    case Activation::sigmoid:
      return da * (a * (T(1) - a));
    case Activation::tanh:
      return da * filbert::fma(-a, a, T(1));
    case Activation::identity:
    case Activation::softmax:
      break;
  }
  return da;
}

template <class T>
void forward(T* z, std::size_t ldz, T* a, std::size_t lda, const T* const* x, std::size_t first,
             const T* w, std::size_t ldw, const T* b, Activation activation, Chain part,
             std::size_t m, std::size_t n, std::size_t k, T* /*scratch*/) {
  constexpr std::size_t tile = 32;  // chains side by side; their results do not depend on it
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
                    std::size_t ld_above, const T* w, std::size_t ldw, const T* a, std::size_t lda,
                    Activation activation, std::size_t m, std::size_t k, std::size_t n,
                    T* /*scratch*/) {
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t p = 0; p < k; ++p) {
      T chain = T(0);
      for (std::size_t j = 0; j < n; ++j) {
        chain = filbert::fma(dz_above[i * ld_above + j], w[p * ldw + j], chain);
      }
      if (da != nullptr) da[i * ldda + p] = chain;
      if (dz != nullptr) dz[i * lddz + p] = derive(activation, a[i * lda + p], chain);
    }
  }
}

constexpr std::size_t weights_tile = 32;

/// Calls then(p, j0, width, chain) with sums over rows begin .. end - 1 of x^T dz, tile by tile.
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

/// The largest of a row; a NaN anywhere makes the softmax NaN whatever this returns.
template <class T>
T row_max(const T* z, std::size_t n) {
  T largest = z[0];
  for (std::size_t j = 1; j < n; ++j) largest = largest > z[j] ? largest : z[j];
  return largest;
}

/// a = exp(z - max) / sum; returns the sum. a == z allowed.
template <class T>
T softmax_row(T* a, const T* z, T largest, std::size_t n) {
  for (std::size_t j = 0; j < n; ++j) a[j] = exp<ScalarVec<T>>(z[j] - largest);
  const T total = sum<T>(n, [&](std::size_t j) { return a[j]; });
  for (std::size_t j = 0; j < n; ++j) a[j] = a[j] / total;
  return total;
}

template <class T>
void softmax(T* a, std::size_t lda, const T* z, std::size_t ldz, std::size_t m, std::size_t n) {
  for (std::size_t i = 0; i < m; ++i) {
    softmax_row(a + i * lda, z + i * ldz, row_max(z + i * ldz, n), n);
  }
}

template <class T>
void output_derivative(T* dz, std::size_t lddz, const T* da, std::size_t ldda, const T* a,
                       std::size_t lda, Activation activation, std::size_t m, std::size_t n) {
  for (std::size_t i = 0; i < m; ++i, dz += lddz, da += ldda, a += lda) {
    if (activation == Activation::softmax) {
      const T mean = sum<T>(n, [&](std::size_t j) { return a[j] * da[j]; });
      for (std::size_t j = 0; j < n; ++j) dz[j] = a[j] * (da[j] - mean);
    } else {
      for (std::size_t j = 0; j < n; ++j) dz[j] = derive(activation, a[j], da[j]);
    }
  }
}

/// One row of one batch: its targets under one accessor.
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
std::int32_t count_correct(const T* a, const Target<T>& y, Loss loss, std::size_t n) {
  if (n == 1 || loss == Loss::binary_cross_entropy) {
    std::int32_t correct = 0;
    for (std::size_t j = 0; j < n; ++j) correct += (a[j] > T(0.5)) == (y(j) > T(0.5));
    return correct;
  }
  const std::size_t wanted = y.y != nullptr ? arg_max(y.y, n) : static_cast<std::size_t>(y.label);
  return arg_max(a, n) == wanted;
}

/// C_0 = -sum_j y_j log a_j, with log a_j = (z_j - max) - log(sum of exponentials).
template <class T>
T cross_entropy(const T* z, T largest, T total, const Target<T>& y, std::size_t n) {
  const T log_total = log<ScalarVec<T>>(total);
  if (y.y == nullptr) return log_total - (z[y.label] - largest);
  return sum<T>(n, [&](std::size_t j) {
    return y(j) == T(0) ? T(0) : y(j) * (log_total - (z[j] - largest));
  });
}

/// -y log a - (1 - y) log(1 - a) = relu(z) - y z + log(1 + exp(-|z|)).
template <class T>
T binary_cross_entropy(T z, T y) {
  const T relu = z < T(0) ? T(0) : z;
  const T tail = log1p<ScalarVec<T>>(exp<ScalarVec<T>>(z < T(0) ? z : -z));
  return filbert::fma(-y, z, relu) + tail;
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
  if (batch.activation == Activation::softmax) {
    largest = row_max(z, n);
    total = softmax_row(a, z, largest, n);
  } else {
    for (std::size_t j = 0; j < n; ++j) a[j] = activate(batch.activation, z[j]);
  }
  if (batch.correct != nullptr) batch.correct[i] = count_correct(a, y, batch.loss, n);

  switch (batch.loss) {
    case Loss::squared_error:
    case Loss::half_squared_error: {
      const bool half = batch.loss == Loss::half_squared_error;
      const T total_cost = sum<T>(n, [&](std::size_t j) { return (a[j] - y(j)) * (a[j] - y(j)); });
      batch.cost[i] = half ? T(0.5) * total_cost : total_cost;
      T* derivative = da == nullptr ? dz : da;
      for (std::size_t j = 0; j < n; ++j) {
        const T d = a[j] - y(j);
        derivative[j] = half ? d : d + d;
      }
      output_derivative(dz, 0, derivative, 0, a, 0, batch.activation, 1, n);
      return;
    }
    case Loss::cross_entropy:
      batch.cost[i] = cross_entropy(z, largest, total, y, n);
      for (std::size_t j = 0; da != nullptr && j < n; ++j) {
        da[j] = y(j) == T(0) ? T(0) : -(y(j) / a[j]);
      }
      break;
    case Loss::binary_cross_entropy:
      batch.cost[i] = sum<T>(n, [&](std::size_t j) { return binary_cross_entropy(z[j], y(j)); });
      for (std::size_t j = 0; da != nullptr && j < n; ++j) {
        const T rest = T(1) - y(j);
        const T on = y(j) == T(0) ? T(0) : y(j) / a[j];
        const T off = rest == T(0) ? T(0) : rest / (T(1) - a[j]);
        da[j] = off - on;
      }
      break;
  }
  for (std::size_t j = 0; j < n; ++j) dz[j] = a[j] - y(j);
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
    .forward = forward<T>,
    .backward_input = backward_input<T>,
    .backward_weights = backward_weights<T>,
    .backward_weights_update = backward_weights_update<T>,
    .backward_bias = backward_bias<T>,
    .softmax = softmax<T>,
    .output = output<T>,
    .output_derivative = output_derivative<T>,
    .update = update<ScalarVec<T>>,
    .permute = permute,
    .first_nonfinite = first_nonfinite<T>,
};

}  // namespace

KernelTables reference_tables() { return {Isa::reference, &table<float>, &table<double>}; }

}  // namespace filbert
