// A vector of one lane: plain C++ for what the other vector types do to each lane. The functions of
// math.hpp are written over this interface, so that all vector types run the same IEEE operations.
#pragma once

#include <cstdint>

#include "kernels/vec/fma.hpp"

#if defined(__SSE2__) || defined(_M_X64)
#include <emmintrin.h>
#elif defined(__aarch64__) || defined(_M_ARM64)
#include <arm_neon.h>
#endif

namespace filbert {
namespace {

template <class T>
struct LaneBits;
template <>
struct LaneBits<float> {
  using type = std::int32_t;
  using word = std::uint32_t;
};
template <>
struct LaneBits<double> {
  using type = std::int64_t;
  using word = std::uint64_t;
};

template <class T>
struct ScalarVec {
  using scalar = T;
  using reg = T;                               // lanes of T
  using ireg = typename LaneBits<T>::type;     // lanes of integers as wide as T
  using iscalar = typename LaneBits<T>::type;  // one lane of ireg
  using mask = bool;                           // lanes of true or false
  static constexpr int lanes = 1;

  // Memory. load and store need no alignment. Wider vector types also load and store a part of
  // their lanes; the others are then loaded as +0, and their memory is not touched.
  FILBERT_INLINE static reg set1(T a) { return a; }
  FILBERT_INLINE static reg load(const T* p) { return *p; }
  FILBERT_INLINE static void store(T* p, reg a) { *p = a; }

  // Arithmetic. Every operation is correctly rounded.
  FILBERT_INLINE static reg add(reg a, reg b) { return a + b; }
  FILBERT_INLINE static reg sub(reg a, reg b) { return a - b; }
  FILBERT_INLINE static reg mul(reg a, reg b) { return a * b; }
  FILBERT_INLINE static reg div(reg a, reg b) { return a / b; }
  FILBERT_INLINE static reg sqrt(reg a) { return root(a); }
  FILBERT_INLINE static reg fma(reg a, reg b, reg c) { return filbert::fma(a, b, c); }    // a b + c
  FILBERT_INLINE static reg fnma(reg a, reg b, reg c) { return filbert::fma(-a, b, c); }  // c - a b

  // Both return b if either operand is a NaN or both are zeros, as maxps of x86 does. On NEON that
  // takes a comparison and a select.
  FILBERT_INLINE static reg max(reg a, reg b) { return a > b ? a : b; }
  FILBERT_INLINE static reg min(reg a, reg b) { return a < b ? a : b; }

  // These change the sign bit alone, of zeros and NaNs too.
  FILBERT_INLINE static reg neg(reg a) { return from_bits(ixor(to_bits(a), iset1(sign_bit))); }
  FILBERT_INLINE static reg abs(reg a) { return from_bits(iand(to_bits(a), iset1(~sign_bit))); }
  FILBERT_INLINE static reg copysign(reg magnitude, reg sign) {
    return from_bits(
        ior(iand(to_bits(magnitude), iset1(~sign_bit)), iand(to_bits(sign), iset1(sign_bit))));
  }

  // Comparisons are false if either operand is a NaN, except ne, which is then true.
  FILBERT_INLINE static mask lt(reg a, reg b) { return a < b; }
  FILBERT_INLINE static mask le(reg a, reg b) { return a <= b; }
  FILBERT_INLINE static mask gt(reg a, reg b) { return a > b; }
  FILBERT_INLINE static mask ge(reg a, reg b) { return a >= b; }
  FILBERT_INLINE static mask eq(reg a, reg b) { return a == b; }
  FILBERT_INLINE static mask ne(reg a, reg b) { return a != b; }
  FILBERT_INLINE static mask mask_and(mask a, mask b) { return a && b; }
  FILBERT_INLINE static mask mask_or(mask a, mask b) { return a || b; }
  FILBERT_INLINE static mask mask_not(mask a) { return !a; }
  FILBERT_INLINE static reg select(mask m, reg yes, reg no) { return m ? yes : no; }

  // Integers are in two's complement, and sums wrap around. ishr shifts zeros in.
  FILBERT_INLINE static ireg to_bits(reg a) { return __builtin_bit_cast(ireg, a); }
  FILBERT_INLINE static reg from_bits(ireg a) { return __builtin_bit_cast(reg, a); }
  FILBERT_INLINE static ireg iset1(iscalar a) { return a; }
  FILBERT_INLINE static ireg iadd(ireg a, ireg b) { return ireg(word(a) + word(b)); }
  FILBERT_INLINE static ireg isub(ireg a, ireg b) { return ireg(word(a) - word(b)); }
  FILBERT_INLINE static ireg iand(ireg a, ireg b) { return a & b; }
  FILBERT_INLINE static ireg ior(ireg a, ireg b) { return a | b; }
  FILBERT_INLINE static ireg ixor(ireg a, ireg b) { return a ^ b; }
  template <int N>
  FILBERT_INLINE static ireg ishl(ireg a) {
    return ireg(word(a) << N);
  }
  template <int N>
  FILBERT_INLINE static ireg ishr(ireg a) {
    return ireg(word(a) >> N);
  }

 private:
  // The instruction itself. A compiler's builtin may call the C library, for the sake of errno.
#if defined(__SSE2__) || defined(_M_X64)
  FILBERT_INLINE static float root(float a) { return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(a))); }
  FILBERT_INLINE static double root(double a) {
    return _mm_cvtsd_f64(_mm_sqrt_sd(_mm_setzero_pd(), _mm_set_sd(a)));
  }
#elif defined(__aarch64__) || defined(_M_ARM64)
  FILBERT_INLINE static float root(float a) { return vget_lane_f32(vsqrt_f32(vdup_n_f32(a)), 0); }
  FILBERT_INLINE static double root(double a) { return vget_lane_f64(vsqrt_f64(vdup_n_f64(a)), 0); }
#else
  FILBERT_INLINE static float root(float a) { return __builtin_sqrtf(a); }
  FILBERT_INLINE static double root(double a) { return __builtin_sqrt(a); }
#endif

  using word = typename LaneBits<T>::word;
  static constexpr iscalar sign_bit = iscalar(word(1) << (8 * sizeof(T) - 1));
};

}  // namespace
}  // namespace filbert
