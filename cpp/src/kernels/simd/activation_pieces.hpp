// Activations that consist of straight pieces, over a vector type V, and those that are made of
// such pieces by a product. activations.hpp says what their members mean.
#pragma once

#include "kernels/vec/vec_scalar.hpp"
#include "system/compiler.hpp"

namespace filbert {
namespace {

namespace activations {

/// Members that an activation inherits if it does not have them itself.
struct Defaults {
  static constexpr bool derivative_of_z = false;
};

/// Returns x, but the limit that it is beyond, if it is beyond one. A NaN and -0 pass.
template <class V>
FILBERT_INLINE typename V::reg clipped(typename V::reg x, typename V::reg low,
                                       typename V::reg high) {
  return V::select(V::lt(x, low), low, V::select(V::gt(x, high), high, x));
}

/// Returns x where low < a < high, else +0.
template <class V>
FILBERT_INLINE typename V::reg if_between(typename V::reg low, typename V::reg a,
                                          typename V::reg high, typename V::reg x) {
  return V::select(V::mask_and(V::gt(a, low), V::lt(a, high)), x, V::set1(0));
}

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

/// The sign of a is that of z, because the slope is not negative.
template <class V>
struct LeakyRelu : Defaults {
  using reg = typename V::reg;
  reg slope;

  explicit LeakyRelu(double value) : slope(V::set1(static_cast<typename V::scalar>(value))) {}
  FILBERT_INLINE reg value(reg z) const {
    return V::select(V::lt(z, V::set1(0)), V::mul(slope, z), z);
  }
  FILBERT_INLINE reg derive(reg a, reg da) const {
    return V::select(V::gt(a, V::set1(0)), da, V::mul(slope, da));
  }
};

template <class V>
struct Relu6 : Defaults {
  using reg = typename V::reg;
  FILBERT_INLINE reg value(reg z) const { return clipped<V>(z, V::set1(0), V::set1(6)); }
  FILBERT_INLINE reg derive(reg a, reg da) const {
    return if_between<V>(V::set1(0), a, V::set1(6), da);
  }
};

template <class V>
struct HardTanh : Defaults {
  using reg = typename V::reg;
  FILBERT_INLINE reg value(reg z) const { return clipped<V>(z, V::set1(-1), V::set1(1)); }
  FILBERT_INLINE reg derive(reg a, reg da) const {
    return if_between<V>(V::set1(-1), a, V::set1(1), da);
  }
};

/// z + 3 is clipped before the division, so that a is 0 at z = -3 and 1 at z = 3 exactly.
template <class V>
struct HardSigmoid : Defaults {
  using reg = typename V::reg;
  using T = typename V::scalar;
  FILBERT_INLINE reg value(reg z) const {
    const reg six = V::set1(6);
    return V::div(clipped<V>(V::add(z, V::set1(3)), V::set1(0), six), six);
  }
  FILBERT_INLINE reg derive(reg a, reg da) const {
    return if_between<V>(V::set1(0), a, V::set1(1), V::mul(da, V::set1(T(1) / T(6))));
  }
};

/// z times hard_sigmoid(z). Its derivative is 0 at z = -3 and 1 at z = 3.
template <class V>
struct HardSwish {
  using reg = typename V::reg;
  using T = typename V::scalar;
  static constexpr bool derivative_of_z = true;
  FILBERT_INLINE reg value(reg z) const { return V::mul(z, HardSigmoid<V>{}.value(z)); }
  FILBERT_INLINE reg derive(reg z, reg da) const {
    const reg slope = V::fma(z, V::set1(T(1) / T(3)), V::set1(T(0.5)));
    const reg middle = V::select(V::lt(z, V::set1(3)), V::mul(da, slope), da);
    return V::select(V::gt(z, V::set1(-3)), middle, V::set1(0));
  }
};

}  // namespace activations

}  // namespace
}  // namespace filbert
