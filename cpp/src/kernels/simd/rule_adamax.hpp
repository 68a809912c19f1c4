// Adamax steps along the mean of the gradients divided by the largest of them, which fades
// exponentially.
#pragma once

#include "kernels/simd/rule.hpp"

namespace filbert {
namespace {

template <>
struct RuleMath<Adamax> : RuleMathDefaults {
  template <class V>
  struct Numbers {
    typename V::reg beta1, beta1_rest, beta2, epsilon;  // beta1_rest is 1 - beta1
    typename V::reg learning_rate;                      // learning_rate / (1 - beta1^t)
  };

  static void advance(std::span<double> running, const Adamax& rule, const StepOptions& /*at*/) {
    running[0] *= rule.beta1;
  }

  static Numbers<Doubles> numbers(const Adamax& rule, const StepState& at) {
    return {.beta1 = rule.beta1,
            .beta1_rest = 1.0 - rule.beta1,
            .beta2 = at.beta2,
            .epsilon = rule.epsilon,
            .learning_rate = at.learning_rate / (1.0 - at.running[0])};
  }

  struct Form {
    static constexpr std::size_t buffers = 2;  // first moment, infinity norm

    template <class V>
    FILBERT_INLINE static typename V::reg step(typename V::reg w, typename V::reg g,
                                               typename V::reg* state, const Numbers<V>& n) {
      state[0] = flush<V>(V::fma(n.beta1, state[0], V::mul(n.beta1_rest, g)));
      // It is at least epsilon, so it cannot fade away.
      state[1] = V::max(V::mul(n.beta2, state[1]), V::add(V::abs(g), n.epsilon));
      return V::fnma(n.learning_rate, V::div(state[0], state[1]), w);
    }
  };
};

}  // namespace
}  // namespace filbert
