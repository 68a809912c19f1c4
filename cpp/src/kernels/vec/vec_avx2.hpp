// The vector type of AVX2 and FMA: 8 floats or 4 doubles. It has the interface of vec_scalar.hpp,
// and what gemm.hpp and elementwise.hpp need beyond that. Loads of a part of the lanes are as fast
// as others; stores are too on Intel's processors, but take 12 cycles on AMD's.
#pragma once

#include <immintrin.h>

#include <bit>
#include <cstddef>
#include <cstdint>

#include "kernels/vec/fma.hpp"

namespace filbert {
namespace {

/// Masks for loads and stores of n lanes are read from here, so that n lanes are all ones, and the
/// others zeros.
constexpr std::int32_t first_lanes32[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
constexpr std::int64_t first_lanes64[8] = {-1, -1, -1, -1};

template <class T>
struct Avx2;

template <>
struct Avx2<float> {
  using scalar = float;
  using wide = Avx2<double>;
  using reg = __m256;
  using ireg = __m256i;
  using iscalar = std::int32_t;
  using mask = __m256;
  using part = __m256i;
  static constexpr int lanes = 8;
  static constexpr int registers = 16;
  static constexpr bool stores_parts_slowly = true;

  FILBERT_INLINE static part part_of(int n) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(first_lanes32 + 8 - n));
  }
  FILBERT_INLINE static reg set1(float a) { return _mm256_set1_ps(a); }
  FILBERT_INLINE static reg load(const float* p) { return _mm256_loadu_ps(p); }
  FILBERT_INLINE static reg load(const float* p, part n) { return _mm256_maskload_ps(p, n); }
  FILBERT_INLINE static void store(float* p, reg a) { _mm256_storeu_ps(p, a); }
  FILBERT_INLINE static void store(float* p, reg a, part n) { _mm256_maskstore_ps(p, n, a); }
  FILBERT_INLINE static int size_of(part n) { return std::popcount(bits(_mm256_castsi256_ps(n))); }

  FILBERT_INLINE static reg add(reg a, reg b) { return _mm256_add_ps(a, b); }
  FILBERT_INLINE static reg sub(reg a, reg b) { return _mm256_sub_ps(a, b); }
  FILBERT_INLINE static reg mul(reg a, reg b) { return _mm256_mul_ps(a, b); }
  FILBERT_INLINE static reg div(reg a, reg b) { return _mm256_div_ps(a, b); }
  FILBERT_INLINE static reg sqrt(reg a) { return _mm256_sqrt_ps(a); }
  FILBERT_INLINE static reg fma(reg a, reg b, reg c) { return _mm256_fmadd_ps(a, b, c); }
  FILBERT_INLINE static reg fnma(reg a, reg b, reg c) { return _mm256_fnmadd_ps(a, b, c); }
  FILBERT_INLINE static reg max(reg a, reg b) { return _mm256_max_ps(a, b); }
  FILBERT_INLINE static reg min(reg a, reg b) { return _mm256_min_ps(a, b); }
  FILBERT_INLINE static reg neg(reg a) { return _mm256_xor_ps(a, set1(-0.0F)); }
  FILBERT_INLINE static reg abs(reg a) { return _mm256_andnot_ps(set1(-0.0F), a); }
  FILBERT_INLINE static reg copysign(reg magnitude, reg sign) {
    return _mm256_or_ps(abs(magnitude), _mm256_and_ps(sign, set1(-0.0F)));
  }

  FILBERT_INLINE static mask lt(reg a, reg b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
  FILBERT_INLINE static mask le(reg a, reg b) { return _mm256_cmp_ps(a, b, _CMP_LE_OQ); }
  FILBERT_INLINE static mask gt(reg a, reg b) { return _mm256_cmp_ps(a, b, _CMP_GT_OQ); }
  FILBERT_INLINE static mask ge(reg a, reg b) { return _mm256_cmp_ps(a, b, _CMP_GE_OQ); }
  FILBERT_INLINE static mask eq(reg a, reg b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
  FILBERT_INLINE static mask ne(reg a, reg b) { return _mm256_cmp_ps(a, b, _CMP_NEQ_UQ); }
  FILBERT_INLINE static mask mask_and(mask a, mask b) { return _mm256_and_ps(a, b); }
  FILBERT_INLINE static mask mask_or(mask a, mask b) { return _mm256_or_ps(a, b); }
  FILBERT_INLINE static mask mask_not(mask a) {
    return _mm256_xor_ps(a, _mm256_castsi256_ps(_mm256_set1_epi32(-1)));
  }
  FILBERT_INLINE static reg select(mask m, reg yes, reg no) { return _mm256_blendv_ps(no, yes, m); }
  FILBERT_INLINE static reg pick(part n, reg a, reg b) {
    return select(_mm256_castsi256_ps(n), a, b);
  }
  FILBERT_INLINE static unsigned bits(mask m) {  // lane 0 is bit 0
    return static_cast<unsigned>(_mm256_movemask_ps(m));
  }

  FILBERT_INLINE static ireg to_bits(reg a) { return _mm256_castps_si256(a); }
  FILBERT_INLINE static reg from_bits(ireg a) { return _mm256_castsi256_ps(a); }
  FILBERT_INLINE static ireg iset1(iscalar a) { return _mm256_set1_epi32(a); }
  FILBERT_INLINE static ireg iadd(ireg a, ireg b) { return _mm256_add_epi32(a, b); }
  FILBERT_INLINE static ireg isub(ireg a, ireg b) { return _mm256_sub_epi32(a, b); }
  FILBERT_INLINE static ireg iand(ireg a, ireg b) { return _mm256_and_si256(a, b); }
  FILBERT_INLINE static ireg ior(ireg a, ireg b) { return _mm256_or_si256(a, b); }
  FILBERT_INLINE static ireg ixor(ireg a, ireg b) { return _mm256_xor_si256(a, b); }
  template <int N>
  FILBERT_INLINE static ireg ishl(ireg a) {
    return _mm256_slli_epi32(a, N);
  }
  template <int N>
  FILBERT_INLINE static ireg ishr(ireg a) {
    return _mm256_srli_epi32(a, N);
  }

  /// Moves each lane i + Width to lane i, for i < Width.
  template <int Width>  // 4, 2, 1
  FILBERT_INLINE static reg down(reg a) {
    if constexpr (Width == 4) return _mm256_permute2f128_ps(a, a, 0x01);
    if constexpr (Width == 2) return _mm256_permute_ps(a, 0x4E);
    return _mm256_permute_ps(a, 0xB1);
  }
  FILBERT_INLINE static float first(reg a) { return _mm256_cvtss_f32(a); }

  /// Exchanges lane j of r[i] and lane i of r[j].
  FILBERT_INLINE static void transpose(reg (&r)[8]) {
    reg t[8];
    for (int i = 0; i < 8; i += 2) {
      t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
      t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
      for (int h = 0; h < 2; ++h) {
        r[i + 2 * h] = _mm256_shuffle_ps(t[i + h], t[i + 2 + h], 0x44);
        r[i + 2 * h + 1] = _mm256_shuffle_ps(t[i + h], t[i + 2 + h], 0xEE);
      }
    }
    for (int c = 0; c < 4; ++c) {
      t[c] = _mm256_permute2f128_ps(r[c], r[4 + c], 0x20);
      t[4 + c] = _mm256_permute2f128_ps(r[c], r[4 + c], 0x31);
    }
    for (int c = 0; c < 8; ++c) r[c] = t[c];
  }
};

template <>
struct Avx2<double> {
  using scalar = double;
  using wide = Avx2<double>;
  using reg = __m256d;
  using ireg = __m256i;
  using iscalar = std::int64_t;
  using mask = __m256d;
  using part = __m256i;
  static constexpr int lanes = 4;
  static constexpr int registers = 16;
  static constexpr bool stores_parts_slowly = true;

  FILBERT_INLINE static part part_of(int n) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(first_lanes64 + 4 - n));
  }
  FILBERT_INLINE static reg set1(double a) { return _mm256_set1_pd(a); }
  FILBERT_INLINE static reg load(const double* p) { return _mm256_loadu_pd(p); }
  FILBERT_INLINE static reg load(const double* p, part n) { return _mm256_maskload_pd(p, n); }
  FILBERT_INLINE static void store(double* p, reg a) { _mm256_storeu_pd(p, a); }
  FILBERT_INLINE static void store(double* p, reg a, part n) { _mm256_maskstore_pd(p, n, a); }
  FILBERT_INLINE static int size_of(part n) { return std::popcount(bits(_mm256_castsi256_pd(n))); }

  FILBERT_INLINE static reg add(reg a, reg b) { return _mm256_add_pd(a, b); }
  FILBERT_INLINE static reg sub(reg a, reg b) { return _mm256_sub_pd(a, b); }
  FILBERT_INLINE static reg mul(reg a, reg b) { return _mm256_mul_pd(a, b); }
  FILBERT_INLINE static reg div(reg a, reg b) { return _mm256_div_pd(a, b); }
  FILBERT_INLINE static reg sqrt(reg a) { return _mm256_sqrt_pd(a); }
  FILBERT_INLINE static reg fma(reg a, reg b, reg c) { return _mm256_fmadd_pd(a, b, c); }
  FILBERT_INLINE static reg fnma(reg a, reg b, reg c) { return _mm256_fnmadd_pd(a, b, c); }
  FILBERT_INLINE static reg max(reg a, reg b) { return _mm256_max_pd(a, b); }
  FILBERT_INLINE static reg min(reg a, reg b) { return _mm256_min_pd(a, b); }
  FILBERT_INLINE static reg neg(reg a) { return _mm256_xor_pd(a, set1(-0.0)); }
  FILBERT_INLINE static reg abs(reg a) { return _mm256_andnot_pd(set1(-0.0), a); }
  FILBERT_INLINE static reg copysign(reg magnitude, reg sign) {
    return _mm256_or_pd(abs(magnitude), _mm256_and_pd(sign, set1(-0.0)));
  }

  FILBERT_INLINE static mask lt(reg a, reg b) { return _mm256_cmp_pd(a, b, _CMP_LT_OQ); }
  FILBERT_INLINE static mask le(reg a, reg b) { return _mm256_cmp_pd(a, b, _CMP_LE_OQ); }
  FILBERT_INLINE static mask gt(reg a, reg b) { return _mm256_cmp_pd(a, b, _CMP_GT_OQ); }
  FILBERT_INLINE static mask ge(reg a, reg b) { return _mm256_cmp_pd(a, b, _CMP_GE_OQ); }
  FILBERT_INLINE static mask eq(reg a, reg b) { return _mm256_cmp_pd(a, b, _CMP_EQ_OQ); }
  FILBERT_INLINE static mask ne(reg a, reg b) { return _mm256_cmp_pd(a, b, _CMP_NEQ_UQ); }
  FILBERT_INLINE static mask mask_and(mask a, mask b) { return _mm256_and_pd(a, b); }
  FILBERT_INLINE static mask mask_or(mask a, mask b) { return _mm256_or_pd(a, b); }
  FILBERT_INLINE static mask mask_not(mask a) {
    return _mm256_xor_pd(a, _mm256_castsi256_pd(_mm256_set1_epi32(-1)));
  }
  FILBERT_INLINE static reg select(mask m, reg yes, reg no) { return _mm256_blendv_pd(no, yes, m); }
  FILBERT_INLINE static reg pick(part n, reg a, reg b) {
    return select(_mm256_castsi256_pd(n), a, b);
  }
  FILBERT_INLINE static unsigned bits(mask m) {
    return static_cast<unsigned>(_mm256_movemask_pd(m));
  }

  FILBERT_INLINE static ireg to_bits(reg a) { return _mm256_castpd_si256(a); }
  FILBERT_INLINE static reg from_bits(ireg a) { return _mm256_castsi256_pd(a); }
  FILBERT_INLINE static ireg iset1(iscalar a) { return _mm256_set1_epi64x(a); }
  FILBERT_INLINE static ireg iadd(ireg a, ireg b) { return _mm256_add_epi64(a, b); }
  FILBERT_INLINE static ireg isub(ireg a, ireg b) { return _mm256_sub_epi64(a, b); }
  FILBERT_INLINE static ireg iand(ireg a, ireg b) { return _mm256_and_si256(a, b); }
  FILBERT_INLINE static ireg ior(ireg a, ireg b) { return _mm256_or_si256(a, b); }
  FILBERT_INLINE static ireg ixor(ireg a, ireg b) { return _mm256_xor_si256(a, b); }
  template <int N>
  FILBERT_INLINE static ireg ishl(ireg a) {
    return _mm256_slli_epi64(a, N);
  }
  template <int N>
  FILBERT_INLINE static ireg ishr(ireg a) {
    return _mm256_srli_epi64(a, N);
  }
  /// The product of the low halves of each lane, as unsigned integers.
  FILBERT_INLINE static ireg imul_low(ireg a, ireg b) { return _mm256_mul_epu32(a, b); }

  template <int Width>  // 2, 1
  FILBERT_INLINE static reg down(reg a) {
    if constexpr (Width == 2) return _mm256_permute2f128_pd(a, a, 0x01);
    return _mm256_permute_pd(a, 0x5);
  }
  FILBERT_INLINE static double first(reg a) { return _mm256_cvtsd_f64(a); }

  FILBERT_INLINE static void transpose(reg (&r)[4]) {
    const reg a = _mm256_unpacklo_pd(r[0], r[1]), b = _mm256_unpackhi_pd(r[0], r[1]);
    const reg c = _mm256_unpacklo_pd(r[2], r[3]), d = _mm256_unpackhi_pd(r[2], r[3]);
    r[0] = _mm256_permute2f128_pd(a, c, 0x20);
    r[1] = _mm256_permute2f128_pd(b, d, 0x20);
    r[2] = _mm256_permute2f128_pd(a, c, 0x31);
    r[3] = _mm256_permute2f128_pd(b, d, 0x31);
  }
};

}  // namespace
}  // namespace filbert
