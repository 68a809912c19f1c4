// The vector type of NEON of aarch64: 4 floats or 2 doubles. It has the interface of
// vec_scalar.hpp, and what gemm.hpp and elementwise.hpp need beyond that.
#pragma once

#include <arm_neon.h>

#include <cstdint>

#include "kernels/vec/fma.hpp"

namespace filbert {
namespace {

template <class T>
struct Neon;

template <>
struct Neon<float> {
  using scalar = float;
  using wide = Neon<double>;
  using reg = float32x4_t;
  using ireg = int32x4_t;
  using iscalar = std::int32_t;
  using mask = uint32x4_t;
  using part = int;  // how many lanes of memory exist
  static constexpr int lanes = 4;
  static constexpr int registers = 32;
  static constexpr bool stores_parts_slowly = false;

  FILBERT_INLINE static part part_of(int n) { return n; }
  FILBERT_INLINE static reg set1(float a) { return vdupq_n_f32(a); }
  FILBERT_INLINE static reg load(const float* p) { return vld1q_f32(p); }
  FILBERT_INLINE static reg load(const float* p, part n) {
    if (n == 4) return load(p);
    const float32x2_t none = vdup_n_f32(0);  // costs nothing: loads of fewer lanes clear the others
    if (n < 2) return vcombine_f32(n == 0 ? none : vset_lane_f32(*p, none, 0), none);
    const reg two = vcombine_f32(vld1_f32(p), none);
    return n == 2 ? two : vld1q_lane_f32(p + 2, two, 2);
  }
  FILBERT_INLINE static void store(float* p, reg a) { vst1q_f32(p, a); }
  FILBERT_INLINE static void store(float* p, reg a, part n) {
    if (n == 4) return store(p, a);
    if (n >= 2) vst1_f32(p, vget_low_f32(a));
    if (n == 3) vst1q_lane_f32(p + 2, a, 2);
    if (n == 1) vst1q_lane_f32(p, a, 0);
  }

  FILBERT_INLINE static reg add(reg a, reg b) { return vaddq_f32(a, b); }
  FILBERT_INLINE static reg sub(reg a, reg b) { return vsubq_f32(a, b); }
  FILBERT_INLINE static reg mul(reg a, reg b) { return vmulq_f32(a, b); }
  FILBERT_INLINE static reg div(reg a, reg b) { return vdivq_f32(a, b); }
  FILBERT_INLINE static reg sqrt(reg a) { return vsqrtq_f32(a); }
  FILBERT_INLINE static reg fma(reg a, reg b, reg c) { return vfmaq_f32(c, a, b); }
  FILBERT_INLINE static reg fnma(reg a, reg b, reg c) { return vfmsq_f32(c, a, b); }
  // vmaxq and vminq would give other results for NaNs and zeros.
  FILBERT_INLINE static reg max(reg a, reg b) { return select(gt(a, b), a, b); }
  FILBERT_INLINE static reg min(reg a, reg b) { return select(lt(a, b), a, b); }
  FILBERT_INLINE static reg neg(reg a) { return vnegq_f32(a); }
  FILBERT_INLINE static reg abs(reg a) { return vabsq_f32(a); }
  FILBERT_INLINE static reg copysign(reg magnitude, reg sign) {
    return select(vdupq_n_u32(0x80000000U), sign, magnitude);
  }

  FILBERT_INLINE static mask lt(reg a, reg b) { return vcltq_f32(a, b); }
  FILBERT_INLINE static mask le(reg a, reg b) { return vcleq_f32(a, b); }
  FILBERT_INLINE static mask gt(reg a, reg b) { return vcgtq_f32(a, b); }
  FILBERT_INLINE static mask ge(reg a, reg b) { return vcgeq_f32(a, b); }
  FILBERT_INLINE static mask eq(reg a, reg b) { return vceqq_f32(a, b); }
  FILBERT_INLINE static mask ne(reg a, reg b) { return mask_not(eq(a, b)); }
  FILBERT_INLINE static mask mask_and(mask a, mask b) { return vandq_u32(a, b); }
  FILBERT_INLINE static mask mask_or(mask a, mask b) { return vorrq_u32(a, b); }
  FILBERT_INLINE static mask mask_not(mask a) { return vmvnq_u32(a); }
  FILBERT_INLINE static reg select(mask m, reg yes, reg no) { return vbslq_f32(m, yes, no); }
  FILBERT_INLINE static reg pick(part n, reg a, reg b) {
    static constexpr std::uint32_t index[] = {0, 1, 2, 3};
    return select(vcltq_u32(vld1q_u32(index), vdupq_n_u32(static_cast<std::uint32_t>(n))), a, b);
  }
  FILBERT_INLINE static unsigned bits(mask m) {  // lane 0 is bit 0
    static constexpr std::uint32_t bit[] = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32(m, vld1q_u32(bit)));
  }

  FILBERT_INLINE static ireg to_bits(reg a) { return vreinterpretq_s32_f32(a); }
  FILBERT_INLINE static reg from_bits(ireg a) { return vreinterpretq_f32_s32(a); }
  FILBERT_INLINE static ireg iset1(iscalar a) { return vdupq_n_s32(a); }
  FILBERT_INLINE static ireg iadd(ireg a, ireg b) { return vaddq_s32(a, b); }
  FILBERT_INLINE static ireg isub(ireg a, ireg b) { return vsubq_s32(a, b); }
  FILBERT_INLINE static ireg iand(ireg a, ireg b) { return vandq_s32(a, b); }
  FILBERT_INLINE static ireg ior(ireg a, ireg b) { return vorrq_s32(a, b); }
  FILBERT_INLINE static ireg ixor(ireg a, ireg b) { return veorq_s32(a, b); }
  template <int N>
  FILBERT_INLINE static ireg ishl(ireg a) {
    return vshlq_n_s32(a, N);
  }
  template <int N>
  FILBERT_INLINE static ireg ishr(ireg a) {
    return vreinterpretq_s32_u32(vshrq_n_u32(vreinterpretq_u32_s32(a), N));
  }

  /// Moves each lane i + Width to lane i, for i < Width.
  template <int Width>  // 2, 1
  FILBERT_INLINE static reg down(reg a) {
    return vextq_f32(a, a, Width);
  }
  FILBERT_INLINE static float first(reg a) { return vgetq_lane_f32(a, 0); }

  /// Exchanges lane j of r[i] and lane i of r[j].
  FILBERT_INLINE static void transpose(reg (&r)[4]) {
    const reg a = vtrn1q_f32(r[0], r[1]), b = vtrn2q_f32(r[0], r[1]);
    const reg c = vtrn1q_f32(r[2], r[3]), d = vtrn2q_f32(r[2], r[3]);
    r[0] = vcombine_f32(vget_low_f32(a), vget_low_f32(c));
    r[1] = vcombine_f32(vget_low_f32(b), vget_low_f32(d));
    r[2] = vcombine_f32(vget_high_f32(a), vget_high_f32(c));
    r[3] = vcombine_f32(vget_high_f32(b), vget_high_f32(d));
  }
};

template <>
struct Neon<double> {
  using scalar = double;
  using wide = Neon<double>;
  using reg = float64x2_t;
  using ireg = int64x2_t;
  using iscalar = std::int64_t;
  using mask = uint64x2_t;
  using part = int;
  static constexpr int lanes = 2;
  static constexpr int registers = 32;
  static constexpr bool stores_parts_slowly = false;

  FILBERT_INLINE static part part_of(int n) { return n; }
  FILBERT_INLINE static reg set1(double a) { return vdupq_n_f64(a); }
  FILBERT_INLINE static reg load(const double* p) { return vld1q_f64(p); }
  FILBERT_INLINE static reg load(const double* p, part n) {
    if (n == 2) return load(p);
    return n == 0 ? set1(0) : vcombine_f64(vld1_f64(p), vdup_n_f64(0));
  }
  FILBERT_INLINE static void store(double* p, reg a) { vst1q_f64(p, a); }
  FILBERT_INLINE static void store(double* p, reg a, part n) {
    if (n == 2) return store(p, a);
    if (n == 1) vst1q_lane_f64(p, a, 0);
  }

  FILBERT_INLINE static reg add(reg a, reg b) { return vaddq_f64(a, b); }
  FILBERT_INLINE static reg sub(reg a, reg b) { return vsubq_f64(a, b); }
  FILBERT_INLINE static reg mul(reg a, reg b) { return vmulq_f64(a, b); }
  FILBERT_INLINE static reg div(reg a, reg b) { return vdivq_f64(a, b); }
  FILBERT_INLINE static reg sqrt(reg a) { return vsqrtq_f64(a); }
  FILBERT_INLINE static reg fma(reg a, reg b, reg c) { return vfmaq_f64(c, a, b); }
  FILBERT_INLINE static reg fnma(reg a, reg b, reg c) { return vfmsq_f64(c, a, b); }
  FILBERT_INLINE static reg max(reg a, reg b) { return select(gt(a, b), a, b); }
  FILBERT_INLINE static reg min(reg a, reg b) { return select(lt(a, b), a, b); }
  FILBERT_INLINE static reg neg(reg a) { return vnegq_f64(a); }
  FILBERT_INLINE static reg abs(reg a) { return vabsq_f64(a); }
  FILBERT_INLINE static reg copysign(reg magnitude, reg sign) {
    return select(vdupq_n_u64(0x8000000000000000U), sign, magnitude);
  }

  FILBERT_INLINE static mask lt(reg a, reg b) { return vcltq_f64(a, b); }
  FILBERT_INLINE static mask le(reg a, reg b) { return vcleq_f64(a, b); }
  FILBERT_INLINE static mask gt(reg a, reg b) { return vcgtq_f64(a, b); }
  FILBERT_INLINE static mask ge(reg a, reg b) { return vcgeq_f64(a, b); }
  FILBERT_INLINE static mask eq(reg a, reg b) { return vceqq_f64(a, b); }
  FILBERT_INLINE static mask ne(reg a, reg b) { return mask_not(eq(a, b)); }
  FILBERT_INLINE static mask mask_and(mask a, mask b) { return vandq_u64(a, b); }
  FILBERT_INLINE static mask mask_or(mask a, mask b) { return vorrq_u64(a, b); }
  FILBERT_INLINE static mask mask_not(mask a) {
    return vreinterpretq_u64_u32(vmvnq_u32(vreinterpretq_u32_u64(a)));
  }
  FILBERT_INLINE static reg select(mask m, reg yes, reg no) { return vbslq_f64(m, yes, no); }
  FILBERT_INLINE static reg pick(part n, reg a, reg b) {
    static constexpr std::uint64_t index[] = {0, 1};
    return select(vcltq_u64(vld1q_u64(index), vdupq_n_u64(static_cast<std::uint64_t>(n))), a, b);
  }
  FILBERT_INLINE static unsigned bits(mask m) {
    static constexpr std::uint64_t bit[] = {1, 2};
    return static_cast<unsigned>(vaddvq_u64(vandq_u64(m, vld1q_u64(bit))));
  }

  FILBERT_INLINE static ireg to_bits(reg a) { return vreinterpretq_s64_f64(a); }
  FILBERT_INLINE static reg from_bits(ireg a) { return vreinterpretq_f64_s64(a); }
  FILBERT_INLINE static ireg iset1(iscalar a) { return vdupq_n_s64(a); }
  FILBERT_INLINE static ireg iadd(ireg a, ireg b) { return vaddq_s64(a, b); }
  FILBERT_INLINE static ireg isub(ireg a, ireg b) { return vsubq_s64(a, b); }
  FILBERT_INLINE static ireg iand(ireg a, ireg b) { return vandq_s64(a, b); }
  FILBERT_INLINE static ireg ior(ireg a, ireg b) { return vorrq_s64(a, b); }
  FILBERT_INLINE static ireg ixor(ireg a, ireg b) { return veorq_s64(a, b); }
  template <int N>
  FILBERT_INLINE static ireg ishl(ireg a) {
    return vshlq_n_s64(a, N);
  }
  template <int N>
  FILBERT_INLINE static ireg ishr(ireg a) {
    return vreinterpretq_s64_u64(vshrq_n_u64(vreinterpretq_u64_s64(a), N));
  }
  /// The product of the low halves of each lane, as unsigned integers.
  FILBERT_INLINE static ireg imul_low(ireg a, ireg b) {
    const uint32x2_t low = vmovn_u64(vreinterpretq_u64_s64(a));
    return vreinterpretq_s64_u64(vmull_u32(low, vmovn_u64(vreinterpretq_u64_s64(b))));
  }

  template <int Width>  // 1
  FILBERT_INLINE static reg down(reg a) {
    return vextq_f64(a, a, Width);
  }
  FILBERT_INLINE static double first(reg a) { return vgetq_lane_f64(a, 0); }

  FILBERT_INLINE static void transpose(reg (&r)[2]) {
    const reg a = vtrn1q_f64(r[0], r[1]);
    r[1] = vtrn2q_f64(r[0], r[1]);
    r[0] = a;
  }
};

}  // namespace
}  // namespace filbert
