// Stochastic gradient descent: its options, and its table.
#pragma once

#include <string_view>

#include "filbert/rule_traits.hpp"
#include "filbert/schedule.hpp"

namespace filbert {

/// Stochastic gradient descent as in PyTorch: v = momentum v + g, w -= learning_rate v.
struct Sgd {
  Schedule learning_rate = 0.01;  ///< a finite number, not negative, or a schedule
  double momentum = 0.0;          ///< in [0, 1)
  bool nesterov = false;          ///< step along g + momentum v (Sutskever et al. 2013)
  /// v = momentum v + learning_rate g, w -= v, as in Keras and scikit-learn: the same until the
  /// rate changes, of which v then knows nothing.
  bool rate_in_velocity = false;
  Schedule weight_decay = 0.0;  ///< adds weight_decay * w to g, for every parameter
  double l1 = 0.0;              ///< adds the gradient of l1 * sum |w|, for weights only
  double l2 = 0.0;              ///< adds the gradient of l2 * sum w^2, for weights only
};

template <>
struct RuleTraits<Sgd> : RuleDefaults {
  static constexpr std::string_view name = "sgd";
  static constexpr RuleOption<Sgd> options[] = {
      {"learning_rate", &Sgd::learning_rate, OptionRange::rate},
      {"momentum", &Sgd::momentum, OptionRange::fraction},
      {"nesterov", &Sgd::nesterov},
      {"rate_in_velocity", &Sgd::rate_in_velocity},
      {"weight_decay", &Sgd::weight_decay, OptionRange::rate},
      {"l1", &Sgd::l1, OptionRange::rate},
      {"l2", &Sgd::l2, OptionRange::rate, 2.0},
  };
  static constexpr RuleState<Sgd> state[] = {{"velocity", &Sgd::momentum}};

  static constexpr const char* contradiction(const Sgd& rule) {
    return rule.nesterov && !(rule.momentum > 0.0)
               ? "nesterov: expected momentum > 0 with it, got momentum 0"
               : nullptr;
  }
};

}  // namespace filbert
