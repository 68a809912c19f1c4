// Activations that are made of exp, tanh, erf and the like, over a vector type V. activations.hpp
// says what their members mean.
#pragma once

#include "kernels/simd/activation_pieces.hpp"
#include "kernels/vec/math.hpp"

namespace filbert {
namespace {

namespace activations {

template <class V>
struct Sigmoid : Defaults {
  using reg = typename V::reg;
  FILBERT_INLINE reg value(reg z) const { return math::sigmoid<V>(z); }
  FILBERT_INLINE reg derive(reg a, reg da) const {
    return V::mul(da, V::mul(a, V::sub(V::set1(1), a)));
  }
};

template <class V>
struct Tanh : Defaults {
  using reg = typename V::reg;
  FILBERT_INLINE reg value(reg z) const { return math::tanh<V>(z); }
  FILBERT_INLINE reg derive(reg a, reg da) const { return V::mul(da, V::fnma(a, a, V::set1(1))); }
};

/// exp(z), which is infinite where that is beyond the largest number.
template <class V>
struct Exponential : Defaults {
  using reg = typename V::reg;
  FILBERT_INLINE reg value(reg z) const { return math::exp<V>(z); }
  FILBERT_INLINE reg derive(reg a, reg da) const { return V::mul(da, a); }
};

/// log(1 + exp(z)) = relu(z) + log(1 + exp(-|z|)). Its derivative, 1 / (1 + exp(-z)), is
/// 1 - exp(-a).
template <class V>
struct Softplus : Defaults {
  using reg = typename V::reg;
  FILBERT_INLINE reg value(reg z) const {
    return V::add(Relu<V>{}.value(z), math::log1p<V>(math::exp<V>(V::neg(V::abs(z)))));
  }
  FILBERT_INLINE reg derive(reg a, reg da) const {
    return V::mul(da, V::neg(math::expm1<V>(V::neg(a))));
  }
};

/// z / (1 + |z|). Its derivative is 1 / (1 + |z|)^2.
template <class V>
struct Softsign {
  using reg = typename V::reg;
  static constexpr bool derivative_of_z = true;
  FILBERT_INLINE static reg denominator(reg z) { return V::add(V::abs(z), V::set1(1)); }
  FILBERT_INLINE reg value(reg z) const { return V::div(z, denominator(z)); }
  FILBERT_INLINE reg derive(reg z, reg da) const {
    const reg reciprocal = V::div(V::set1(1), denominator(z));
    return V::mul(da, V::mul(reciprocal, reciprocal));
  }
};

/// alpha (exp(z) - 1) for z <= 0, with the derivative alpha exp(z) = a + alpha. The sign of a is
/// that of z, because alpha is not negative.
template <class V>
struct Elu : Defaults {
  using reg = typename V::reg;
  reg alpha;

  explicit Elu(double value) : alpha(V::set1(static_cast<typename V::scalar>(value))) {}
  FILBERT_INLINE reg value(reg z) const {
    return V::select(V::gt(z, V::set1(0)), z, V::mul(alpha, math::expm1<V>(z)));
  }
  FILBERT_INLINE reg derive(reg a, reg da) const {
    return V::select(V::gt(a, V::set1(0)), da, V::mul(da, V::add(a, alpha)));
  }
};

/// scale elu(z), with the numbers that keep the mean 0 and the variance 1 from layer to layer.
template <class V>
struct Selu : Defaults {
  using reg = typename V::reg;
  using T = typename V::scalar;
  FILBERT_INLINE static reg scale() { return V::set1(T(0x1.0cfabd6a91132p+0)); }
  FILBERT_INLINE static reg scale_alpha() { return V::set1(T(0x1.c212cc640f031p+0)); }
  FILBERT_INLINE reg value(reg z) const {
    return V::select(V::gt(z, V::set1(0)), V::mul(scale(), z),
                     V::mul(scale_alpha(), math::expm1<V>(z)));
  }
  FILBERT_INLINE reg derive(reg a, reg da) const {
    const reg slope = V::select(V::gt(a, V::set1(0)), scale(), V::add(a, scale_alpha()));
    return V::mul(da, slope);
  }
};

/// z / (1 + exp(-z)) = z P with P = sigmoid(z). Its derivative is P + z P (1 - P).
template <class V>
struct Silu {
  using reg = typename V::reg;
  static constexpr bool derivative_of_z = true;
  FILBERT_INLINE reg value(reg z) const { return V::mul(z, math::sigmoid<V>(z)); }
  FILBERT_INLINE reg derive(reg z, reg da) const {
    const reg p = math::sigmoid<V>(z);
    return V::mul(da, V::fma(z, V::mul(p, V::sub(V::set1(1), p)), p));
  }
};

/// z Phi(z), with Phi(z) = 1/2 + 1/2 erf(z / sqrt(2)). Its derivative is Phi(z) + z phi(z), with
/// the density phi(z) = exp(-z^2 / 2) / sqrt(2 pi).
template <class V>
struct Gelu {
  using reg = typename V::reg;
  using T = typename V::scalar;
  static constexpr bool derivative_of_z = true;
  FILBERT_INLINE static reg distribution(reg z) {
    const reg half = V::set1(T(0.5));
    return V::fma(half, math::erf<V>(V::mul(z, V::set1(T(0x1.6a09e667f3bcdp-1)))), half);
  }
  FILBERT_INLINE reg value(reg z) const { return V::mul(z, distribution(z)); }
  FILBERT_INLINE reg derive(reg z, reg da) const {
    const reg exponent = V::mul(V::mul(z, V::set1(T(-0.5))), z);
    const reg density = V::mul(math::exp<V>(exponent), V::set1(T(0x1.9884533d43651p-2)));
    return V::mul(da, V::fma(z, density, distribution(z)));
  }
};

/// z/2 (1 + tanh(u)) with u = sqrt(2 / pi) (z + 0.044715 z^3). That is z P with P = sigmoid(2 u),
/// which is more exact than the tanh where u is negative. Its derivative is
/// P + z P (1 - P) (2 u)'. Beyond +-32, P is 1 or 0: there u would overflow.
template <class V>
struct GeluTanh {
  using reg = typename V::reg;
  using T = typename V::scalar;
  static constexpr bool derivative_of_z = true;
  FILBERT_INLINE static reg linear() { return V::set1(T(0x1.9884533d43651p+0)); }
  struct Parts {
    reg square, p;
  };
  FILBERT_INLINE static Parts parts(reg z) {
    const reg c = clipped<V>(z, V::set1(-32), V::set1(32)), square = V::mul(c, c);
    const reg cubic = V::set1(T(0x1.2444f2a4d8b4bp-4));  // 0.044715 times the factor of z
    return {square, math::sigmoid<V>(V::mul(c, V::fma(square, cubic, linear())))};
  }
  FILBERT_INLINE reg value(reg z) const { return V::mul(z, parts(z).p); }
  FILBERT_INLINE reg derive(reg z, reg da) const {
    const Parts of = parts(z);
    const reg slope = V::fma(of.square, V::set1(T(0x1.b6676bf7450f0p-3)), linear());  // (2 u)'
    const reg steepness = V::mul(V::mul(of.p, V::sub(V::set1(1), of.p)), slope);
    return V::mul(da, V::fma(z, steepness, of.p));
  }
};

/// z t, with t = tanh(log(1 + exp(z))). Because tanh(log(u)) = (u^2 - 1) / (u^2 + 1), t is a
/// quotient of polynomials in exp(z), and so is its derivative. Where z is not negative, the
/// numerator and the denominator are both divided by the highest power of exp(z), so that neither
/// overflows.
template <class V>
struct Mish {
  using reg = typename V::reg;
  static constexpr bool derivative_of_z = true;
  struct Quotient {
    reg e, rest, numerator, denominator;  // e = exp(-|z|); t = numerator / denominator
  };
  FILBERT_INLINE static Quotient quotient(reg z) {
    const reg one = V::set1(1), e = math::exp<V>(V::neg(V::abs(z)));
    const auto negative = V::lt(z, V::set1(0));
    const reg power = V::select(negative, e, one), rest = V::select(negative, one, e);
    const reg numerator = V::fma(power, power, V::add(e, e));
    return {e, rest, numerator, V::fma(V::add(rest, rest), rest, numerator)};
  }
  FILBERT_INLINE reg value(reg z) const {
    const Quotient t = quotient(z);
    return V::mul(z, V::div(t.numerator, t.denominator));
  }
  FILBERT_INLINE reg derive(reg z, reg da) const {
    const Quotient t = quotient(z);
    const reg top = V::mul(V::mul(V::set1(4), V::add(t.e, V::set1(1))), V::mul(t.e, t.rest));
    const reg slope = V::div(top, V::mul(t.denominator, t.denominator));  // dt/dz
    return V::mul(da, V::fma(z, slope, V::div(t.numerator, t.denominator)));
  }
};

}  // namespace activations

}  // namespace
}  // namespace filbert
