// The form of the table in which everything is said of an update rule that can be said in words:
// its options with their ranges, and the buffers of state that it keeps. rules.hpp has the tables.
#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <variant>

#include "filbert/option_table.hpp"
#include "filbert/schedule.hpp"

namespace filbert {

/// A row of the table of options of the rule R: a rule computes with `multiple` times the option.
template <class R>
using RuleOption = Option<R, double, bool, std::size_t, Schedule>;

/// A buffer of state: a number for each parameter, which the rule keeps from step to step.
template <class R>
struct RuleState {
  std::string_view name;
  /// Kept where this option is above 0 or true; always where none is given.
  std::variant<std::monostate, double R::*, bool R::*> needed_by = {};
};

/// What is known of the rule whose options R are. There is a specialisation for each, with the
/// members `name`, `options` and `state`.
template <class R>
struct RuleTraits;

/// What a rule's traits may leave out.
struct RuleDefaults {
  /// How many running products it keeps: numbers that each step multiplies, from 1 on.
  static constexpr std::size_t running = 0;

  /// Whether it is made for gradients of the whole data set, which are then what fit takes unless
  /// it is told a size of batches.
  static constexpr bool full_batch = false;

  /// Whether it is no rule for one step along a gradient, but a loop of fit's own, in
  /// training/lbfgs.cpp. Kernels then have no body of it.
  static constexpr bool own_loop = false;

  /// How many numbers each buffer of state has for a parameter.
  template <class R>
  static constexpr std::size_t state_multiple(const R&) {
    return 1;
  }

  /// Options that do not go together, as a message; or null.
  template <class R>
  static constexpr const char* contradiction(const R&) {
    return nullptr;
  }
};

/// Calls f(row, option) for each option of a rule; const or not as the rule is.
template <class R, class Function>
  requires requires { RuleTraits<std::remove_const_t<R>>::name; }
void for_each_option(R& rule, Function f) {
  for_each_row(RuleTraits<std::remove_const_t<R>>::options, rule, f);
}

}  // namespace filbert
