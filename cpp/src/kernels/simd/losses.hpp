// Every loss over a vector type V: the term of an output in C_0, and dC_0/da. docs/numerics.md
// lists the operations of each.
#pragma once

#include "filbert/loss.hpp"
#include "kernels/vec/math.hpp"

namespace filbert {
namespace {

/// What the cost of an output is computed from.
enum class CostOf : unsigned char {
  a,            // the activation
  z,            // the weighted sum, from which the cost of a sigmoid is more exact
  minus_log_a,  // -log(a) of a softmax, or -a of a log_softmax: log(s) - (z - max z), s being the
                // sum of exp(z - max z)
};

namespace losses {

/// Members that a loss inherits if it does not have them itself.
template <class V>
struct Defaults {
  using reg = typename V::reg;
  static constexpr CostOf cost_of = CostOf::a;
  /// Whether dC_0/dz is a - y, or exp(a) - y of a log_softmax, and is not computed from dC_0/da
  /// through the output activation.
  static constexpr bool fuses = false;
  /// Returns C_0, given the sum of its terms.
  FILBERT_INLINE reg finish(reg sum) const { return sum; }
};

template <class V>
struct SquaredError : Defaults<V> {
  using reg = typename V::reg;
  FILBERT_INLINE reg cost(reg a, reg y) const {
    const reg d = V::sub(a, y);
    return V::mul(d, d);
  }
  FILBERT_INLINE reg derivative(reg a, reg y) const {
    const reg d = V::sub(a, y);
    return V::add(d, d);
  }
};

template <class V>
struct HalfSquaredError : SquaredError<V> {
  using reg = typename V::reg;
  FILBERT_INLINE reg derivative(reg a, reg y) const { return V::sub(a, y); }
  FILBERT_INLINE reg finish(reg sum) const { return V::mul(V::set1(typename V::scalar(0.5)), sum); }
};

/// Returns y / a, but 0 where y is 0, even if a is 0 too.
template <class V>
FILBERT_INLINE typename V::reg quotient(typename V::reg y, typename V::reg a) {
  const typename V::reg zero = V::set1(0);
  return V::select(V::eq(y, zero), zero, V::div(y, a));
}

template <class V>
struct CrossEntropy : Defaults<V> {
  using reg = typename V::reg;
  static constexpr CostOf cost_of = CostOf::minus_log_a;
  static constexpr bool fuses = true;
  FILBERT_INLINE reg cost(reg minus_log_a, reg y) const {
    const reg zero = V::set1(0);
    return V::select(V::eq(y, zero), zero, V::mul(y, minus_log_a));
  }
  /// The cost of a row whose target is a label. Only the output of that label has a term.
  FILBERT_INLINE reg cost_of_label(reg minus_log_a) const { return minus_log_a; }
  FILBERT_INLINE reg derivative(reg a, reg y) const {
    const reg zero = V::set1(0);
    return V::select(V::eq(y, zero), zero, V::neg(quotient<V>(y, a)));
  }
  /// The same where a is the logarithm of a softmax.
  FILBERT_INLINE reg derivative_of_log(reg y) const { return V::sub(V::set1(0), y); }
};

template <class V>
struct BinaryCrossEntropy : Defaults<V> {
  using reg = typename V::reg;
  static constexpr CostOf cost_of = CostOf::z;
  static constexpr bool fuses = true;
  /// -y log a - (1 - y) log(1 - a) = relu(z) - y z + log(1 + exp(-|z|)).
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

template <class V>
struct Huber : Defaults<V> {
  using reg = typename V::reg;
  reg delta, half_delta;

  explicit Huber(double value)
      : delta(V::set1(static_cast<typename V::scalar>(value))),
        half_delta(V::mul(V::set1(typename V::scalar(0.5)), delta)) {}
  FILBERT_INLINE reg cost(reg a, reg y) const {
    const reg d = V::sub(a, y), size = V::abs(d);
    const reg square = V::mul(V::mul(V::set1(typename V::scalar(0.5)), d), d);
    return V::select(V::gt(size, delta), V::mul(delta, V::sub(size, half_delta)), square);
  }
  FILBERT_INLINE reg derivative(reg a, reg y) const {
    const reg d = V::sub(a, y);
    return V::select(V::gt(V::abs(d), delta), V::copysign(delta, d), d);
  }
};

}  // namespace losses

/// Calls then(body) with the mathematics of a loss. A kind without a case here does not compile.
template <class V, class Then>
FILBERT_INLINE auto with_loss(Loss loss, Then then) {
  switch (loss.kind) {
    case LossKind::half_squared_error:
      return then(losses::HalfSquaredError<V>{});
    case LossKind::cross_entropy:
      return then(losses::CrossEntropy<V>{});
    case LossKind::binary_cross_entropy:
      return then(losses::BinaryCrossEntropy<V>{});
    case LossKind::huber:
      return then(losses::Huber<V>(loss.parameter));
    case LossKind::squared_error:
      break;
  }
  return then(losses::SquaredError<V>{});
}

}  // namespace
}  // namespace filbert
