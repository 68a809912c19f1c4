// The kernel `update`, over a vector type V: it finds the rule of a step and runs it over
// parameters.
#pragma once

#include <cstddef>
#include <limits>
#include <utility>
#include <variant>

#include "kernels/kernels.hpp"
#include "kernels/simd/rule_adadelta.hpp"
#include "kernels/simd/rule_adagrad.hpp"
#include "kernels/simd/rule_adam.hpp"
#include "kernels/simd/rule_adamax.hpp"
#include "kernels/simd/rule_lion.hpp"
#include "kernels/simd/rule_nadam.hpp"
#include "kernels/simd/rule_rmsprop.hpp"
#include "kernels/simd/rule_rprop.hpp"
#include "kernels/simd/rule_sgd.hpp"
#include "kernels/vec/vec_scalar.hpp"

namespace filbert {
namespace {

/// Calls body(i) for each whole vector of 0 .. size - 1, which begins at i, then body(i, part) for
/// what is left.
template <class V, class Body>
FILBERT_INLINE void for_parts(std::size_t size, Body body) {
  std::size_t i = 0;
  for (; i + V::lanes <= size; i += V::lanes) body(i);
  if constexpr (V::lanes > 1) {
    if (i < size) body(i, V::part_of(static_cast<int>(size - i)));
  }
}

template <class R, class V>
using NumbersOf = typename RuleMath<R>::template Numbers<V>;

/// How many numbers the rule R computes for a step.
template <class R>
constexpr std::size_t number_count = sizeof(NumbersOf<R, ScalarVec<double>>) / sizeof(double);

/// Returns a number of a step that is the same in all lanes, unless they have their own, which
/// in_each() returns.
template <class V, class InEach>
FILBERT_INLINE typename V::reg in_lanes(const UpdateStep<typename V::scalar>& step,
                                        typename V::scalar same, InEach in_each) {
  if constexpr (V::lanes > 1) {
    if (step.lanes != nullptr) return V::load(in_each());
  }
  return V::set1(same);
}

/// Returns the numbers of a step under their names, each in every lane, or in each lane that of
/// another network.
template <class R, class V>
FILBERT_INLINE NumbersOf<R, V> numbers_of(const UpdateStep<typename V::scalar>& step) {
  static_assert(number_count<R> <= most_numbers);
  return [&]<std::size_t... i>(std::index_sequence<i...>) {
    return NumbersOf<R, V>{
        in_lanes<V>(step, step.numbers[i], [&] { return step.lanes->numbers[i]; })...};
  }(std::make_index_sequence<number_count<R>>{});
}

/// Updates parameters and state at .. at + size - 1. The gradient is g, if that is scaled already,
/// or g times the step's scale.
template <class V>
using Updater = void (*)(const UpdateBuffers<typename V::scalar>& buffers, std::size_t at,
                         const UpdateStep<typename V::scalar>& step, bool scaled,
                         const typename V::scalar* g, std::size_t size);

/// The Updater of one form of the rule R.
template <class V, class R, class Form>
void run_form(const UpdateBuffers<typename V::scalar>& buffers, std::size_t at,
              const UpdateStep<typename V::scalar>& step, bool scaled, const typename V::scalar* g,
              std::size_t size) {
  using T = typename V::scalar;
  using reg = typename V::reg;
  const NumbersOf<R, V> numbers = numbers_of<R, V>(step);
  const reg scale =
      scaled ? V::set1(1) : in_lanes<V>(step, step.scale, [&] { return step.lanes->scale; });
  T* const w = buffers.w + at;
  T* state[most_state];
  for (std::size_t s = 0; s != Form::buffers; ++s) state[s] = buffers.state[s] + at;
  for_parts<V>(size, [&](std::size_t i, auto... part) {
    reg registers[most_state];
    for (std::size_t s = 0; s != Form::buffers; ++s) registers[s] = V::load(state[s] + i, part...);
    const reg gradient = V::mul(V::load(g + i, part...), scale);
    const reg weight =
        Form::template step<V>(V::load(w + i, part...), gradient, registers, numbers);
    for (std::size_t s = 0; s != Form::buffers; ++s) V::store(state[s] + i, registers[s], part...);
    V::store(w + i, weight, part...);
  });
}

/// Returns the Updater of the form of the rule R that a step takes.
template <class V, class R>
Updater<V> updater_of_rule(const UpdateStep<typename V::scalar>& step) {
  using Math = RuleMath<R>;
  if constexpr (requires { typename Math::Form; }) {
    return run_form<V, R, typename Math::Form>;
  } else {
    return Math::with_form(numbers_of<R, ScalarVec<typename V::scalar>>(step),
                           [](auto form) -> Updater<V> { return run_form<V, R, decltype(form)>; });
  }
}

/// Returns the Updater of a step. A rule without its mathematics does not compile here, unless it
/// has a loop of its own.
template <class V, std::size_t i = 0>
Updater<V> updater_of(const UpdateStep<typename V::scalar>& step) {
  if constexpr (i == std::variant_size_v<Rule>) {
    return nullptr;
  } else if constexpr (RuleTraits<std::variant_alternative_t<i, Rule>>::own_loop) {
    return updater_of<V, i + 1>(step);
  } else {
    if (step.rule != i) return updater_of<V, i + 1>(step);
    return updater_of_rule<V, std::variant_alternative_t<i, Rule>>(step);
  }
}

/// Whether a step clips the elements of the gradient.
template <class T>
FILBERT_INLINE bool clips(const UpdateStep<T>& step) {
  return step.most <= std::numeric_limits<T>::max();
}

/// Returns g, or the nearest number of at most that magnitude. A NaN stays one.
template <class V>
FILBERT_INLINE typename V::reg clipped(typename V::reg g, typename V::scalar most) {
  const typename V::reg high = V::set1(most), low = V::set1(-most);
  return V::select(V::gt(g, high), high, V::select(V::lt(g, low), low, g));
}

/// Computes the gradient, which is g times the step's scale, clipped, and adds the penalties to it.
template <class V>
void penalise(typename V::scalar* penalised, const typename V::scalar* g,
              const typename V::scalar* w, const UpdateStep<typename V::scalar>& step,
              std::size_t size) {
  using reg = typename V::reg;
  const UpdateStep<typename V::scalar> s = step;
  const reg zero = V::set1(0);
  const reg scale = in_lanes<V>(s, s.scale, [&] { return s.lanes->scale; });
  const reg decay = in_lanes<V>(s, s.weight_decay, [&] { return s.lanes->weight_decay; });
  const reg l1 = in_lanes<V>(s, s.l1, [&] { return s.lanes->l1; });
  const reg l2_twice = in_lanes<V>(s, s.l2_twice, [&] { return s.lanes->l2_twice; });
  // A penalty that is 0 in some lanes changes nothing there, not even the sign of a 0.
  const auto add = [&](reg penalty, reg of, reg gradient) {
    return V::select(V::ne(penalty, zero), V::fma(penalty, of, gradient), gradient);
  };
  for_parts<V>(size, [&](std::size_t i, auto... part) {
    const reg weight = V::load(w + i, part...);
    reg gradient = V::mul(V::load(g + i, part...), scale);
    if (clips(s)) gradient = clipped<V>(gradient, s.most);
    if (s.weight_decay != 0) gradient = add(decay, weight, gradient);
    if (s.l2_twice != 0) gradient = add(l2_twice, weight, gradient);
    if (s.l1 != 0) gradient = add(l1, sign<V>(weight), gradient);
    V::store(penalised + i, gradient, part...);
  });
}

/// A step with the function of its rule, which is the same for all parts of the parameters.
template <class V>
struct ReadyStep {
  explicit ReadyStep(const UpdateStep<typename V::scalar>& given)
      : step(given), updater(updater_of<V>(given)) {}

  const UpdateStep<typename V::scalar>& step;
  Updater<V> updater;
};

/// Does what update_part does where there are penalties, or the gradient is clipped. One loop adds
/// them for all rules: it puts a few hundred numbers of the gradient with its penalties into the
/// first cache, where the rule reads them.
template <class V>
FILBERT_NOINLINE void penalised_update(const ReadyStep<V>& ready,
                                       const UpdateBuffers<typename V::scalar>& buffers,
                                       std::size_t at, const typename V::scalar* g,
                                       std::size_t size) {
  constexpr std::size_t most = 512;
  typename V::scalar penalised[most];
  for (std::size_t i = 0; i < size; i += most) {
    const std::size_t count = size - i < most ? size - i : most;
    penalise<V>(penalised, g + i, buffers.w + at + i, ready.step, count);
    ready.updater(buffers, at + i, ready.step, true, penalised, count);
  }
}

/// Updates parameters and state at .. at + size - 1 with their summed gradient g.
template <class V>
FILBERT_INLINE void update_part(const ReadyStep<V>& ready,
                                const UpdateBuffers<typename V::scalar>& buffers, std::size_t at,
                                const typename V::scalar* g, std::size_t size) {
  const UpdateStep<typename V::scalar>& step = ready.step;
  if (step.weight_decay == 0 && step.l1 == 0 && step.l2_twice == 0 && !clips(step)) {
    ready.updater(buffers, at, step, false, g, size);
  } else {
    penalised_update<V>(ready, buffers, at, g, size);
  }
}

template <class V>
FILBERT_HOT void update(const UpdateBuffers<typename V::scalar>& buffers, std::size_t at,
                        const UpdateStep<typename V::scalar>& step, const typename V::scalar* g,
                        std::size_t size) {
  update_part<V>(ReadyStep<V>(step), buffers, at, g, size);
}

}  // namespace
}  // namespace filbert
