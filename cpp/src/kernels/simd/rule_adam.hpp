// Adam steps along the mean of the gradients divided by the root of the mean of their squares; both
// means fade exponentially. AdamW lets the parameters decay first, and then does the same.
#pragma once

#include <cmath>

#include "kernels/simd/rule.hpp"

namespace filbert {
namespace {

template <>
struct RuleMath<Adam> : RuleMathDefaults {
  template <class V>
  struct Numbers {
    typename V::reg beta1, beta1_rest, beta2, beta2_rest;  // a rest is 1 - beta
    typename V::reg epsilon;
    typename V::reg correction;     // 1 / sqrt(1 - beta2^t)
    typename V::reg learning_rate;  // learning_rate / (1 - beta1^t)
    typename V::reg amsgrad;
  };

  template <class R>
  static void advance(std::span<double> running, const R& rule, const StepOptions& at) {
    running[0] *= rule.beta1;
    running[1] *= at.beta2;
  }

  template <class R>
  static Numbers<Doubles> numbers(const R& rule, const StepState& at) {
    const double correction = 1.0 / std::sqrt(1.0 - at.running[1]);
    double epsilon = rule.epsilon;
    if constexpr (requires { rule.epsilon_inside; }) {
      if (rule.epsilon_inside) epsilon *= correction;
    }
    return {.beta1 = rule.beta1,
            .beta1_rest = 1.0 - rule.beta1,
            .beta2 = at.beta2,
            .beta2_rest = 1.0 - at.beta2,
            .epsilon = epsilon,
            .correction = correction,
            .learning_rate = at.learning_rate / (1.0 - at.running[0]),
            .amsgrad = rule.amsgrad ? 1.0 : 0.0};
  }

  template <bool amsgrad>
  struct Form {
    // First moment, second moment, and with amsgrad the largest second moment so far.
    static constexpr std::size_t buffers = amsgrad ? 3 : 2;

    template <class V, class N>
    FILBERT_INLINE static typename V::reg step(typename V::reg w, typename V::reg g,
                                               typename V::reg* state, const N& n) {
      using reg = typename V::reg;
      const reg m = flush<V>(V::fma(n.beta1, state[0], V::mul(n.beta1_rest, g)));
      const reg v = flush<V>(V::fma(n.beta2, state[1], V::mul(n.beta2_rest, V::mul(g, g))));
      state[0] = m;
      state[1] = v;
      if constexpr (amsgrad) state[2] = V::max(state[2], v);
      const reg divisor = V::sqrt(state[amsgrad ? 2 : 1]);
      const reg root = V::fma(divisor, n.correction, n.epsilon);
      return V::fnma(n.learning_rate, V::div(m, root), w);
    }
  };

  template <class N, class Then>
  static auto with_form(const N& n, Then then) {
    return n.amsgrad == 0 ? then(Form<false>{}) : then(Form<true>{});
  }
};

template <>
struct RuleMath<AdamW> : RuleMath<Adam> {
  template <class V>
  struct Numbers {
    typename V::reg beta1, beta1_rest, beta2, beta2_rest, epsilon, correction, learning_rate,
        amsgrad;
    typename V::reg decay;  // learning_rate * weight_decay
  };

  static Penalties penalties(const AdamW& rule, const StepOptions& /*at*/) {
    return {.l1 = rule.l1, .l2_twice = 2 * rule.l2};
  }

  static Numbers<Doubles> numbers(const AdamW& rule, const StepState& at) {
    const auto adam = RuleMath<Adam>::numbers(rule, at);
    return {.beta1 = adam.beta1,
            .beta1_rest = adam.beta1_rest,
            .beta2 = adam.beta2,
            .beta2_rest = adam.beta2_rest,
            .epsilon = adam.epsilon,
            .correction = adam.correction,
            .learning_rate = adam.learning_rate,
            .amsgrad = adam.amsgrad,
            .decay = at.learning_rate * at.weight_decay};
  }

  template <bool amsgrad>
  struct Form : RuleMath<Adam>::Form<amsgrad> {
    template <class V>
    FILBERT_INLINE static typename V::reg step(typename V::reg w, typename V::reg g,
                                               typename V::reg* state, const Numbers<V>& n) {
      return RuleMath<Adam>::Form<amsgrad>::template step<V>(V::fnma(n.decay, w, w), g, state, n);
    }
  };

  template <class N, class Then>
  static auto with_form(const N& n, Then then) {
    return n.amsgrad == 0 ? then(Form<false>{}) : then(Form<true>{});
  }
};

}  // namespace
}  // namespace filbert
