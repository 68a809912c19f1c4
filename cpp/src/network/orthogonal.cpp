#include "network/orthogonal.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/vec/sum.hpp"

namespace filbert {
namespace {

constexpr std::size_t block = 8;  // vectors that go together, so that others are read once for all

/// Returns the sum of size terms in the order of clause 3 of docs/numerics.md. terms(i, count, t)
/// writes terms i, i + 1, ... to t, at most 8 of them. The lanes are summed in two halves, one
/// after the other, because all of them do not fit in the registers of every machine.
template <class Terms>
double sum_in_lanes(std::size_t size, Terms terms) {
  constexpr std::size_t half = sum_lanes / 2;
  double total = 0.0;
  for (std::size_t begin = 0; begin < size; begin += sum_block) {
    const std::size_t end = std::min(size, begin + sum_block);
    double lanes[sum_lanes] = {};
    for (std::size_t first = 0; first < sum_lanes; first += half) {
      double own[half] = {}, t[half];
      std::size_t i = begin + first;
      for (; i + half <= end; i += sum_lanes) {
        terms(i, half, t);
        for (std::size_t lane = 0; lane < half; ++lane) own[lane] += t[lane];
      }
      const std::size_t rest = i < end ? end - i : 0;
      terms(i, rest, t);
      for (std::size_t lane = 0; lane < rest; ++lane) own[lane] += t[lane];
      std::ranges::copy(own, lanes + first);
    }
    for (std::size_t n = half; n > 0; n /= 2) {
      for (std::size_t lane = 0; lane < n; ++lane) lanes[lane] += lanes[lane + n];
    }
    total += lanes[0];
  }
  return total;
}

double dot(const double* a, const double* b, std::size_t size) {
  return sum_in_lanes(size, [=](std::size_t i, std::size_t count, double* t) {
    for (std::size_t lane = 0; lane < count; ++lane) t[lane] = a[i + lane] * b[i + lane];
  });
}

/// Subtracts part * q from v, and returns the product of the new v and `next`. The new v is kept
/// apart for a moment, so that compilers, who do not know that nothing overlaps, make vectors.
double subtract(double* v, double part, const double* q, const double* next, std::size_t size) {
  return sum_in_lanes(size, [=](std::size_t i, std::size_t count, double* t) {
    for (std::size_t lane = 0; lane < count; ++lane) t[lane] = v[i + lane] - part * q[i + lane];
    for (std::size_t lane = 0; lane < count; ++lane) v[i + lane] = t[lane];
    for (std::size_t lane = 0; lane < count; ++lane) t[lane] *= next[i + lane];
  });
}

/// Subtracts from `count` vectors at v their components along the orthonormal vectors q 0 .. n - 1,
/// one after another.
void subtract_components(double* v, std::size_t count, const double* q, std::size_t n,
                         std::size_t size, Pieces& pieces) {
  if (n == 0) return;
  double parts[block];
  for (std::size_t b = 0; b < count; ++b) parts[b] = dot(q, v + b * size, size);
  pieces.steps(n, count * size, [&](std::size_t i) {
    const double* const own = q + i * size;
    const double* const next = i + 1 < n ? own + size : own;  // the last product is not used
    for (std::size_t b = 0; b < count; ++b) {
      parts[b] = subtract(v + b * size, parts[b], own, next, size);
    }
  });
}

}  // namespace

void orthonormalise(std::vector<double>& vectors, std::size_t count, std::size_t size,
                    Pieces& pieces) {
  double* const q = vectors.data();
  for (int time = 0; time < 2; ++time) {
    for (std::size_t begin = 0; begin < count; begin += block) {
      const std::size_t end = std::min(count, begin + block);
      subtract_components(q + begin * size, end - begin, q, begin, size, pieces);
      for (std::size_t j = begin; j < end; ++j) {
        double* const v = q + j * size;
        subtract_components(v, 1, q + begin * size, j - begin, size, pieces);
        const double length = std::sqrt(dot(v, v, size));
        for (std::size_t k = 0; k < size; ++k) v[k] /= length;
      }
    }
  }
}

}  // namespace filbert
