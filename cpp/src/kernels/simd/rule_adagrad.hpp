// Adagrad steps along the gradient divided by the root of the sum of its squares so far.
#pragma once

#include "kernels/simd/rule.hpp"

namespace filbert {
namespace {

template <>
struct RuleMath<Adagrad> : RuleMathDefaults {
  template <class V>
  struct Numbers {
    typename V::reg learning_rate, epsilon;
  };

  static Numbers<Doubles> numbers(const Adagrad& rule, const StepState& at) {
    return {.learning_rate = at.learning_rate, .epsilon = rule.epsilon};
  }

  struct Form {
    static constexpr std::size_t buffers = 1;  // sum of squares

    template <class V>
    FILBERT_INLINE static typename V::reg step(typename V::reg w, typename V::reg g,
                                               typename V::reg* state, const Numbers<V>& n) {
      state[0] = flush<V>(V::fma(g, g, state[0]));
      const typename V::reg root = V::add(V::sqrt(state[0]), n.epsilon);
      return V::fnma(n.learning_rate, V::div(g, root), w);
    }
  };
};

}  // namespace
}  // namespace filbert
