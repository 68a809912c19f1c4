// fma(a, b, c) = a b + c with one rounding, the same bits everywhere. It is the instruction of the
// processor where the compiler may use it, and else software of our own. It is never the function
// of the C library, because several C libraries round it wrongly. The software assumes rounding to
// nearest even, no flush to zero, and no contraction by the compiler. Everything here has internal
// linkage, because files that are compiled for one instruction set include it.
#pragma once

#include <cstdint>

#include "system/compiler.hpp"

#if defined(_MSC_VER) && !defined(__clang__)
#if defined(_M_ARM64)
#include <arm_neon.h>
#else
#include <immintrin.h>
#endif
#endif

namespace filbert {
namespace {

/// Returns a b + c rounded once. The product is exact in double. The sum in double is rounded to
/// odd, so that rounding it again, to float, gives what one rounding would give: that needs at
/// least two bits more than the result keeps, and 53 >= 24 + 2. A subnormal result keeps fewer
/// than 24.
inline float fma_software(float a, float b, float c) {
  const double p = double(a) * double(b);
  const double s = p + double(c);
  const double t = s - p;  // by TwoSum the error is p + c - s exactly
  const double error = (p - (s - t)) + (double(c) - t);
  std::int64_t bits = __builtin_bit_cast(std::int64_t, s);
  if ((error > 0 || error < 0) && (bits & 1) == 0) {  // the error of an infinite s is a NaN
    bits += (error > 0) == (s > 0) ? 1 : -1;          // the neighbour beyond the true sum
  }
  return float(__builtin_bit_cast(double, bits));
}

struct Sum2 {
  double high, low;
};

/// Returns a + b = high + low exactly, where high is a + b rounded. The method is Knuth's TwoSum.
FILBERT_INLINE Sum2 two_sum(double a, double b) {
  const double s = a + b;
  const double t = s - a;
  return {s, (a - (s - t)) + (b - t)};
}

/// Returns the upper 26 bits of a, by Veltkamp's method. The rest of a has 26 bits too.
FILBERT_INLINE double upper_half(double a) {
  const double t = a * 134217729.0;  // 2^27 + 1
  return t - (t - a);
}

/// Returns a b + c, given p = a b rounded, for |a| and |b| < 2^990, 2^-960 < |p| < 2^1020 and
/// |c| < 2^1020. It is Dekker's product followed by the sum of Boldo and Melquiond (Emulation of a
/// FMA and correctly rounded sums, 2008). Their theorem requires that nothing underflows. Within
/// these bounds all terms are multiples of 2^-1074, so that a sum below 2^-1022 is exact, as it
/// would be with an unbounded exponent.
FILBERT_INLINE double fma_in_range(double a, double b, double c, double p) {
  const double ah = upper_half(a);
  const double al = a - ah;
  const double bh = upper_half(b);
  const double bl = b - bh;
  const double p_low = (((ah * bh - p) + ah * bl) + al * bh) + al * bl;
  const Sum2 u = two_sum(c, p_low);
  const Sum2 v = two_sum(p, u.high);
  const Sum2 w = two_sum(u.low, v.low);
  std::int64_t odd = __builtin_bit_cast(std::int64_t, w.high);
  if (w.low != 0 && (odd & 1) == 0) odd += (w.low > 0) == (w.high > 0) ? 1 : -1;
  return v.high + __builtin_bit_cast(double, odd);
}

/// An integer of 128 bits. Not every compiler has __int128.
struct Wide {
  std::uint64_t high, low;
};

FILBERT_INLINE Wide shift_left(Wide x, int n) {  // 0 < n < 64
  return {x.high << n | x.low >> (64 - n), x.low << n};
}

/// Returns x / 2^n for n >= 0, with the last bit set if any lost bit was. Rounding the result gives
/// the same as rounding the exact quotient.
FILBERT_INLINE Wide shift_right_sticky(Wide x, int n) {
  if (n >= 128) return {0, std::uint64_t((x.high | x.low) != 0)};
  std::uint64_t lost = 0;
  if (n >= 64) {
    lost = x.low;
    x = {0, x.high};
    n -= 64;
  }
  if (n > 0) {
    lost |= x.low << (64 - n);
    x = {x.high >> n, x.low >> n | x.high << (64 - n)};
  }
  return {x.high, x.low | std::uint64_t(lost != 0)};
}

/// Returns the exact product of two numbers below 2^53.
FILBERT_INLINE Wide multiply(std::uint64_t a, std::uint64_t b) {
  constexpr std::uint64_t half = 0xFFFFFFFF;
  const std::uint64_t low = (a & half) * (b & half);
  const std::uint64_t middle = (a >> 32) * (b & half) + (a & half) * (b >> 32) + (low >> 32);
  return {(a >> 32) * (b >> 32) + (middle >> 32), middle << 32 | (low & half)};
}

/// A finite x other than zero: |x| = significand 2^exponent, with 2^52 <= significand < 2^53.
struct Parts {
  std::uint64_t significand;
  int exponent;
};

FILBERT_INLINE Parts parts(double x) {
  constexpr std::uint64_t one = std::uint64_t(1) << 52;
  std::uint64_t bits = __builtin_bit_cast(std::uint64_t, x);
  int bias = 1075;
  if ((bits >> 52 & 2047) == 0) {                                       // subnormal
    bits = __builtin_bit_cast(std::uint64_t, x * 18014398509481984.0);  // 2^54
    bias += 54;
  }
  return {(bits & (one - 1)) | one, int(bits >> 52 & 2047) - bias};
}

/// Returns the double nearest to x 2^exponent, or to minus that, for x > 0.
inline double round_to_double(Wide x, int exponent, bool negative) {
  if (x.high == 0) {
    x = {x.low, 0};
    exponent -= 64;
  }
  for (int n = 32; n > 0; n /= 2) {  // moves the leading one to the leading bit
    if (x.high >> (64 - n) == 0) {
      x = shift_left(x, n);
      exponent -= n;
    }
  }
  exponent += 127;  // now 2^exponent <= |result| < 2^(exponent + 1)
  std::uint64_t bits = std::uint64_t(2047) << 52;
  if (exponent <= 1023) {
    const int subnormal = exponent < -1022 ? -1022 - exponent : 0;
    const std::uint64_t kept = shift_right_sticky(x, 65 + subnormal).low;  // 10 bits more than fit
    const std::uint64_t rest = kept & 1023;
    bits = kept >> 10;
    bits += std::uint64_t(rest > 512 || (rest == 512 && (bits & 1) != 0));
    // The leading one, if there is one, adds 1 to the exponent; so does a carry, up to infinity.
    if (subnormal == 0) bits += std::uint64_t(exponent + 1022) << 52;
  }
  return __builtin_bit_cast(double, bits | std::uint64_t(negative) << 63);
}

/// Returns a b + c for all operands, by the arithmetic of integers.
inline double fma_integer(double a, double b, double c) {
  constexpr double largest = 1.7976931348623157e308;
  const auto finite = [](double x) { return x >= -largest && x <= largest; };
  if (!finite(a) || !finite(b) || a == 0 || b == 0) return a * b + c;
  if (!finite(c)) return c + c;
  const Parts pa = parts(a);
  const Parts pb = parts(b);
  const bool negative = (a < 0) != (b < 0);
  // Both terms get their leading one at bit 124 or 125, so that their sum does not overflow. What a
  // shift loses is far below the rounding of any difference: the product ends in 20 zeros, c in 72.
  Wide x = shift_left(multiply(pa.significand, pb.significand), 20);
  int exponent = pa.exponent + pb.exponent - 20;
  if (c == 0) return round_to_double(x, exponent, negative);
  const Parts pc = parts(c);
  Wide y = {pc.significand << 8, 0};
  const int distance = exponent - (pc.exponent - 72);
  if (distance >= 0) {
    y = shift_right_sticky(y, distance);
  } else {
    x = shift_right_sticky(x, -distance);
    exponent -= distance;
  }
  if (negative == (c < 0)) {
    const std::uint64_t low = x.low + y.low;
    return round_to_double({x.high + y.high + std::uint64_t(low < x.low), low}, exponent, negative);
  }
  if (x.high == y.high && x.low == y.low) return 0;
  const bool less = x.high < y.high || (x.high == y.high && x.low < y.low);
  const Wide big = less ? y : x;
  const Wide small = less ? x : y;
  const std::uint64_t borrow = std::uint64_t(big.low < small.low);
  return round_to_double({big.high - small.high - borrow, big.low - small.low}, exponent,
                         negative != less);
}

/// Returns a b + c rounded once. It computes in doubles where they suffice, and else by integers.
inline double fma_software(double a, double b, double c) {
  const auto within = [](double x, double bound) { return x < bound && x > -bound; };
  const double p = a * b;
  if (within(a, 0x1p990) && within(b, 0x1p990) && within(c, 0x1p1020) && within(p, 0x1p1020) &&
      !within(p, 0x1p-960)) {
    return fma_in_range(a, b, c, p);
  }
  return fma_integer(a, b, c);
}

#if defined(_MSC_VER) && !defined(__clang__) && defined(_M_ARM64)
#define FILBERT_FMA_IN_HARDWARE 1
FILBERT_INLINE float fma(float a, float b, float c) {
  return vget_lane_f32(vfma_f32(vdup_n_f32(c), vdup_n_f32(a), vdup_n_f32(b)), 0);
}
FILBERT_INLINE double fma(double a, double b, double c) {
  return vget_lane_f64(vfma_f64(vdup_n_f64(c), vdup_n_f64(a), vdup_n_f64(b)), 0);
}
#elif defined(_MSC_VER) && !defined(__clang__) && defined(__AVX2__)  // its /arch:AVX2 includes FMA
#define FILBERT_FMA_IN_HARDWARE 1
FILBERT_INLINE float fma(float a, float b, float c) {
  return _mm_cvtss_f32(_mm_fmadd_ss(_mm_set_ss(a), _mm_set_ss(b), _mm_set_ss(c)));
}
FILBERT_INLINE double fma(double a, double b, double c) {
  return _mm_cvtsd_f64(_mm_fmadd_sd(_mm_set_sd(a), _mm_set_sd(b), _mm_set_sd(c)));
}
#elif defined(__FMA__) || defined(__aarch64__) || \
    (defined(__FP_FAST_FMA) && defined(__FP_FAST_FMAF))
// Where the target has the instruction, the builtin is that instruction at every level of
// optimisation. The intrinsics of x86 would add moves between registers.
#define FILBERT_FMA_IN_HARDWARE 1
FILBERT_INLINE float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
FILBERT_INLINE double fma(double a, double b, double c) { return __builtin_fma(a, b, c); }
#else
#define FILBERT_FMA_IN_HARDWARE 0
inline float fma(float a, float b, float c) { return fma_software(a, b, c); }
inline double fma(double a, double b, double c) { return fma_software(a, b, c); }
#endif

}  // namespace
}  // namespace filbert
