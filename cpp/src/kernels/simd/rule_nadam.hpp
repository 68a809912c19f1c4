// NAdam steps as Adam does, with a momentum that looks a step ahead (Nesterov's) and grows from one
// half of beta1 to beta1.
#pragma once

#include <cmath>

#include "kernels/simd/rule.hpp"
#include "kernels/vec/math.hpp"

namespace filbert {
namespace {

template <>
struct RuleMath<NAdam> : RuleMathDefaults {
  template <class V>
  struct Numbers {
    typename V::reg beta1, beta1_rest, beta2, beta2_rest;  // a rest is 1 - beta
    typename V::reg epsilon;
    typename V::reg correction;            // 1 / sqrt(1 - beta2^t)
    typename V::reg of_gradient, of_mean;  // how far the step goes along g, and along the mean
  };

  /// Returns 0.96^momentum_decay, by which the distance of the momentum from beta1 shrinks.
  static double factor(const NAdam& rule) {
    constexpr double log_of_base = -0x1.4e69ed6d80eaep-5;  // log(0.96)
    return math::exp<Doubles>(rule.momentum_decay * log_of_base);
  }
  static double momentum(const NAdam& rule, double power) {
    return rule.beta1 * (1.0 - 0.5 * power);
  }

  static void advance(std::span<double> running, const NAdam& rule, const StepOptions& at) {
    running[2] *= factor(rule);
    running[0] *= momentum(rule, running[2]);
    running[1] *= at.beta2;
  }

  static Numbers<Doubles> numbers(const NAdam& rule, const StepState& at) {
    const double product = at.running[0], power = at.running[2];
    const double now = momentum(rule, power), next = momentum(rule, power * factor(rule));
    return {.beta1 = rule.beta1,
            .beta1_rest = 1.0 - rule.beta1,
            .beta2 = at.beta2,
            .beta2_rest = 1.0 - at.beta2,
            .epsilon = rule.epsilon,
            .correction = 1.0 / std::sqrt(1.0 - at.running[1]),
            .of_gradient = at.learning_rate * (1.0 - now) / (1.0 - product),
            .of_mean = at.learning_rate * next / (1.0 - product * next)};
  }

  struct Form {
    static constexpr std::size_t buffers = 2;  // first moment, second moment

    template <class V>
    FILBERT_INLINE static typename V::reg step(typename V::reg w, typename V::reg g,
                                               typename V::reg* state, const Numbers<V>& n) {
      using reg = typename V::reg;
      const reg m = flush<V>(V::fma(n.beta1, state[0], V::mul(n.beta1_rest, g)));
      const reg v = flush<V>(V::fma(n.beta2, state[1], V::mul(n.beta2_rest, V::mul(g, g))));
      state[0] = m;
      state[1] = v;
      const reg root = V::fma(V::sqrt(v), n.correction, n.epsilon);
      const reg along = V::fma(n.of_mean, m, V::mul(n.of_gradient, g));
      return V::sub(w, V::div(along, root));
    }
  };
};

}  // namespace
}  // namespace filbert
