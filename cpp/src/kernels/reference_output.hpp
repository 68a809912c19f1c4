// The output layer in plain loops, and the activations that it shares with the others: a part of
// reference.cpp.
#pragma once

#include "kernels/kernels.hpp"
#include "kernels/simd/activations.hpp"
#include "kernels/simd/losses.hpp"
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

/// Computes a = (z - largest) - log(sum) and returns the sum, which is that of exp(z - largest).
/// a == z is allowed.
template <class T>
T log_softmax_row(T* a, const T* z, T largest, std::size_t n) {
  const T total = sum<T>(n, [&](std::size_t j) { return math::exp<ScalarVec<T>>(z[j] - largest); });
  const T log_total = math::log<ScalarVec<T>>(total);
  for (std::size_t j = 0; j < n; ++j) a[j] = (z[j] - largest) - log_total;
  return total;
}

template <class T>
void softmax_rows(T* a, std::size_t lda, const T* z, std::size_t ldz, Activation activation,
                  std::size_t m, std::size_t n) {
  const auto row =
      activation.kind == ActivationKind::log_softmax ? log_softmax_row<T> : softmax_row<T>;
  for (std::size_t i = 0; i < m; ++i) row(a + i * lda, z + i * ldz, row_max(z + i * ldz, n), n);
}

template <class T>
void output_derivative(T* dz, std::size_t lddz, const T* da, std::size_t ldda, const T* from,
                       std::size_t ldfrom, Activation activation, std::size_t m, std::size_t n) {
  for (std::size_t i = 0; i < m; ++i, dz += lddz, da += ldda, from += ldfrom) {
    if (activation.kind == ActivationKind::softmax) {
      const T* const a = from;
      const T mean = sum<T>(n, [&](std::size_t j) { return a[j] * da[j]; });
      for (std::size_t j = 0; j < n; ++j) dz[j] = a[j] * (da[j] - mean);
    } else if (activation.kind == ActivationKind::log_softmax) {
      const T total = sum<T>(n, [&](std::size_t j) { return da[j]; });
      for (std::size_t j = 0; j < n; ++j) {
        dz[j] = filbert::fma(-math::exp<ScalarVec<T>>(from[j]), total, da[j]);
      }
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
std::int32_t count_correct(const T* a, const Target<T>& y, const OutputBatch<T>& batch) {
  const std::size_t n = batch.n;
  if (batch.judges_outputs) {
    const T threshold = batch.threshold;
    std::int32_t correct = 0;
    for (std::size_t j = 0; j < n; ++j) correct += (a[j] > threshold) == (y(j) > threshold);
    return correct;
  }
  const std::size_t wanted = y.y != nullptr ? arg_max(y.y, n) : static_cast<std::size_t>(y.label);
  return arg_max(a, n) == wanted;
}

/// Computes C_0 of a row, and da or dz, for a loss that is not inline. largest, total: those of a
/// softmax. da: dz where the caller has no room for it. Returns whether dz is done.
template <class T, class Body>
bool costs_of_terms(const OutputBatch<T>& batch, Body body, std::size_t i, const Target<T>& y,
                    T largest, T total, T* da, T* dz) {
  using V = ScalarVec<T>;
  const T *const z = batch.z + i * batch.ld, *const a = batch.a + i * batch.ld;
  LossTerms<V> terms;
  terms.of_logarithms = batch.activation.kind == ActivationKind::log_softmax;
  terms.of_softmax = terms.of_logarithms || batch.activation.kind == ActivationKind::softmax;
  const T log_total = terms.of_softmax ? math::log<V>(total) : T(0);
  const TargetMap<T> map = target_map<T>(*batch.loss, batch.y == nullptr, batch.n);
  const std::size_t targets = batch.targets;
  T cost = 0;
  for (std::size_t first = 0, p = 0; first < (body.pairs ? targets : batch.n);
       first += targets, ++p) {
    terms.parameter = static_cast<T>(batch.loss->at(p));
    cost += sum<T>(targets, [&](std::size_t j) {
      const std::size_t at = first + j;
      terms.z = z[at];
      terms.a = a[at];
      terms.minus_log_a = log_total - (z[at] - largest);
      terms.y = fma(y(j), map.scale, map.offset);
      if (body.pairs) terms.second = a[targets + j];
      body.compute(terms);
      if (body.makes_dz) dz[at] = terms.dz;
      if (!body.makes_dz || da != dz) da[at] = terms.da;
      if (body.pairs) da[targets + j] = terms.second_da;
      return terms.cost;
    });
  }
  batch.cost[i] = cost;
  if (terms.of_softmax && body.makes_dz && !body.fuses) {
    const T all = sum<T>(batch.n, [&](std::size_t j) { return dz[j]; });
    for (std::size_t j = 0; j < batch.n; ++j) dz[j] = fma(-a[j], all, dz[j]);
  }
  return body.makes_dz;
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
  const bool of_logarithms = batch.activation.kind == ActivationKind::log_softmax;
  if (of_logarithms || batch.activation.kind == ActivationKind::softmax) {
    largest = row_max(z, n);
    total = of_logarithms ? log_softmax_row(a, z, largest, n) : softmax_row(a, z, largest, n);
  } else {
    for (std::size_t j = 0; j < n; ++j) a[j] = activate(batch.activation, z[j]);
  }
  if (batch.correct != nullptr) batch.correct[i] = count_correct(a, y, batch);
  const auto derive_row = [&](const T* derivative) {
    const bool of_z = derivative_of_z<ScalarVec<T>>(batch.activation);
    output_derivative(dz, 0, derivative, 0, of_z ? z : a, 0, batch.activation, 1, n);
  };

  with_loss<ScalarVec<T>>(*batch.loss, [&](auto body) {
    if constexpr (!decltype(body)::is_inline) {
      T* const derivative = da == nullptr ? dz : da;
      if (!costs_of_terms(batch, body, i, y, largest, total, derivative, dz)) {
        derive_row(derivative);
      }
    } else {
      const T log_total =
          body.cost_of == CostOf::minus_log_a ? math::log<ScalarVec<T>>(total) : T{};
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
        if constexpr (requires { body.derivative_of_log(T{}); }) {
          if (of_logarithms) derivative[j] = body.derivative_of_log(y(j));
        }
      }
      if (body.fuses) {
        for (std::size_t j = 0; j < n; ++j) {
          dz[j] = (of_logarithms ? math::exp<ScalarVec<T>>(a[j]) : a[j]) - y(j);
        }
      } else {
        derive_row(derivative);
      }
    }
  });
}

template <class T>
void output(const OutputBatch<T>& batch) {
  for (std::size_t i = 0; i < batch.m; ++i) output_row(batch, i);
  weigh(batch);
}

}  // namespace
}  // namespace filbert
