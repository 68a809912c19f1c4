// Every kernel in plain loops. They define what the library computes, and the tests compare all
// other kernels with them.

#include "kernels/dispatch.hpp"
#include "kernels/reference_output.hpp"
#include "kernels/rows.hpp"
#include "kernels/simd/rules.hpp"
#include "kernels/vec/fma.hpp"
#include "kernels/vec/math.hpp"
#include "kernels/vec/normal_quantile.hpp"
#include "kernels/vec/philox.hpp"
#include "kernels/vec/vec_scalar.hpp"

namespace filbert {
namespace {

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

/// The random word of element e.
std::uint32_t word_of(const RandomStream& stream, std::uint64_t e) {
  const std::uint64_t block = e / 64 * 16 + e % 16;
  const Philox4 counter = {static_cast<std::uint32_t>(block),
                           static_cast<std::uint32_t>(block >> 32) ^ stream.high, stream.stream,
                           stream.epoch};
  return philox(counter, stream.key)[e / 16 % 4];
}

template <class T>
void dropout(T* factors, const RandomStream& stream, std::uint64_t first, const Keep<T>& keep,
             std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    factors[i] = word_of(stream, first + i) >> 1 < keep.threshold ? T(0) : keep.factor;
  }
}

template <class T>
void normal(T* z, const RandomStream& stream, std::uint64_t first, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    const double u = (word_of(stream, first + i) + 0.5) * 0x1p-32;
    z[i] = static_cast<T>(math::normal_quantile<ScalarVec<double>>(u));
  }
}

template <class T>
void add_multiple(T* out, const T* x, T factor, const T* z, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) out[i] = filbert::fma(factor, z[i], x[i]);
}

template <class T>
void multiply_kept(T* out, const T* in, const T* factors, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) out[i] = factors[i] != T(0) ? in[i] * factors[i] : T(0);
}

template <class T>
double sum_of_squares(const T* x, std::size_t size) {
  return sum_of_block<double>(0, size, [&](std::size_t i) {
    const auto number = static_cast<double>(x[i]);
    return number * number;
  });
}

template <class T>
void limit_norms(T* w, std::size_t ldw, double most, std::size_t k, std::size_t n) {
  for (std::size_t j = 0; j < n; ++j) {
    double square = 0.0;
    for (std::size_t p = 0; p < k; ++p) {
      const auto weight = static_cast<double>(w[p * ldw + j]);
      square += weight * weight;
    }
    const double norm = ScalarVec<double>::sqrt(square);
    if (!(norm > most)) continue;
    const T factor = static_cast<T>(most / norm);
    for (std::size_t p = 0; p < k; ++p) w[p * ldw + j] *= factor;
  }
}

template <class T>
void average(T* mean, const T* w, T rest, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) mean[i] = filbert::fma(rest, w[i] - mean[i], mean[i]);
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
void normalise(T* out, const T* x, const double* fill, const double* centre, const double* factor,
               std::size_t size) {
  for (std::size_t j = 0; j < size; ++j) {
    double value = static_cast<double>(x[j]);
    if (fill != nullptr && value != value) value = fill[j];
    if (factor != nullptr) value = (value - centre[j]) * factor[j];
    out[j] = static_cast<T>(value);
  }
}

template <class T>
void smooth_clip(T* out, const T* x, std::size_t size) {
  for (std::size_t j = 0; j < size; ++j) {
    T r = x[j] > T(0x1p60) ? T(0x1p60) : x[j];
    r = r < T(-0x1p60) ? T(-0x1p60) : r;
    const T q = r * (T(1) / T(3));
    out[j] = r / ScalarVec<T>::sqrt(filbert::fma(q, q, T(1)));
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
    .dropout = dropout<T>,
    .multiply_kept = multiply_kept<T>,
    .normal = normal<T>,
    .add_multiple = add_multiple<T>,
    .sum_of_squares = sum_of_squares<T>,
    .limit_norms = limit_norms<T>,
    .average = average<T>,
    .permute = permute,
    .normalise = normalise<T>,
    .smooth_clip = smooth_clip<T>,
    .lanes = 0,
    .interleave = nullptr,
    .forward_lanes = nullptr,
    .backward_input_lanes = nullptr,
    .backward_weights_lanes = nullptr,
    .first_nonfinite = first_nonfinite<T>,
};

}  // namespace

KernelTables reference_tables() { return {Isa::reference, &table<float>, &table<double>}; }

}  // namespace filbert
