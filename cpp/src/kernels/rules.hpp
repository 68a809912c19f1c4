// The update rules over a Vec V, elementwise: docs/numerics.md, Update rules.
#pragma once

#include "gemm.hpp"

namespace filbert {
namespace {

/// The scaled gradient with its penalties.
template <class V, class Step>
FILBERT_INLINE typename V::reg regularised(typename V::reg g, typename V::reg w, const Step& step) {
  using reg = typename V::reg;
  reg s = V::mul(g, V::set1(step.scale));
  if (step.weight_decay != 0) s = V::fma(V::set1(step.weight_decay), w, s);
  if (step.l2_twice != 0) s = V::fma(V::set1(step.l2_twice), w, s);
  if (step.l1 != 0) {
    const reg zero = V::set1(0);
    const reg sign =
        V::select(V::gt(w, zero), V::set1(1), V::select(V::lt(w, zero), V::set1(-1), zero));
    s = V::fma(V::set1(step.l1), sign, s);
  }
  return s;
}

/// Below the smallest normal number becomes +0.
template <class V>
FILBERT_INLINE typename V::reg flush(typename V::reg x) {
  using T = typename V::scalar;
  constexpr T smallest = sizeof(T) == 4 ? T(0x1p-126) : T(0x1p-1022);
  return V::select(V::lt(V::abs(x), V::set1(smallest)), V::set1(0), x);
}

/// Momentum: whether there is any. Plain: neither penalties nor Nesterov.
template <class V, bool Momentum, bool Plain>
struct SgdRule {
  using T = typename V::scalar;
  using reg = typename V::reg;

  T *w, *v;
  SgdStep<T> step;

  FILBERT_INLINE Ahead<T> ahead(std::size_t at, std::size_t ld, std::size_t rows,
                                std::size_t cols) const {
    return {.from = {w + at, Momentum ? v + at : nullptr}, .ld = ld, .rows = rows, .cols = cols};
  }

  /// Parameters and velocity at .. at + size - 1, with their summed gradient g.
  FILBERT_INLINE void operator()(std::size_t at, const T* g, std::size_t size) const {
    const SgdStep<T> s = step;  // a copy that no store can change
    for_lanes<V>(size, [&, w = w + at, v = v + at](std::size_t i, auto part) {
      const reg weight = load<V>(w + i, part), sum = load<V>(g + i, part);
      reg direction;
      if constexpr (Plain) {
        direction = V::mul(sum, V::set1(s.scale));
      } else {
        direction = regularised<V>(sum, weight, s);
      }
      if constexpr (Momentum) {
        const reg momentum = V::set1(s.momentum);
        const reg velocity = flush<V>(V::fma(momentum, load<V>(v + i, part), direction));
        store<V>(v + i, velocity, part);
        direction = !Plain && s.nesterov ? V::fma(momentum, velocity, direction) : velocity;
      }
      store<V>(w + i, V::fnma(V::set1(s.learning_rate), direction, weight), part);
    });
  }
};

/// Calls then(rule) with the rule that these numbers need.
template <class V, class Then>
FILBERT_INLINE void with_sgd_rule(typename V::scalar* w, typename V::scalar* v,
                                  const SgdStep<typename V::scalar>& step, Then then) {
  const bool plain = step.weight_decay == 0 && step.l1 == 0 && step.l2_twice == 0 && !step.nesterov;
  if (step.momentum == 0) {
    then(SgdRule<V, false, false>{w, w, step});
  } else if (plain) {
    then(SgdRule<V, true, true>{w, v, step});
  } else {
    then(SgdRule<V, true, false>{w, v, step});
  }
}

template <class V>
void sgd(typename V::scalar* w, typename V::scalar* v, const typename V::scalar* g,
         const SgdStep<typename V::scalar>& step, std::size_t size) {
  with_sgd_rule<V>(w, v, step, [&](const auto& rule) { rule(0, g, size); });
}

template <class V>
struct AdamRule {
  using T = typename V::scalar;
  using reg = typename V::reg;

  T *w, *first, *second;
  AdamStep<T> step;

  FILBERT_INLINE Ahead<T> ahead(std::size_t at, std::size_t ld, std::size_t rows,
                                std::size_t cols) const {
    return {.from = {w + at, first + at, second + at}, .ld = ld, .rows = rows, .cols = cols};
  }

  /// As SgdRule, with moments.
  FILBERT_INLINE void operator()(std::size_t at, const T* g, std::size_t size) const {
    const AdamStep<T> s = step;
    for_lanes<V>(
        size, [&, w = w + at, first = first + at, second = second + at](std::size_t i, auto part) {
          const reg weight = load<V>(w + i, part);
          const reg gradient = regularised<V>(load<V>(g + i, part), weight, s);
          const reg m = flush<V>(V::fma(V::set1(s.beta1), load<V>(first + i, part),
                                        V::mul(V::set1(s.beta1_rest), gradient)));
          const reg v = flush<V>(V::fma(V::set1(s.beta2), load<V>(second + i, part),
                                        V::mul(V::set1(s.beta2_rest), V::mul(gradient, gradient))));
          store<V>(first + i, m, part);
          store<V>(second + i, v, part);
          const reg root = V::fma(V::sqrt(v), V::set1(s.correction), V::set1(s.epsilon));
          store<V>(w + i, V::fnma(V::set1(s.learning_rate), V::div(m, root), weight), part);
        });
  }
};

template <class V>
void adam(typename V::scalar* w, typename V::scalar* first, typename V::scalar* second,
          const typename V::scalar* g, const AdamStep<typename V::scalar>& step, std::size_t size) {
  AdamRule<V>{w, first, second, step}(0, g, size);
}

}  // namespace
}  // namespace filbert
