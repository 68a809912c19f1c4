// The vector type of AVX-512 (F, BW, DQ, VL): 16 floats or 8 doubles. It has the interface of
// vec_scalar.hpp, and what gemm.hpp and elementwise.hpp need beyond that.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/vec/fma.hpp"

namespace filbert {
namespace {

template <class T>
struct Avx512;

template <>
struct Avx512<float> {
  using scalar = float;
  using wide = Avx512<double>;
  using reg = __m512;
  using ireg = __m512i;
  using iscalar = std::int32_t;
  using mask = __mmask16;
  using part = __mmask16;  // which lanes of memory exist
  static constexpr int lanes = 16;
  static constexpr int registers = 32;
  static constexpr bool stores_parts_slowly = false;

  FILBERT_INLINE static part part_of(int n) { return static_cast<part>((1U << n) - 1U); }
  FILBERT_INLINE static reg set1(float a) { return _mm512_set1_ps(a); }
  FILBERT_INLINE static reg load(const float* p) { return _mm512_loadu_ps(p); }
  FILBERT_INLINE static reg load(const float* p, part n) { return _mm512_maskz_loadu_ps(n, p); }
  FILBERT_INLINE static void store(float* p, reg a) { _mm512_storeu_ps(p, a); }
  FILBERT_INLINE static void store(float* p, reg a, part n) { _mm512_mask_storeu_ps(p, n, a); }

  FILBERT_INLINE static reg add(reg a, reg b) { return _mm512_add_ps(a, b); }
  FILBERT_INLINE static reg sub(reg a, reg b) { return _mm512_sub_ps(a, b); }
  FILBERT_INLINE static reg mul(reg a, reg b) { return _mm512_mul_ps(a, b); }
  FILBERT_INLINE static reg div(reg a, reg b) { return _mm512_div_ps(a, b); }
  FILBERT_INLINE static reg sqrt(reg a) { return _mm512_sqrt_ps(a); }
  FILBERT_INLINE static reg fma(reg a, reg b, reg c) { return _mm512_fmadd_ps(a, b, c); }
  FILBERT_INLINE static reg fnma(reg a, reg b, reg c) { return _mm512_fnmadd_ps(a, b, c); }
  FILBERT_INLINE static reg max(reg a, reg b) { return _mm512_max_ps(a, b); }
  FILBERT_INLINE static reg min(reg a, reg b) { return _mm512_min_ps(a, b); }
  FILBERT_INLINE static reg neg(reg a) { return _mm512_xor_ps(a, set1(-0.0F)); }
  FILBERT_INLINE static reg abs(reg a) { return _mm512_andnot_ps(set1(-0.0F), a); }
  FILBERT_INLINE static reg copysign(reg magnitude, reg sign) {
    return _mm512_or_ps(abs(magnitude), _mm512_and_ps(sign, set1(-0.0F)));
  }

  FILBERT_INLINE static mask lt(reg a, reg b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
  FILBERT_INLINE static mask le(reg a, reg b) { return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ); }
  FILBERT_INLINE static mask gt(reg a, reg b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
  FILBERT_INLINE static mask ge(reg a, reg b) { return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ); }
  FILBERT_INLINE static mask eq(reg a, reg b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
  FILBERT_INLINE static mask ne(reg a, reg b) { return _mm512_cmp_ps_mask(a, b, _CMP_NEQ_UQ); }
  FILBERT_INLINE static mask mask_and(mask a, mask b) { return static_cast<mask>(a & b); }
  FILBERT_INLINE static mask mask_or(mask a, mask b) { return static_cast<mask>(a | b); }
  FILBERT_INLINE static mask mask_not(mask a) { return static_cast<mask>(~a); }
  FILBERT_INLINE static reg select(mask m, reg yes, reg no) {
    return _mm512_mask_blend_ps(m, no, yes);
  }
  FILBERT_INLINE static reg pick(part n, reg a, reg b) { return select(n, a, b); }
  FILBERT_INLINE static unsigned bits(mask m) { return m; }  // lane 0 is bit 0

  FILBERT_INLINE static ireg to_bits(reg a) { return _mm512_castps_si512(a); }
  FILBERT_INLINE static reg from_bits(ireg a) { return _mm512_castsi512_ps(a); }
  FILBERT_INLINE static ireg iset1(iscalar a) { return _mm512_set1_epi32(a); }
  FILBERT_INLINE static ireg iadd(ireg a, ireg b) { return _mm512_add_epi32(a, b); }
  FILBERT_INLINE static ireg isub(ireg a, ireg b) { return _mm512_sub_epi32(a, b); }
  FILBERT_INLINE static ireg iand(ireg a, ireg b) { return _mm512_and_si512(a, b); }
  FILBERT_INLINE static ireg ior(ireg a, ireg b) { return _mm512_or_si512(a, b); }
  FILBERT_INLINE static ireg ixor(ireg a, ireg b) { return _mm512_xor_si512(a, b); }
  template <int N>
  FILBERT_INLINE static ireg ishl(ireg a) {
    return _mm512_slli_epi32(a, N);
  }
  template <int N>
  FILBERT_INLINE static ireg ishr(ireg a) {
    return _mm512_srli_epi32(a, N);
  }

  /// Moves each lane i + Width to lane i, for i < Width.
  template <int Width>  // 8, 4, 2, 1
  FILBERT_INLINE static reg down(reg a) {
    if constexpr (Width == 8) return _mm512_shuffle_f32x4(a, a, 0x4E);
    if constexpr (Width == 4) return _mm512_shuffle_f32x4(a, a, 0xB1);
    if constexpr (Width == 2) return _mm512_permute_ps(a, 0x4E);
    return _mm512_permute_ps(a, 0xB1);
  }
  FILBERT_INLINE static float first(reg a) { return _mm512_cvtss_f32(a); }

  /// Exchanges lane j of r[i] and lane i of r[j].
  FILBERT_INLINE static void transpose(reg (&r)[16]) {
    reg t[16];
    for (int i = 0; i < 16; i += 2) {
      t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
      t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
      for (int h = 0; h < 2; ++h) {
        const __m512d a = _mm512_castps_pd(t[i + h]), b = _mm512_castps_pd(t[i + 2 + h]);
        r[i + 2 * h] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
        r[i + 2 * h + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
      }
    }
    for (int i = 0; i < 16; i += 8) {
      for (int c = 0; c < 4; ++c) {
        t[i + c] = _mm512_shuffle_f32x4(r[i + c], r[i + 4 + c], 0x88);
        t[i + 4 + c] = _mm512_shuffle_f32x4(r[i + c], r[i + 4 + c], 0xDD);
      }
    }
    for (int c = 0; c < 8; ++c) {
      r[c] = _mm512_shuffle_f32x4(t[c], t[8 + c], 0x88);
      r[8 + c] = _mm512_shuffle_f32x4(t[c], t[8 + c], 0xDD);
    }
  }
};

template <>
struct Avx512<double> {
  using scalar = double;
  using wide = Avx512<double>;
  using reg = __m512d;
  using ireg = __m512i;
  using iscalar = std::int64_t;
  using mask = __mmask8;
  using part = __mmask8;
  static constexpr int lanes = 8;
  static constexpr int registers = 32;
  static constexpr bool stores_parts_slowly = false;

  FILBERT_INLINE static part part_of(int n) { return static_cast<part>((1U << n) - 1U); }
  FILBERT_INLINE static reg set1(double a) { return _mm512_set1_pd(a); }
  FILBERT_INLINE static reg load(const double* p) { return _mm512_loadu_pd(p); }
  FILBERT_INLINE static reg load(const double* p, part n) { return _mm512_maskz_loadu_pd(n, p); }
  FILBERT_INLINE static void store(double* p, reg a) { _mm512_storeu_pd(p, a); }
  FILBERT_INLINE static void store(double* p, reg a, part n) { _mm512_mask_storeu_pd(p, n, a); }

  FILBERT_INLINE static reg add(reg a, reg b) { return _mm512_add_pd(a, b); }
  FILBERT_INLINE static reg sub(reg a, reg b) { return _mm512_sub_pd(a, b); }
  FILBERT_INLINE static reg mul(reg a, reg b) { return _mm512_mul_pd(a, b); }
  FILBERT_INLINE static reg div(reg a, reg b) { return _mm512_div_pd(a, b); }
  FILBERT_INLINE static reg sqrt(reg a) { return _mm512_sqrt_pd(a); }
  FILBERT_INLINE static reg fma(reg a, reg b, reg c) { return _mm512_fmadd_pd(a, b, c); }
  FILBERT_INLINE static reg fnma(reg a, reg b, reg c) { return _mm512_fnmadd_pd(a, b, c); }
  FILBERT_INLINE static reg max(reg a, reg b) { return _mm512_max_pd(a, b); }
  FILBERT_INLINE static reg min(reg a, reg b) { return _mm512_min_pd(a, b); }
  FILBERT_INLINE static reg neg(reg a) { return _mm512_xor_pd(a, set1(-0.0)); }
  FILBERT_INLINE static reg abs(reg a) { return _mm512_andnot_pd(set1(-0.0), a); }
  FILBERT_INLINE static reg copysign(reg magnitude, reg sign) {
    return _mm512_or_pd(abs(magnitude), _mm512_and_pd(sign, set1(-0.0)));
  }

  FILBERT_INLINE static mask lt(reg a, reg b) { return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ); }
  FILBERT_INLINE static mask le(reg a, reg b) { return _mm512_cmp_pd_mask(a, b, _CMP_LE_OQ); }
  FILBERT_INLINE static mask gt(reg a, reg b) { return _mm512_cmp_pd_mask(a, b, _CMP_GT_OQ); }
  FILBERT_INLINE static mask ge(reg a, reg b) { return _mm512_cmp_pd_mask(a, b, _CMP_GE_OQ); }
  FILBERT_INLINE static mask eq(reg a, reg b) { return _mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ); }
  FILBERT_INLINE static mask ne(reg a, reg b) { return _mm512_cmp_pd_mask(a, b, _CMP_NEQ_UQ); }
  FILBERT_INLINE static mask mask_and(mask a, mask b) { return static_cast<mask>(a & b); }
  FILBERT_INLINE static mask mask_or(mask a, mask b) { return static_cast<mask>(a | b); }
  FILBERT_INLINE static mask mask_not(mask a) { return static_cast<mask>(~a); }
  FILBERT_INLINE static reg select(mask m, reg yes, reg no) {
    return _mm512_mask_blend_pd(m, no, yes);
  }
  FILBERT_INLINE static reg pick(part n, reg a, reg b) { return select(n, a, b); }
  FILBERT_INLINE static unsigned bits(mask m) { return m; }

  FILBERT_INLINE static ireg to_bits(reg a) { return _mm512_castpd_si512(a); }
  FILBERT_INLINE static reg from_bits(ireg a) { return _mm512_castsi512_pd(a); }
  FILBERT_INLINE static ireg iset1(iscalar a) { return _mm512_set1_epi64(a); }
  FILBERT_INLINE static ireg iadd(ireg a, ireg b) { return _mm512_add_epi64(a, b); }
  FILBERT_INLINE static ireg isub(ireg a, ireg b) { return _mm512_sub_epi64(a, b); }
  FILBERT_INLINE static ireg iand(ireg a, ireg b) { return _mm512_and_si512(a, b); }
  FILBERT_INLINE static ireg ior(ireg a, ireg b) { return _mm512_or_si512(a, b); }
  FILBERT_INLINE static ireg ixor(ireg a, ireg b) { return _mm512_xor_si512(a, b); }
  template <int N>
  FILBERT_INLINE static ireg ishl(ireg a) {
    return _mm512_slli_epi64(a, N);
  }
  template <int N>
  FILBERT_INLINE static ireg ishr(ireg a) {
    return _mm512_srli_epi64(a, N);
  }
  /// The product of the low halves of each lane, as unsigned integers.
  FILBERT_INLINE static ireg imul_low(ireg a, ireg b) { return _mm512_mul_epu32(a, b); }

  template <int Width>  // 4, 2, 1
  FILBERT_INLINE static reg down(reg a) {
    if constexpr (Width == 4) return _mm512_shuffle_f64x2(a, a, 0x4E);
    if constexpr (Width == 2) return _mm512_shuffle_f64x2(a, a, 0xB1);
    return _mm512_permute_pd(a, 0x55);
  }
  FILBERT_INLINE static double first(reg a) { return _mm512_cvtsd_f64(a); }

  FILBERT_INLINE static void transpose(reg (&r)[8]) {
    reg t[8];
    for (int i = 0; i < 8; i += 2) {
      t[i] = _mm512_unpacklo_pd(r[i], r[i + 1]);
      t[i + 1] = _mm512_unpackhi_pd(r[i], r[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
      for (int c = 0; c < 2; ++c) {
        r[i + c] = _mm512_shuffle_f64x2(t[i + c], t[i + 2 + c], 0x88);
        r[i + 2 + c] = _mm512_shuffle_f64x2(t[i + c], t[i + 2 + c], 0xDD);
      }
    }
    for (int c = 0; c < 4; ++c) {
      t[c] = _mm512_shuffle_f64x2(r[c], r[4 + c], 0x88);
      t[4 + c] = _mm512_shuffle_f64x2(r[c], r[4 + c], 0xDD);
    }
    for (int c = 0; c < 8; ++c) r[c] = t[c];
  }
};

}  // namespace
}  // namespace filbert
