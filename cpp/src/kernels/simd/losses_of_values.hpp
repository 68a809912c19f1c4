// Losses of outputs that are values, over a vector type V: `compute` makes the terms of C_0 and
// dC_0/da. docs/numerics.md lists the operations of each.
#pragma once

#include "kernels/simd/loss_terms.hpp"

namespace filbert {
namespace {

namespace losses {

/// |d|, with d = a - y. Its derivative at 0 is 0.
template <class V>
struct AbsoluteError : Defaults<V> {
  using reg = typename V::reg;
  FILBERT_INLINE void compute(LossTerms<V>& t) const {
    const reg d = V::sub(t.a, t.y), zero = V::set1(0), one = V::set1(1);
    t.cost = V::abs(d);
    t.da = V::select(V::gt(d, zero), one, V::select(V::lt(d, zero), V::neg(one), d));
  }
};

/// log cosh d. With q = exp(-|d|) - 1 it is log(1 + q^2 / (2 + 2 q)), which keeps the digits of a
/// small d; and |d| + log(1 + exp(-2 |d|)) - log 2, which does not overflow.
template <class V>
struct LogCosh : Defaults<V> {
  using reg = typename V::reg;
  using T = typename V::scalar;
  FILBERT_INLINE void compute(LossTerms<V>& t) const {
    const reg one = V::set1(1), d = V::sub(t.a, t.y), size = V::abs(d);
    const reg q = math::expm1<V>(V::neg(size)), p = V::add(one, q);
    const auto near = V::lt(size, one);
    const reg log =
        math::log1p<V>(V::select(near, V::div(V::mul(q, q), V::add(p, p)), V::mul(p, p)));
    const reg far = V::add(size, V::sub(log, V::set1(T(0x1.62e42fefa39efp-1))));
    t.cost = V::select(near, log, far);
    t.da = math::tanh<V>(d);
  }
};

/// a - y log(a). Where a is below 2^-100 it counts as 2^-100 in the logarithm and in its
/// derivative, so that both stay finite.
template <class V>
struct Poisson : Defaults<V> {
  using reg = typename V::reg;
  FILBERT_INLINE void compute(LossTerms<V>& t) const {
    const reg least = V::set1(typename V::scalar(0x1p-100));
    const reg a = V::select(V::lt(t.a, least), least, t.a);
    t.cost = V::fnma(t.y, math::log<V>(a), t.a);
    t.da = V::sub(V::set1(1), V::div(t.y, a));
  }
};

/// -q d where d = a - y is negative, else (1 - q) d. Its derivative at 0 is 0.
template <class V>
struct Quantile : Defaults<V> {
  using reg = typename V::reg;
  FILBERT_INLINE void compute(LossTerms<V>& t) const {
    const reg d = V::sub(t.a, t.y), zero = V::set1(0);
    const auto above = V::gt(d, zero);
    const reg slope = V::select(above, V::sub(V::set1(1), t.parameter), V::neg(t.parameter));
    t.cost = V::mul(slope, d);
    t.da = V::select(V::mask_or(above, V::lt(d, zero)), slope, d);
  }
};

/// (s + (a - y)^2 exp(-s)) / 2, where s is the second output. s counts as at least -80 in the
/// exponential, so that this stays finite.
template <class V>
struct GaussianNll : Defaults<V> {
  using reg = typename V::reg;
  using T = typename V::scalar;
  static constexpr bool pairs = true;
  FILBERT_INLINE void compute(LossTerms<V>& t) const {
    const reg half = V::set1(T(0.5)), least = V::set1(-80), s = t.second;
    const reg bounded = V::select(V::lt(s, least), least, s);
    const reg w = math::exp<V>(V::mul(V::neg(half), bounded));  // 1 / the standard deviation
    const reg r = V::mul(V::sub(t.a, t.y), w);
    t.cost = V::mul(half, V::fma(r, r, s));
    t.da = V::mul(r, w);
    t.second_da = V::mul(half, V::fnma(r, r, V::set1(1)));
  }
};

/// max(0, m), with the margin that is missing, m = 1 - y a. Its derivative where m = 0 is 0.
template <class V>
struct Hinge : Defaults<V> {
  using reg = typename V::reg;
  FILBERT_INLINE static reg missing(const LossTerms<V>& t) {
    const reg zero = V::set1(0), m = V::fnma(t.y, t.a, V::set1(1));
    return V::select(V::lt(m, zero), zero, m);
  }
  FILBERT_INLINE void compute(LossTerms<V>& t) const {
    const reg zero = V::set1(0);
    t.cost = missing(t);
    t.da = V::select(V::gt(t.cost, zero), V::neg(t.y), t.cost);
  }
};

/// max(0, 1 - y a)^2.
template <class V>
struct SquaredHinge : Defaults<V> {
  using reg = typename V::reg;
  FILBERT_INLINE void compute(LossTerms<V>& t) const {
    const reg m = Hinge<V>::missing(t);
    t.cost = V::mul(m, m);
    t.da = V::mul(V::neg(t.y), V::add(m, m));
  }
};

}  // namespace losses
}  // namespace
}  // namespace filbert
