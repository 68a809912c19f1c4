// The weights of training examples. All tables of kernels share this loop, in which each product is
// one operation on one number.
#pragma once

#include <cstddef>

#include "kernels/kernels.hpp"

namespace filbert {
namespace {

/// Multiplies C_0 and the derivatives of each row by the row's weight, if there are weights.
template <class T>
void weigh(const OutputBatch<T>& batch) {
  if (batch.weights == nullptr) return;
  for (std::size_t i = 0; i < batch.m; ++i) {
    const T weight = batch.weights[i];
    batch.cost[i] = weight * batch.cost[i];
    T* const dz = batch.dz + i * batch.ld;
    for (std::size_t j = 0; j < batch.n; ++j) dz[j] = weight * dz[j];
    if (batch.da == nullptr) continue;
    T* const da = batch.da + i * batch.ld;
    for (std::size_t j = 0; j < batch.n; ++j) da[j] = weight * da[j];
  }
}

}  // namespace
}  // namespace filbert
