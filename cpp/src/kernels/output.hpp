// The output layer over a Vec V: from z and the targets to a, C_0 and dz in one pass over each row.
// Same operations as reference.cpp.
#pragma once

#include "elementwise.hpp"

namespace filbert {
namespace {

/// The targets of one row, as vectors.
template <class V>
struct TargetVectors {
  using T = typename V::scalar;
  using reg = typename V::reg;

  const T* y;  // or null
  std::int32_t label;

  template <class Part>
  FILBERT_INLINE reg operator()(std::size_t j, Part part) const {
    if (y != nullptr) return load<V>(y + j, part);
    T row[V::lanes] = {};
    const std::size_t at = static_cast<std::size_t>(label) - j;
    if (at < static_cast<std::size_t>(V::lanes)) row[at] = T(1);
    return V::load(row);
  }
};

/// The first largest; as a loop of a[j] > a[best] finds it, NaNs included.
template <class V>
std::size_t arg_max(const typename V::scalar* a, std::size_t n) {
  bool ordered = true;
  for_lanes<V>(n, [&](std::size_t j, auto part) {
    const auto value = load<V>(a + j, part);
    ordered = ordered && V::bits(V::ne(value, value)) == 0;
  });
  std::size_t best = 0;
  if (ordered) {
    const auto top = row_max<V>(a, n);
    while (a[best] != top) ++best;
    return best;
  }
  for (std::size_t j = 1; j < n; ++j) best = a[j] > a[best] ? j : best;
  return best;
}

template <class V>
std::int32_t count_correct(const OutputBatch<typename V::scalar>& batch,
                           const typename V::scalar* a, const typename V::scalar* y,
                           std::int32_t label) {
  using T = typename V::scalar;
  if (batch.n == 1 || batch.loss == Loss::binary_cross_entropy) {
    std::int32_t correct = 0;
    for (std::size_t j = 0; j < batch.n; ++j) {
      const bool wanted = y != nullptr ? y[j] > T(0.5) : j == static_cast<std::size_t>(label);
      correct += (a[j] > T(0.5)) == wanted;
    }
    return correct;
  }
  const std::size_t wanted =
      y != nullptr ? arg_max<V>(y, batch.n) : static_cast<std::size_t>(label);
  return arg_max<V>(a, batch.n) == wanted;
}

/// log of one number.
template <class V>
FILBERT_INLINE typename V::scalar log_of(typename V::scalar x) {
  return V::first(log<V>(V::set1(x)));
}

template <class V>
void output_row(const OutputBatch<typename V::scalar>& batch, std::size_t i) {
  using T = typename V::scalar;
  using reg = typename V::reg;
  const std::size_t n = batch.n;
  const T* z = batch.z + i * batch.ld;
  T* a = batch.a + i * batch.ld;
  T* dz = batch.dz + i * batch.ld;
  T* da = batch.da == nullptr ? nullptr : batch.da + i * batch.ld;
  const T* row = batch.y == nullptr ? nullptr : batch.y[i];
  const std::int32_t label = batch.y == nullptr ? batch.labels[i] : 0;
  const TargetVectors<V> y{row, label};
  const reg zero = V::set1(0), one = V::set1(1);

  T largest{}, total{};
  if (batch.activation == Activation::softmax) {
    largest = row_max<V>(z, n);
    total = softmax_row<V>(a, z, largest, n);
  } else {
    for_lanes<V>(n, [&](std::size_t j, auto part) { store<V>(a + j, load<V>(z + j, part), part); });
    activate_row<V>(a, batch.activation, n);
  }
  if (batch.correct != nullptr) batch.correct[i] = count_correct<V>(batch, a, row, label);

  const auto difference = [&](std::size_t j, auto part) {
    return V::sub(load<V>(a + j, part), y(j, part));
  };
  if (batch.loss == Loss::squared_error || batch.loss == Loss::half_squared_error) {
    const bool half = batch.loss == Loss::half_squared_error;
    T* derivative = da == nullptr ? dz : da;
    const T c = sum_of_vectors<V>(n, [&](std::size_t j, auto part) {
      const reg d = difference(j, part);
      store<V>(derivative + j, half ? d : V::add(d, d), part);
      return V::mul(d, d);
    });
    batch.cost[i] = half ? T(0.5) * c : c;
    output_derivative<V>(dz, 0, derivative, 0, a, 0, batch.activation, 1, n);
    return;
  }
  if (batch.loss == Loss::cross_entropy) {
    const T log_total = log_of<V>(total);
    if (row == nullptr) {
      batch.cost[i] = log_total - (z[label] - largest);
    } else {
      const reg all = V::set1(log_total), top = V::set1(largest);
      batch.cost[i] = sum_of_vectors<V>(n, [&](std::size_t j, auto part) {
        const reg wanted = y(j, part);
        const reg term = V::mul(wanted, V::sub(all, V::sub(load<V>(z + j, part), top)));
        return V::select(V::eq(wanted, zero), zero, term);
      });
    }
  } else {
    batch.cost[i] = sum_of_vectors<V>(n, [&](std::size_t j, auto part) {
      const reg value = load<V>(z + j, part);
      const reg below = V::select(V::lt(value, zero), value, V::neg(value));
      return V::add(V::fnma(y(j, part), value, relu_of<V>(value)), log1p<V>(exp<V>(below)));
    });
  }
  for_lanes<V>(n, [&](std::size_t j, auto part) { store<V>(dz + j, difference(j, part), part); });
  if (da == nullptr) return;
  const bool binary = batch.loss == Loss::binary_cross_entropy;
  for_lanes<V>(n, [&](std::size_t j, auto part) {
    const reg wanted = y(j, part), value = load<V>(a + j, part);
    const reg on = V::select(V::eq(wanted, zero), zero, V::div(wanted, value));
    reg result = V::select(V::eq(wanted, zero), zero, V::neg(on));
    if (binary) {
      const reg rest = V::sub(one, wanted);
      const reg off = V::select(V::eq(rest, zero), zero, V::div(rest, V::sub(one, value)));
      result = V::sub(off, on);
    }
    store<V>(da + j, result, part);
  });
}

template <class V>
void output(const OutputBatch<typename V::scalar>& batch) {
  for (std::size_t i = 0; i < batch.m; ++i) output_row<V>(batch, i);
}

}  // namespace
}  // namespace filbert
