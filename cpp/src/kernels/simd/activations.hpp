// Every activation over a vector type V: a = value(z), and dC/dz = derive(from, dC/da). The
// argument `from` is what the derivative is computed from. It is z where derivative_of_z is true,
// and else a, which is in memory anyway, so that z need not be kept. docs/numerics.md lists the
// operations of each.
#pragma once

#include "filbert/activation.hpp"
#include "kernels/vec/math.hpp"

namespace filbert {
namespace {

namespace activations {

/// Members that an activation inherits if it does not have them itself.
struct Defaults {
  static constexpr bool derivative_of_z = false;
};

template <class V>
struct Identity : Defaults {
  using reg = typename V::reg;
  FILBERT_INLINE reg value(reg z) const { return z; }
  FILBERT_INLINE reg derive(reg /*a*/, reg da) const { return da; }
};

template <class V>
struct Relu : Defaults {
  using reg = typename V::reg;
  FILBERT_INLINE reg value(reg z) const {
    const reg zero = V::set1(0);
    return V::select(V::lt(z, zero), zero, z);
  }
  FILBERT_INLINE reg derive(reg a, reg da) const {
    const reg zero = V::set1(0);
    return V::select(V::gt(a, zero), da, zero);
  }
};

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

/// Calls then(body) with the mathematics of an activation. A kind without a case here does not
/// compile. softmax, which is not elementwise, has kernels of its own, and is the identity here.
template <class V, class Then>
FILBERT_INLINE auto with_activation(Activation activation, Then then) {
  switch (activation.kind) {
    case ActivationKind::relu:
      return then(activations::Relu<V>{});
    case ActivationKind::sigmoid:
      return then(activations::Sigmoid<V>{});
    case ActivationKind::tanh:
      return then(activations::Tanh<V>{});
    case ActivationKind::gelu:
      return then(activations::Gelu<V>{});
    case ActivationKind::mish:
      return then(activations::Mish<V>{});
    case ActivationKind::identity:
    case ActivationKind::softmax:
      break;
  }
  return then(activations::Identity<V>{});
}

/// Whether the derivative of an activation is computed from z and not from a.
template <class V>
FILBERT_INLINE bool derivative_of_z(Activation activation) {
  return with_activation<V>(activation, [](auto body) { return body.derivative_of_z; });
}

}  // namespace
}  // namespace filbert
