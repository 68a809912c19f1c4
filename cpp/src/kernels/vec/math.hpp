// exp, log, log1p, expm1, tanh, sigmoid and erf over any vector type V (see vec_scalar.hpp). Each
// is one fixed sequence of IEEE operations, which has the same bits in every lane, on every
// instruction set and with every compiler that does not contract. Instead of branches there are
// selects. Where f(0) is 0 a zero keeps its sign, infinities give the limits, and NaNs stay NaNs.
//
// The largest errors that were found, in units in the last place, over all floats and in
// parentheses over 2e7 doubles: exp 0.99 (1.00), log 0.76 (0.75), log1p 0.76 (0.75), expm1 1.04
// (1.11), tanh 1.06 (1.07), sigmoid 2.41 (2.32), erf 1.02 (0.99).
#pragma once

#include "kernels/vec/fma.hpp"
#include "kernels/vec/math_constants.hpp"

namespace filbert::math {
namespace {

template <class V>
using Reg = typename V::reg;
template <class V>
using Constants = MathConstants<typename V::scalar>;

/// Returns sum * x^(I + 1) + c[I] x^I + ... + c[0], by Horner's rule.
template <class V, int I, class T, int N>
FILBERT_INLINE Reg<V> horner(Reg<V> x, Reg<V> sum, const T (&c)[N]) {
  if constexpr (I < 0) {
    return sum;
  } else {
    return horner<V, I - 1>(x, V::fma(sum, x, V::set1(c[I])), c);
  }
}

template <class V, class T, int N>
FILBERT_INLINE Reg<V> polynomial(Reg<V> x, const T (&c)[N]) {
  return horner<V, N - 2>(x, V::set1(c[N - 1]), c);
}

template <class V>
FILBERT_INLINE Reg<V> constant(typename V::scalar x) {
  return V::set1(x);
}

/// e^x = 2^n e^(r + r_low) and e^r = 1 + r + square * slope, with an integer n. |r| is at most
/// ln2 / 2, but for a rounding error.
template <class V>
struct ExpParts {
  typename V::reg n, r, r_low, square, slope;
  typename V::ireg exponent;  // n as an integer, shifted to the place of a number's exponent
};

template <class V>
FILBERT_INLINE ExpParts<V> exp_parts(Reg<V> x) {
  using C = Constants<V>;
  const Reg<V> biased = V::fma(x, constant<V>(C::log2_e), constant<V>(C::round_bias));
  const Reg<V> n = V::sub(biased, constant<V>(C::round_bias));
  const Reg<V> most = V::fnma(n, constant<V>(C::ln2_high), x);  // exact
  const Reg<V> r = V::fnma(n, constant<V>(C::ln2_low), most);
  const Reg<V> r_low = V::fnma(n, constant<V>(C::ln2_low), V::sub(most, r));
  return {n,
          r,
          r_low,
          V::mul(r, r),
          polynomial<V>(r, C::exp),
          V::template ishl<C::fraction_bits>(V::to_bits(biased))};
}

/// Returns e^x where e^x is a normal number. For any other x the bits mean nothing.
template <class V>
FILBERT_INLINE Reg<V> exp_in_range(Reg<V> x) {
  const ExpParts<V> e = exp_parts<V>(x);  // r_low is not used: the error is 1 ulp without it
  const Reg<V> y = V::add(V::fma(e.square, e.slope, e.r), constant<V>(1));
  return V::from_bits(V::iadd(V::to_bits(y), e.exponent));
}

/// Returns e^x, or +0 where that would be subnormal.
template <class V>
FILBERT_INLINE Reg<V> exp(Reg<V> x) {
  using C = Constants<V>;
  Reg<V> y = exp_in_range<V>(x);
  // x + infinity is right both for an overflow and for a NaN.
  y = V::select(V::le(x, constant<V>(C::exp_top)), y, V::add(x, constant<V>(C::infinity)));
  return V::select(V::lt(x, constant<V>(C::exp_bottom)), constant<V>(0), y);
}

template <class V>
FILBERT_INLINE Reg<V> expm1(Reg<V> x) {
  using C = Constants<V>;
  const Reg<V> half = constant<V>(typename V::scalar(0.5));
  const ExpParts<V> e = exp_parts<V>(V::max(constant<V>(C::expm1_bottom), x));  // a NaN passes
  // Let curve be square * slope. For n = 0 the result is r + curve, with r = x. Otherwise it is
  // 2 (2^(n-1) - 1/2 + 2^(n-1) (r + r_low + curve)), because 2^n could overflow; `lost` is what the
  // sum of the two largest terms loses in rounding.
  const Reg<V> scale = V::from_bits(V::iadd(V::to_bits(half), e.exponent));
  const Reg<V> base = V::sub(scale, half);
  const Reg<V> sum = V::fma(scale, e.r, base);
  const Reg<V> lost = V::fma(scale, e.r, V::sub(base, sum));
  const Reg<V> y = V::add(sum, V::fma(scale, V::fma(e.square, e.slope, e.r_low), lost));
  Reg<V> result =
      V::select(V::eq(e.n, constant<V>(0)), V::fma(e.square, e.slope, e.r), V::add(y, y));
  result =
      V::select(V::le(x, constant<V>(C::exp_top)), result, V::add(x, constant<V>(C::infinity)));
  return V::copysign(result, x);  // so that -0 gives -0
}

/// x = 2^k m with sqrt(1/2) <= m < sqrt(2), for finite x > 0. For any other x the bits mean
/// nothing.
template <class V>
struct LogParts {
  typename V::reg k, m;
};

template <class V>
FILBERT_INLINE LogParts<V> log_parts(Reg<V> x) {
  using C = Constants<V>;
  using T = typename V::scalar;
  const auto subnormal = V::lt(x, constant<V>(C::smallest_normal));
  const Reg<V> scaled = V::select(subnormal, V::mul(x, constant<V>(C::integer_base)), x);
  // The exponent of m is 0 or -1, so the bits of sqrt(1/2) are subtracted first. The offset of 2^7,
  // or 2^10 for double, makes k positive, because the shift has no sign. The sum becomes a
  // floating-point number as the fraction of integer_base.
  constexpr typename C::integer fraction = (typename C::integer(1) << C::fraction_bits) - 1;
  constexpr T offset = T(C::exponent_offset >> C::fraction_bits);
  const auto bits =
      V::iadd(V::isub(V::to_bits(scaled), V::iset1(C::sqrt_half)), V::iset1(C::exponent_offset));
  const auto whole = V::template ishr<C::fraction_bits>(bits);
  const Reg<V> k = V::from_bits(V::ior(whole, V::to_bits(constant<V>(C::integer_base))));
  const Reg<V> zero = V::select(subnormal, constant<V>(C::integer_base + offset + C::fraction_bits),
                                constant<V>(C::integer_base + offset));
  const auto m = V::iadd(V::iand(bits, V::iset1(fraction)), V::iset1(C::sqrt_half));
  return {V::sub(k, zero), V::from_bits(m)};
}

/// Returns k ln2 + log(1 + f) + extra, for a small extra. As in fdlibm, log(1 + f) is computed as
/// f - f^2/2 + s (f^2/2 + s^2 p(s^2)) with s = f / (2 + f), whose largest term is exact.
template <class V>
FILBERT_INLINE Reg<V> log_sum(Reg<V> k, Reg<V> f, Reg<V> extra) {
  using C = Constants<V>;
  const Reg<V> s = V::div(f, V::add(f, constant<V>(2)));
  const Reg<V> z = V::mul(s, s);
  const Reg<V> half_f = V::mul(f, constant<V>(typename V::scalar(0.5)));
  const Reg<V> inner = V::fma(z, polynomial<V>(z, C::log), V::mul(half_f, f));
  const Reg<V> low = V::fma(s, inner, V::fma(k, constant<V>(C::ln2_low), extra));
  return V::fma(k, constant<V>(C::ln2_high), V::add(f, V::fnma(half_f, f, low)));
}

template <class V>
FILBERT_INLINE Reg<V> log(Reg<V> x) {
  using C = Constants<V>;
  const LogParts<V> parts = log_parts<V>(x);
  const Reg<V> y = log_sum<V>(parts.k, V::sub(parts.m, constant<V>(1)), constant<V>(0));
  const auto zero = V::eq(x, constant<V>(0));
  const auto positive = V::gt(x, constant<V>(0));
  const Reg<V> infinity = constant<V>(C::infinity);
  const Reg<V> nan = V::sub(infinity, infinity);
  const Reg<V> special = V::select(zero, V::neg(infinity), V::select(positive, x, nan));
  return V::select(V::mask_and(positive, V::lt(x, infinity)), y, special);
}

template <class V>
FILBERT_INLINE Reg<V> log1p(Reg<V> x) {
  using C = Constants<V>;
  const Reg<V> one = constant<V>(1);
  const Reg<V> zero = constant<V>(0);
  const Reg<V> u = V::add(x, one);
  const Reg<V> x_in_u = V::sub(u, one);  // by TwoSum, u + lost = x + 1 exactly
  const Reg<V> lost = V::add(V::sub(one, V::sub(u, x_in_u)), V::sub(x, x_in_u));
  const LogParts<V> parts = log_parts<V>(u);
  const auto near = V::eq(parts.k, zero);  // then f = x is more exact than u - 1
  const Reg<V> f = V::select(near, x, V::sub(parts.m, one));
  const Reg<V> extra = V::select(near, zero, V::div(lost, u));     // nearly log(u + lost) - log(u)
  const Reg<V> y = V::copysign(log_sum<V>(parts.k, f, extra), x);  // -0 gives -0

  const auto inside = V::gt(x, constant<V>(-1));
  const Reg<V> infinity = constant<V>(C::infinity);
  const Reg<V> nan = V::sub(infinity, infinity);
  const Reg<V> special = V::select(V::eq(u, zero), V::neg(infinity), V::select(inside, x, nan));
  return V::select(V::mask_and(inside, V::lt(x, infinity)), y, special);
}

/// Returns 1 / (1 + e^-x), or +0 where that would be subnormal. For negative x it is computed as
/// e^x / (1 + e^x), so that the error of a large e^-x does not enter.
template <class V>
FILBERT_INLINE Reg<V> sigmoid(Reg<V> x) {
  const Reg<V> one = constant<V>(1);
  const Reg<V> e = exp<V>(V::neg(V::abs(x)));
  return V::div(V::select(V::lt(x, constant<V>(0)), e, one), V::add(one, e));
}

template <class V>
FILBERT_INLINE Reg<V> tanh(Reg<V> x) {
  using C = Constants<V>;
  const Reg<V> one = constant<V>(1);
  const Reg<V> a = V::abs(x);
  const Reg<V> u = V::mul(a, a);
  const Reg<V> near = V::fma(V::mul(a, u), polynomial<V>(u, C::tanh), a);
  const Reg<V> b = V::min(constant<V>(C::tanh_top), a);
  const Reg<V> e = exp_in_range<V>(V::add(b, b));
  const Reg<V> far = V::sub(one, V::div(constant<V>(2), V::add(e, one)));  // 1 - 2 / (e^2a + 1)
  const auto is_far = V::ge(a, constant<V>(C::tanh_split));  // false for a NaN, which `near` keeps
  return V::copysign(V::select(is_far, far, near), x);
}

template <class V>
FILBERT_INLINE Reg<V> erf(Reg<V> x) {
  using C = Constants<V>;
  const Reg<V> one = constant<V>(1);
  const Reg<V> a = V::abs(x);
  const Reg<V> near = V::fma(a, polynomial<V>(V::mul(a, a), C::erf), a);
  const Reg<V> t = V::sub(V::min(constant<V>(C::erf_top), a), one);
  const Reg<V> far = V::sub(one, exp_in_range<V>(V::neg(polynomial<V>(t, C::erfc))));
  return V::copysign(V::select(V::ge(a, one), far, near), x);
}

}  // namespace
}  // namespace filbert::math
