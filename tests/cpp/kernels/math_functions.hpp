// The functions of math.hpp beside wider arithmetic, and arguments to try them with.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "kernels/vec/math.hpp"
#include "kernels/vec/vec_scalar.hpp"
#include "support/splitmix.hpp"

namespace {

template <class T>
using V = filbert::ScalarVec<T>;
template <class T>
using Word = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
template <class T>
using Limits = std::numeric_limits<T>;

// Each function: ours, one in wider arithmetic, and whether results below the normal numbers are
// +0.
#define FUNCTION(Name, function, exact, flushes_)  \
  struct Name {                                    \
    static constexpr const char* name = #function; \
    static constexpr bool flushes = flushes_;      \
    template <class T>                             \
    static T ours(T x) {                           \
      return filbert::math::function<V<T>>(x);     \
    }                                              \
    template <class W>                             \
    static W wide(W x) {                           \
      return exact;                                \
    }                                              \
  }
FUNCTION(Exp, exp, std::exp(x), true);
FUNCTION(Log, log, std::log(x), false);
FUNCTION(Log1p, log1p, std::log1p(x), false);
FUNCTION(Expm1, expm1, std::expm1(x), false);
FUNCTION(Tanh, tanh, std::tanh(x), false);
FUNCTION(Sigmoid, sigmoid, 1 / (1 + std::exp(-x)), true);
FUNCTION(Erf, erf, std::erf(x), false);
#undef FUNCTION

template <class T>
bool same(T a, T b) {  // NaN payloads are outside the contract
  return (a != a && b != b) || std::bit_cast<Word<T>>(a) == std::bit_cast<Word<T>>(b);
}

/// The distance in units of the last place of the exact value; huge if they are of different kinds.
template <class F, class T, class W>
double distance(T got, W want) {
  constexpr double wrong = 1e9;
  if (std::isnan(want) || std::isnan(got)) return std::isnan(want) == std::isnan(got) ? 0 : wrong;
  if (F::flushes && std::abs(want) < W(Limits<T>::min())) return same(got, T(0)) ? 0 : wrong;
  if (std::isinf(got) || std::isinf(T(want))) return got == T(want) ? 0 : wrong;
  if (want == 0) return same(got, T(want)) ? 0 : wrong;
  const int exponent = std::max(std::ilogb(want), Limits<T>::min_exponent - 1);
  return double(std::ldexp(std::abs(W(got) - want), Limits<T>::digits - 1 - exponent));
}

struct Worst {
  double distance = 0;
  double x = 0;
  void see(double d, double at) {
    if (d > distance) *this = {d, at};
  }
};

constexpr double allowed = 3;  // units in the last place: the contract; math.hpp has what was found

using check::Random;

/// Arguments where something happens: any bits, any exponent from 2^-16 to 2^15 (floats: to 2^7),
/// and from -2 to 2 evenly.
template <class T>
T argument(Random& random) {
  const Word<T> bits = Word<T>(random());
  constexpr int fraction = Limits<T>::digits - 1;
  const std::uint64_t kind = random();
  if (kind % 8 == 0) return std::bit_cast<T>(bits);
  const Word<T> sign_and_fraction = bits & ~(Word<T>(2 * Limits<T>::max_exponent - 1) << fraction);
  if (kind % 8 < 4) {
    const int span = sizeof(T) == 4 ? 24 : 28;
    const int exponent = Limits<T>::max_exponent - 1 - 16 + int((kind >> 8) % std::uint64_t(span));
    return std::bit_cast<T>(Word<T>(sign_and_fraction | Word<T>(exponent) << fraction));
  }
  const T even = std::bit_cast<T>(Word<T>((bits & ((Word<T>(1) << fraction) - 1)) |
                                          Word<T>(Limits<T>::max_exponent + 1) << fraction));
  return even - T(6);  // `even` lies between 4 and 8
}

}  // namespace
