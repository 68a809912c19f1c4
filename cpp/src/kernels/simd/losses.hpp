// The losses over a vector type V that output kernels have inline, and the list of all. The others
// are in losses_of_classes.hpp and losses_of_values.hpp. docs/numerics.md lists the operations of
// each.
#pragma once

#include "kernels/simd/losses_of_classes.hpp"
#include "kernels/simd/losses_of_values.hpp"

namespace filbert {
namespace {

namespace losses {

/// Members that the losses have in common that output kernels have inline.
template <class V>
struct Inline : Defaults<V> {
  using reg = typename V::reg;
  static constexpr bool is_inline = true;
  /// Returns C_0, given the sum of its terms.
  FILBERT_INLINE reg finish(reg sum) const { return sum; }
};

template <class V>
struct SquaredError : Inline<V> {
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

template <class V>
struct CrossEntropy : Inline<V>, EntropyOfSoftmax<V> {
  using reg = typename V::reg;
  static constexpr CostOf cost_of = CostOf::minus_log_a;
  static constexpr bool fuses = true;
  /// The cost of a row whose target is a label. Only the output of that label has a term.
  FILBERT_INLINE reg cost_of_label(reg minus_log_a) const { return minus_log_a; }
};

template <class V>
struct BinaryCrossEntropy : Inline<V>, EntropyOfSigmoid<V> {
  static constexpr CostOf cost_of = CostOf::z;
  static constexpr bool fuses = true;
};

template <class V>
struct Huber : Inline<V> {
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
FILBERT_INLINE auto with_loss(const Loss& loss, Then then) {
  switch (loss.kind) {
    case LossKind::half_squared_error:
      return then(losses::HalfSquaredError<V>{});
    case LossKind::cross_entropy:
      if (loss.parameter != 0.0) return then(losses::SmoothedCrossEntropy<V>{});
      return then(losses::CrossEntropy<V>{});
    case LossKind::binary_cross_entropy:
      if (loss.parameter != 0.0) return then(losses::SmoothedBinaryCrossEntropy<V>{});
      return then(losses::BinaryCrossEntropy<V>{});
    case LossKind::huber:
      return then(losses::Huber<V>(loss.parameter));
    case LossKind::absolute_error:
      return then(losses::AbsoluteError<V>{});
    case LossKind::log_cosh:
      return then(losses::LogCosh<V>{});
    case LossKind::poisson:
      return then(losses::Poisson<V>{});
    case LossKind::quantile:
      return then(losses::Quantile<V>{});
    case LossKind::gaussian_nll:
      return then(losses::GaussianNll<V>{});
    case LossKind::hinge:
      return then(losses::Hinge<V>{});
    case LossKind::squared_hinge:
      return then(losses::SquaredHinge<V>{});
    case LossKind::kl_divergence:
      return then(losses::KlDivergence<V>{});
    case LossKind::focal:
      return then(losses::Focal<V>{});
    case LossKind::squared_error:
      break;
  }
  return then(losses::SquaredError<V>{});
}

/// Computes the terms of a loss that is not inline. It is compiled once for all layouts of outputs,
/// because these losses together are larger than everything else that output kernels do.
template <class V>
FILBERT_NOINLINE void compute_terms(LossTerms<V>& terms, const Loss& loss) {
  with_loss<V>(loss, [&](auto body) {
    if constexpr (!decltype(body)::is_inline) body.compute(terms);
  });
}

}  // namespace
}  // namespace filbert
