// L-BFGS, which is a loop of its own and no rule for one step: its options, and its table.
#pragma once

#include <cstddef>
#include <string_view>

#include "filbert/rule_traits.hpp"
#include "filbert/schedule.hpp"

namespace filbert {

/// L-BFGS (Liu and Nocedal 1989) with the line search of Moré and Thuente (1994), which ends at a
/// point that meets the strong Wolfe conditions. An epoch of fit is one iteration, over all data.
struct Lbfgs {
  Schedule learning_rate = 1.0;      ///< of the first step that a line search tries
  std::size_t history = 10;          ///< pairs of a step and the change of the gradient along it
  double tolerance_gradient = 1e-7;  ///< the fit ends where no |derivative| is larger
  double tolerance_change = 1e-9;    ///< or after a step that has moved no parameter by more
  /// Or after a step that has lowered the cost by no more than this times the larger of its
  /// magnitudes before and after, and of 1.
  double tolerance_cost = 0.0;
  std::size_t max_evaluations = 25;  ///< of the cost and its gradient, in one line search
  Schedule weight_decay = 0.0;       ///< the penalty weight_decay / 2 * sum of squared parameters
  double l2 = 0.0;                   ///< the penalty l2 * sum w^2, for weights only
};

template <>
struct RuleTraits<Lbfgs> : RuleDefaults {
  static constexpr std::string_view name = "lbfgs";
  static constexpr RuleOption<Lbfgs> options[] = {
      {"learning_rate", &Lbfgs::learning_rate, OptionRange::rate},
      {"history", &Lbfgs::history, OptionRange::count},
      {"tolerance_gradient", &Lbfgs::tolerance_gradient, OptionRange::rate},
      {"tolerance_change", &Lbfgs::tolerance_change, OptionRange::rate},
      {"tolerance_cost", &Lbfgs::tolerance_cost, OptionRange::rate},
      {"max_evaluations", &Lbfgs::max_evaluations, OptionRange::count},
      {"weight_decay", &Lbfgs::weight_decay, OptionRange::rate},
      {"l2", &Lbfgs::l2, OptionRange::rate, 2.0},
  };
  static constexpr RuleState<Lbfgs> state[] = {{"steps"}, {"changes"}};  // the latest pair first
  static constexpr bool full_batch = true;
  static constexpr bool own_loop = true;
  static constexpr std::size_t state_multiple(const Lbfgs& rule) { return rule.history; }
};

}  // namespace filbert
