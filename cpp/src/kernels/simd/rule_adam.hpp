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
  };

  template <class R>
  static void advance(std::span<double> running, const R& rule) {
    running[0] *= rule.beta1;
    running[1] *= rule.beta2;
  }

  template <class R>
  static Numbers<Doubles> numbers(const R& rule, const StepState& at) {
    return {.beta1 = rule.beta1,
            .beta1_rest = 1.0 - rule.beta1,
            .beta2 = rule.beta2,
            .beta2_rest = 1.0 - rule.beta2,
            .epsilon = rule.epsilon,
            .correction = 1.0 / std::sqrt(1.0 - at.running[1]),
            .learning_rate = at.learning_rate / (1.0 - at.running[0])};
  }

  struct Form {
    static constexpr std::size_t buffers = 2;  // first moment, second moment

    template <class V, class N>
    FILBERT_INLINE static typename V::reg step(typename V::reg w, typename V::reg g,
                                               typename V::reg* state, const N& n) {
      using reg = typename V::reg;
      const reg m = flush<V>(V::fma(n.beta1, state[0], V::mul(n.beta1_rest, g)));
      const reg v = flush<V>(V::fma(n.beta2, state[1], V::mul(n.beta2_rest, V::mul(g, g))));
      state[0] = m;
      state[1] = v;
      const reg root = V::fma(V::sqrt(v), n.correction, n.epsilon);
      return V::fnma(n.learning_rate, V::div(m, root), w);
    }
  };
};

template <>
struct RuleMath<AdamW> : RuleMath<Adam> {
  template <class V>
  struct Numbers {
    typename V::reg beta1, beta1_rest, beta2, beta2_rest, epsilon, correction, learning_rate;
    typename V::reg decay;  // learning_rate * weight_decay
  };

  static Penalties penalties(const AdamW& rule) { return {.l1 = rule.l1, .l2_twice = 2 * rule.l2}; }

  static Numbers<Doubles> numbers(const AdamW& rule, const StepState& at) {
    const auto adam = RuleMath<Adam>::numbers(rule, at);
    return {.beta1 = adam.beta1,
            .beta1_rest = adam.beta1_rest,
            .beta2 = adam.beta2,
            .beta2_rest = adam.beta2_rest,
            .epsilon = adam.epsilon,
            .correction = adam.correction,
            .learning_rate = adam.learning_rate,
            .decay = at.learning_rate * rule.weight_decay};
  }

  struct Form {
    static constexpr std::size_t buffers = 2;

    template <class V>
    FILBERT_INLINE static typename V::reg step(typename V::reg w, typename V::reg g,
                                               typename V::reg* state, const Numbers<V>& n) {
      return RuleMath<Adam>::Form::template step<V>(V::fnma(n.decay, w, w), g, state, n);
    }
  };
};

}  // namespace
}  // namespace filbert
