// What the update rules have in common: docs/numerics.md, Update rules.
#pragma once

#include <cstddef>
#include <span>

#include "filbert/rules.hpp"
#include "kernels/vec/vec_scalar.hpp"
#include "system/compiler.hpp"

namespace filbert {
namespace {

/// The mathematics of the rule whose options R are. There is a specialisation for each, with:
///
///   Numbers<V>        the numbers of one step: members of type V::reg only; a flag is 0 or 1
///   numbers(...)      the same as doubles: kernels get them rounded to T
///   Form              the rule over a vector: `buffers` says how much state it uses, and step()
///                     returns w after the step, given w, the gradient with its penalties, the
///                     registers of state, which it updates, and the numbers
///
/// A rule that runs in several ways has a form for each, so that none of them branches in its loop,
/// and instead of Form a function with_form(n, f), which calls f with the form for these numbers.
template <class R>
struct RuleMath;

using Doubles = ScalarVec<double>;  // the V of numbers that are not rounded yet

/// What is added to the gradient before the rule sees it: weight_decay w, and the derivatives of
/// the penalties l1 sum |w| and l2 sum w^2.
struct Penalties {
  double weight_decay = 0.0, l1 = 0.0, l2_twice = 0.0;
};

/// What the numbers of a step are made of, beside the options.
struct StepState {
  double learning_rate;
  std::span<const double> running;  // running products, this step's factors included
};

/// What a rule's mathematics may leave out.
struct RuleMathDefaults {
  template <class R>
  static Penalties penalties(const R& rule) {
    return {.weight_decay = rule.weight_decay, .l1 = rule.l1, .l2_twice = 2.0 * rule.l2};
  }

  /// Multiplies the running products by the factors of one step.
  template <class R>
  static void advance(std::span<double> /*running*/, const R& /*rule*/) {}
};

/// State below the smallest normal number becomes +0: it would stick at a subnormal.
template <class V>
FILBERT_INLINE typename V::reg flush(typename V::reg x) {
  using T = typename V::scalar;
  constexpr T smallest = sizeof(T) == 4 ? T(0x1p-126) : T(0x1p-1022);
  return V::select(V::lt(V::abs(x), V::set1(smallest)), V::set1(0), x);
}

}  // namespace
}  // namespace filbert
