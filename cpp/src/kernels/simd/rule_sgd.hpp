// Stochastic gradient descent, with momentum or without.
#pragma once

#include "kernels/simd/rule.hpp"

namespace filbert {
namespace {

template <>
struct RuleMath<Sgd> : RuleMathDefaults {
  template <class V>
  struct Numbers {
    typename V::reg learning_rate, momentum, nesterov, rate_in_velocity;
  };

  static Numbers<Doubles> numbers(const Sgd& rule, const StepState& at) {
    return {.learning_rate = at.learning_rate,
            .momentum = rule.momentum,
            .nesterov = rule.nesterov ? 1.0 : 0.0,
            .rate_in_velocity = rule.rate_in_velocity ? 1.0 : 0.0};
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

  template <bool nesterov>
  struct FormWithRate {
    static constexpr std::size_t buffers = 1;  // velocity, of which the rate is a part

    template <class V>
    FILBERT_INLINE static typename V::reg step(typename V::reg w, typename V::reg g,
                                               typename V::reg* state, const Numbers<V>& n) {
      const typename V::reg move = V::mul(n.learning_rate, g);
      state[0] = flush<V>(V::fma(n.momentum, state[0], move));
      return V::sub(w, nesterov ? V::fma(n.momentum, state[0], move) : state[0]);
    }
  };

  template <class N, class Then>
  static auto with_form(const N& n, Then then) {
    if (n.momentum == 0) return then(Form<false, false>{});
    if (n.rate_in_velocity != 0) {
      return n.nesterov == 0 ? then(FormWithRate<false>{}) : then(FormWithRate<true>{});
    }
    return n.nesterov == 0 ? then(Form<true, false>{}) : then(Form<true, true>{});
  }
};

}  // namespace
}  // namespace filbert
