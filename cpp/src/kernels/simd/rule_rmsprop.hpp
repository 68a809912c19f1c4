// RMSprop steps along the gradient divided by the root of the mean of its squares, or by its
// standard deviation; with momentum or without.
#pragma once

#include "kernels/simd/rule.hpp"

namespace filbert {
namespace {

template <>
struct RuleMath<RmsProp> : RuleMathDefaults {
  template <class V>
  struct Numbers {
    typename V::reg learning_rate, rho, rho_rest, epsilon, momentum, centered;  // rest is 1 - rho
  };

  static Numbers<Doubles> numbers(const RmsProp& rule, const StepState& at) {
    return {.learning_rate = at.learning_rate,
            .rho = rule.rho,
            .rho_rest = 1.0 - rule.rho,
            .epsilon = rule.epsilon,
            .momentum = rule.momentum,
            .centered = rule.centered ? 1.0 : 0.0};
  }

  template <bool has_momentum, bool centered>
  struct Form {
    // Second moment, first moment if centered, velocity if there is momentum.
    static constexpr std::size_t buffers = 1 + (centered ? 1 : 0) + (has_momentum ? 1 : 0);

    template <class V>
    FILBERT_INLINE static typename V::reg step(typename V::reg w, typename V::reg g,
                                               typename V::reg* state, const Numbers<V>& n) {
      using reg = typename V::reg;
      state[0] = flush<V>(V::fma(n.rho, state[0], V::mul(n.rho_rest, V::mul(g, g))));
      reg square = state[0];
      if constexpr (centered) {
        state[1] = flush<V>(V::fma(n.rho, state[1], V::mul(n.rho_rest, g)));
        square = V::fnma(state[1], state[1], square);
        square = V::select(V::lt(square, V::set1(0)), V::set1(0), square);  // rounding may do that
      }
      const reg direction = V::div(g, V::add(V::sqrt(square), n.epsilon));
      if constexpr (!has_momentum) {
        return V::fnma(n.learning_rate, direction, w);
      } else {
        reg& velocity = state[buffers - 1];
        velocity = flush<V>(V::fma(n.momentum, velocity, direction));
        return V::fnma(n.learning_rate, velocity, w);
      }
    }
  };

  template <class N, class Then>
  static auto with_form(const N& n, Then then) {
    if (n.centered == 0)
      return n.momentum == 0 ? then(Form<false, false>{}) : then(Form<true, false>{});
    return n.momentum == 0 ? then(Form<false, true>{}) : then(Form<true, true>{});
  }
};

}  // namespace
}  // namespace filbert
