// RProp goes by the sign of the gradient alone: each parameter has a step size, which grows while
// the sign stays and shrinks when it changes.
#pragma once

#include "kernels/simd/rule.hpp"

namespace filbert {
namespace {

template <>
struct RuleMath<RProp> : RuleMathDefaults {
  template <class V>
  struct Numbers {
    typename V::reg learning_rate, eta_minus, eta_plus, smallest_step, largest_step;
  };

  static Numbers<Doubles> numbers(const RProp& rule, const StepState& at) {
    return {.learning_rate = at.learning_rate,
            .eta_minus = rule.eta_minus,
            .eta_plus = rule.eta_plus,
            .smallest_step = rule.smallest_step,
            .largest_step = rule.largest_step};
  }

  struct Form {
    static constexpr std::size_t buffers = 2;  // step size, previous gradient

    template <class V>
    FILBERT_INLINE static typename V::reg step(typename V::reg w, typename V::reg g,
                                               typename V::reg* state, const Numbers<V>& n) {
      using reg = typename V::reg;
      const reg zero = V::set1(0), product = V::mul(g, state[1]);
      const auto turned = V::lt(product, zero);
      // A step size is 0 before the first step only.
      const reg old = V::select(V::eq(state[0], zero), n.learning_rate, state[0]);
      const reg factor =
          V::select(turned, n.eta_minus, V::select(V::gt(product, zero), n.eta_plus, V::set1(1)));
      const reg size = V::min(V::max(V::mul(old, factor), n.smallest_step), n.largest_step);
      const reg gradient = V::select(turned, zero, g);
      state[0] = size;
      state[1] = gradient;
      return V::fnma(size, sign<V>(gradient), w);
    }
  };
};

}  // namespace
}  // namespace filbert
