// Rules that go by the sign of a gradient: the options of each, and its table.
#pragma once

#include <string_view>

#include "filbert/rule_traits.hpp"
#include "filbert/schedule.hpp"

namespace filbert {

/// Lion (Chen et al. 2023): steps of one size, along the sign of a mean of the gradients.
struct Lion {
  Schedule learning_rate = 0.0001;  ///< a finite number, not negative, or a schedule
  double beta1 = 0.9;               ///< in [0, 1): of the mean whose sign is the step
  Schedule beta2 = 0.99;            ///< in [0, 1), or a schedule of such numbers
  Schedule weight_decay = 0.0;      ///< subtracts learning_rate * weight_decay * w from w
  double l1 = 0.0;                  ///< as in Sgd
  double l2 = 0.0;
};

template <>
struct RuleTraits<Lion> : RuleDefaults {
  static constexpr std::string_view name = "lion";
  static constexpr RuleOption<Lion> options[] = {
      {"learning_rate", &Lion::learning_rate, OptionRange::rate},
      {"beta1", &Lion::beta1, OptionRange::fraction},
      {"beta2", &Lion::beta2, OptionRange::fraction},
      {"weight_decay", &Lion::weight_decay, OptionRange::rate},
      {"l1", &Lion::l1, OptionRange::rate},
      {"l2", &Lion::l2, OptionRange::rate, 2.0},
  };
  static constexpr RuleState<Lion> state[] = {{"first_moment"}};
};

/// RProp (Riedmiller and Braun 1993), as in PyTorch: each parameter has a step size of its own,
/// which grows while the sign of its gradient stays and shrinks when it changes. For full batches.
struct RProp {
  Schedule learning_rate = 0.01;  ///< the size of the first step
  double eta_minus = 0.5;         ///< in [0, 1): what a step size is multiplied by to shrink
  double eta_plus = 1.2;          ///< above 1: to grow
  double smallest_step = 1e-6;
  double largest_step = 50.0;   ///< not below smallest_step
  Schedule weight_decay = 0.0;  ///< as in Sgd
  double l1 = 0.0;
  double l2 = 0.0;
};

template <>
struct RuleTraits<RProp> : RuleDefaults {
  static constexpr std::string_view name = "rprop";
  static constexpr RuleOption<RProp> options[] = {
      {"learning_rate", &RProp::learning_rate, OptionRange::rate},
      {"eta_minus", &RProp::eta_minus, OptionRange::fraction},
      {"eta_plus", &RProp::eta_plus, OptionRange::positive},
      {"smallest_step", &RProp::smallest_step, OptionRange::positive},
      {"largest_step", &RProp::largest_step, OptionRange::positive},
      {"weight_decay", &RProp::weight_decay, OptionRange::rate},
      {"l1", &RProp::l1, OptionRange::rate},
      {"l2", &RProp::l2, OptionRange::rate, 2.0},
  };
  static constexpr RuleState<RProp> state[] = {{"step_size"}, {"previous_gradient"}};
  static constexpr bool full_batch = true;

  static constexpr const char* contradiction(const RProp& rule) {
    if (!(rule.eta_plus > 1.0)) return "eta_plus: expected a number > 1, got one that is not";
    return rule.smallest_step > rule.largest_step
               ? "smallest_step: expected at most largest_step, got more"
               : nullptr;
  }
};

}  // namespace filbert
