// Losses of outputs that are probabilities of classes, over a vector type V: `compute` makes the
// terms of C_0, dC_0/da and dC_0/dz. docs/numerics.md lists the operations of each.
#pragma once

#include "kernels/simd/loss_terms.hpp"

namespace filbert {
namespace {

namespace losses {

/// Returns y / a, but 0 where y is 0, even if a is 0 too.
template <class V>
FILBERT_INLINE typename V::reg quotient(typename V::reg y, typename V::reg a) {
  const typename V::reg zero = V::set1(0);
  return V::select(V::eq(y, zero), zero, V::div(y, a));
}

/// -y log a, for a softmax.
template <class V>
struct EntropyOfSoftmax {
  using reg = typename V::reg;
  FILBERT_INLINE reg cost(reg minus_log_a, reg y) const {
    const reg zero = V::set1(0);
    return V::select(V::eq(y, zero), zero, V::mul(y, minus_log_a));
  }
  FILBERT_INLINE reg derivative(reg a, reg y) const {
    const reg zero = V::set1(0);
    return V::select(V::eq(y, zero), zero, V::neg(quotient<V>(y, a)));
  }
  /// The same where a is the logarithm of a softmax.
  FILBERT_INLINE reg derivative_of_log(reg y) const { return V::sub(V::set1(0), y); }
};

/// -y log a - (1 - y) log(1 - a) = relu(z) - y z + log(1 + exp(-|z|)), for a sigmoid.
template <class V>
struct EntropyOfSigmoid {
  using reg = typename V::reg;
  FILBERT_INLINE reg cost(reg z, reg y) const {
    const reg zero = V::set1(0);
    const auto negative = V::lt(z, zero);
    const reg relu = V::select(negative, zero, z), below = V::select(negative, z, V::neg(z));
    return V::add(V::fnma(y, z, relu), math::log1p<V>(math::exp<V>(below)));
  }
  FILBERT_INLINE reg derivative(reg a, reg y) const {
    const reg one = V::set1(1);
    return V::sub(quotient<V>(V::sub(one, y), V::sub(one, a)), quotient<V>(y, a));
  }
};

/// Members of the losses whose dC_0/dz is a - y.
template <class V>
struct Fused : Defaults<V> {
  static constexpr bool fuses = true;
  static constexpr bool makes_dz = true;
};

/// The derivatives of a cross entropy, for a softmax or the logarithm of one.
template <class V>
FILBERT_INLINE void derive_entropy(LossTerms<V>& t) {
  const EntropyOfSoftmax<V> entropy;
  if (t.of_logarithms) {
    t.da = entropy.derivative_of_log(t.y);
    t.dz = V::sub(math::exp<V>(t.a), t.y);
  } else {
    t.da = entropy.derivative(t.a, t.y);
    t.dz = V::sub(t.a, t.y);
  }
}

template <class V>
struct SmoothedCrossEntropy : Fused<V> {
  FILBERT_INLINE void compute(LossTerms<V>& t) const {
    t.cost = EntropyOfSoftmax<V>().cost(t.minus_log_a, t.y);
    derive_entropy<V>(t);
  }
};

template <class V>
struct SmoothedBinaryCrossEntropy : Fused<V> {
  FILBERT_INLINE void compute(LossTerms<V>& t) const {
    const EntropyOfSigmoid<V> entropy;
    t.cost = entropy.cost(t.z, t.y);
    t.da = entropy.derivative(t.a, t.y);
    t.dz = V::sub(t.a, t.y);
  }
};

/// y log(y / a).
template <class V>
struct KlDivergence : Fused<V> {
  using reg = typename V::reg;
  FILBERT_INLINE void compute(LossTerms<V>& t) const {
    const EntropyOfSoftmax<V> entropy;
    const reg y = V::select(V::gt(t.y, V::set1(0)), t.y, V::set1(1));  // rounding may go below 0
    t.cost = entropy.cost(V::add(math::log<V>(y), t.minus_log_a), t.y);
    derive_entropy<V>(t);
  }
};

/// The cross entropies with a factor u^gamma in each term, u being how far the answer is from being
/// right (Lin et al. 2017).
///
/// The term of an output of a softmax is y u^gamma l, with u = 1 - a and l = -log a. So
/// a dC_0/da = -y u^gamma (gamma a l / u + 1), from which dC_0/dz follows without a division by a.
///
/// The term of a sigmoid is u^gamma B, with the binary cross entropy B and u = y (1 - a) + (1 - y)
/// a. Its dC_0/dz is u^gamma (gamma (1 - 2 y) B a (1 - a) / u + a - y).
template <class V>
struct Focal : Defaults<V> {
  using reg = typename V::reg;
  static constexpr bool makes_dz = true;

  /// Returns u^gamma.
  FILBERT_INLINE static reg power(reg u, reg gamma) {
    const reg zero = V::set1(0), exponent = V::mul(gamma, math::log<V>(u));
    return math::exp<V>(V::select(V::eq(gamma, zero), zero, exponent));
  }
  FILBERT_INLINE void compute(LossTerms<V>& t) const {
    const reg zero = V::set1(0), one = V::set1(1), rest = V::sub(one, t.a), gamma = t.parameter;
    const reg wrong = V::fma(t.y, rest, V::mul(V::sub(one, t.y), t.a));
    const reg of_sigmoid = V::select(V::lt(wrong, zero), zero, wrong);  // rounding of y
    const reg u = t.of_softmax ? rest : of_sigmoid;
    const reg factor = power(u, gamma);
    const auto ratio = [&](reg top) { return V::select(V::eq(u, zero), zero, V::div(top, u)); };
    if (t.of_softmax) {
      t.cost = EntropyOfSoftmax<V>().cost(V::mul(factor, t.minus_log_a), t.y);
      const reg slope = V::fma(gamma, ratio(V::mul(t.a, t.minus_log_a)), one);
      t.dz = V::mul(V::neg(t.y), V::mul(factor, slope));
      t.da = quotient<V>(t.dz, t.a);
    } else {
      const reg entropy = EntropyOfSigmoid<V>().cost(t.z, t.y);
      t.cost = V::mul(factor, entropy);
      const reg side = V::fnma(V::set1(2), t.y, one), spread = V::mul(t.a, rest);
      const reg slope = V::mul(V::mul(gamma, side), entropy);
      t.dz = V::mul(factor, V::fma(slope, ratio(spread), V::sub(t.a, t.y)));
      t.da = quotient<V>(t.dz, spread);
    }
  }
};

}  // namespace losses
}  // namespace
}  // namespace filbert
