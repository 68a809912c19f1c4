// Stochastic gradient descent, with momentum or without.
#pragma once

#include "kernels/simd/rule.hpp"

namespace filbert {
namespace {

template <>
struct RuleMath<Sgd> : RuleMathDefaults {
  template <class V>
  struct Numbers {
    typename V::reg learning_rate, momentum, nesterov;
  };

  static Numbers<Doubles> numbers(const Sgd& rule, const StepState& at) {
    return {.learning_rate = at.learning_rate,
            .momentum = rule.momentum,
            .nesterov = rule.nesterov ? 1.0 : 0.0};
  }

  template <bool has_momentum, bool nesterov>
  struct Form {
    static constexpr std::size_t buffers = has_momentum ? 1 : 0;  // velocity

    template <class V>
    FILBERT_INLINE static typename V::reg step(typename V::reg w, typename V::reg g,
                                               typename V::reg* state, const Numbers<V>& n) {
      typename V::reg direction = g;
      if constexpr (has_momentum) {
        state[0] = flush<V>(V::fma(n.momentum, state[0], g));
        direction = nesterov ? V::fma(n.momentum, state[0], g) : state[0];
      }
      return V::fnma(n.learning_rate, direction, w);
    }
  };

  template <class N, class Then>
  static auto with_form(const N& n, Then then) {
    if (n.momentum == 0) return then(Form<false, false>{});
    return n.nesterov == 0 ? then(Form<true, false>{}) : then(Form<true, true>{});
  }
};

}  // namespace
}  // namespace filbert
