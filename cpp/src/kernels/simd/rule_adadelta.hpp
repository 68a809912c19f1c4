// Adadelta multiplies the gradient by the usual size of its steps, over that of its gradients.
#pragma once

#include "kernels/simd/rule.hpp"

namespace filbert {
namespace {

template <>
struct RuleMath<Adadelta> : RuleMathDefaults {
  template <class V>
  struct Numbers {
    typename V::reg learning_rate, rho, rho_rest, epsilon;  // rho_rest is 1 - rho
  };

  static Numbers<Doubles> numbers(const Adadelta& rule, const StepState& at) {
    return {.learning_rate = at.learning_rate,
            .rho = rule.rho,
            .rho_rest = 1.0 - rule.rho,
            .epsilon = rule.epsilon};
  }

  struct Form {
    static constexpr std::size_t buffers = 2;  // second moment, mean of squared steps

    template <class V>
    FILBERT_INLINE static typename V::reg step(typename V::reg w, typename V::reg g,
                                               typename V::reg* state, const Numbers<V>& n) {
      using reg = typename V::reg;
      state[0] = flush<V>(V::fma(n.rho, state[0], V::mul(n.rho_rest, V::mul(g, g))));
      // One root of the quotient, and not a quotient of two roots.
      const reg quotient = V::div(V::add(state[1], n.epsilon), V::add(state[0], n.epsilon));
      const reg along = V::mul(V::sqrt(quotient), g);
      state[1] = flush<V>(V::fma(n.rho, state[1], V::mul(n.rho_rest, V::mul(along, along))));
      return V::fnma(n.learning_rate, along, w);
    }
  };
};

}  // namespace
}  // namespace filbert
