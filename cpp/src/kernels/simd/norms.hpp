// Euclidean norms of gradients and weights, in double, and running means of weights. The loops over
// sixteen sums side by side are turned into vector instructions by the compiler.
#pragma once

#include <cstddef>

#include "kernels/simd/rules.hpp"
#include "kernels/vec/sum.hpp"
#include "kernels/vec/vec_scalar.hpp"
#include "system/compiler.hpp"

namespace filbert {
namespace {

/// Adds the squares of `width` numbers to as many sums.
template <class T>
FILBERT_INLINE void add_squares(double* sums, const T* x, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) {
    const auto number = static_cast<double>(x[i]);
    sums[i] += number * number;
  }
}

template <class T>
double sum_of_squares(const T* x, std::size_t size) {
  double lanes[sum_lanes] = {};
  std::size_t i = 0;
  for (; i + sum_lanes <= size; i += sum_lanes) add_squares(lanes, x + i, sum_lanes);
  add_squares(lanes, x + i, size - i);
  for (std::size_t half = sum_lanes / 2; half > 0; half /= 2) {
    for (std::size_t lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
  }
  return lanes[0];
}

template <class T>
void limit_norms(T* w, std::size_t ldw, double most, std::size_t k, std::size_t n) {
  constexpr std::size_t widest = 16;
  for (std::size_t j = 0; j < n; j += widest, w += widest) {
    const std::size_t width = n - j < widest ? n - j : widest;
    double squares[widest] = {};
    for (std::size_t p = 0; p < k; ++p) {
      if (width == widest) {
        add_squares(squares, w + p * ldw, widest);
      } else {
        add_squares(squares, w + p * ldw, width);
      }
    }
    T factors[widest];
    bool scales = false;
    for (std::size_t i = 0; i < width; ++i) {
      const double norm = ScalarVec<double>::sqrt(squares[i]);
      factors[i] = norm > most ? static_cast<T>(most / norm) : T(1);
      scales = scales || norm > most;
    }
    for (std::size_t p = 0; scales && p < k; ++p) {
      for (std::size_t i = 0; i < width; ++i) w[p * ldw + i] *= factors[i];
    }
  }
}

template <class V>
void average(typename V::scalar* mean, const typename V::scalar* w, typename V::scalar rest,
             std::size_t size) {
  const typename V::reg part_of_w = V::set1(rest);
  for_parts<V>(size, [&](std::size_t i, auto... part) {
    const typename V::reg old = V::load(mean + i, part...);
    const typename V::reg gap = V::sub(V::load(w + i, part...), old);
    V::store(mean + i, V::fma(part_of_w, gap, old), part...);
  });
}

}  // namespace
}  // namespace filbert
