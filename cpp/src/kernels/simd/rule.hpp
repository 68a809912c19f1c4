// What the update rules have in common. docs/numerics.md lists their operations under Update rules.
#pragma once

#include <cstddef>
#include <span>

#include "filbert/rules.hpp"
#include "kernels/kernels.hpp"
#include "kernels/vec/vec_scalar.hpp"
#include "system/compiler.hpp"

namespace filbert {
namespace {

/// The mathematics of the rule whose options R are. There is a specialisation for each, with:
///
///   Numbers<V>        a struct of the numbers of one step. All its members have the type V::reg,
///                     and a flag is 0 or 1.
///   numbers(...)      returns these numbers as doubles. Kernels get them rounded to T.
///   Form              the rule over a vector. `buffers` is the number of buffers of state that it
///                     uses. step() takes w, the gradient with its penalties, the registers of
///                     state and the numbers; it updates the state and returns the new w.
///
/// A rule that runs in several ways has a form for each, so that none of them branches in its loop,
/// and instead of Form a function with_form(n, f), which calls f with the form for these numbers.
template <class R>
struct RuleMath;

/// The vector type V of numbers that are not rounded yet.
using Doubles = ScalarVec<double>;

/// What is added to the gradient before the rule sees it: weight_decay w, and the derivatives of
/// the penalties l1 sum |w| and l2 sum w^2.
struct Penalties {
  double weight_decay = 0.0, l1 = 0.0, l2_twice = 0.0;
};

/// What the numbers of a step depend on beside the options.
struct StepState : StepOptions {
  std::span<const double> running;  // running products, which include this step's factors
};

/// Members that a rule's mathematics inherits if it does not have them itself.
struct RuleMathDefaults {
  template <class R>
  static Penalties penalties(const R& rule, const StepOptions& at) {
    return {.weight_decay = at.weight_decay, .l1 = rule.l1, .l2_twice = 2.0 * rule.l2};
  }

  /// Multiplies the running products by the factors of one step.
  template <class R>
  static void advance(std::span<double> /*running*/, const R& /*rule*/, const StepOptions& /*at*/) {
  }
};

/// Returns 1, 0 or -1; 0 for a NaN.
template <class V>
FILBERT_INLINE typename V::reg sign(typename V::reg x) {
  const typename V::reg zero = V::set1(0);
  const typename V::reg negative = V::select(V::lt(x, zero), V::set1(-1), zero);
  return V::select(V::gt(x, zero), V::set1(1), negative);
}

/// Replaces numbers below the smallest normal number by +0. Without that, state that fades away
/// would stick at a subnormal number, which is slow.
template <class V>
FILBERT_INLINE typename V::reg flush(typename V::reg x) {
  using T = typename V::scalar;
  constexpr T smallest = sizeof(T) == 4 ? T(0x1p-126) : T(0x1p-1022);
  return V::select(V::lt(V::abs(x), V::set1(smallest)), V::set1(0), x);
}

}  // namespace
}  // namespace filbert
