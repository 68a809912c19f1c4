// Lion steps by the learning rate along the sign of a mean of the gradients, after the parameters
// have decayed.
#pragma once

#include "kernels/simd/rule.hpp"

namespace filbert {
namespace {

template <>
struct RuleMath<Lion> : RuleMathDefaults {
  template <class V>
  struct Numbers {
    typename V::reg learning_rate, beta1, beta1_rest, beta2, beta2_rest;  // a rest is 1 - beta
    typename V::reg decay;  // learning_rate * weight_decay
  };

  static Penalties penalties(const Lion& rule, const StepOptions& /*at*/) {
    return {.l1 = rule.l1, .l2_twice = 2 * rule.l2};
  }

  static Numbers<Doubles> numbers(const Lion& rule, const StepState& at) {
    return {.learning_rate = at.learning_rate,
            .beta1 = rule.beta1,
            .beta1_rest = 1.0 - rule.beta1,
            .beta2 = at.beta2,
            .beta2_rest = 1.0 - at.beta2,
            .decay = at.learning_rate * at.weight_decay};
  }

  struct Form {
    static constexpr std::size_t buffers = 1;  // first moment

    template <class V>
    FILBERT_INLINE static typename V::reg step(typename V::reg w, typename V::reg g,
                                               typename V::reg* state, const Numbers<V>& n) {
      using reg = typename V::reg;
      const reg mean = V::fma(n.beta1, state[0], V::mul(n.beta1_rest, g));
      state[0] = flush<V>(V::fma(n.beta2, state[0], V::mul(n.beta2_rest, g)));
      return V::fnma(n.learning_rate, sign<V>(mean), V::fnma(n.decay, w, w));
    }
  };
};

}  // namespace
}  // namespace filbert
