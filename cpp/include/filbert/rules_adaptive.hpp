// Rules that divide a gradient by its usual size: the options of each, and its table.
#pragma once

#include <string_view>

#include "filbert/rule_traits.hpp"
#include "filbert/schedule.hpp"

namespace filbert {

/// RMSprop (Hinton 2012), as in PyTorch: steps along g over the root of the mean of its squares.
struct RmsProp {
  Schedule learning_rate = 0.01;  ///< a finite number, not negative, or a schedule
  double rho = 0.99;              ///< in [0, 1): how slowly means fade
  double epsilon = 1e-8;          ///< positive; added to the root
  double momentum = 0.0;          ///< in [0, 1): of the steps
  bool centered = false;          ///< divide by the standard deviation instead (Graves 2013)
  Schedule weight_decay = 0.0;    ///< as in Sgd
  double l1 = 0.0;
  double l2 = 0.0;
};

template <>
struct RuleTraits<RmsProp> : RuleDefaults {
  static constexpr std::string_view name = "rmsprop";
  static constexpr RuleOption<RmsProp> options[] = {
      {"learning_rate", &RmsProp::learning_rate, OptionRange::rate},
      {"rho", &RmsProp::rho, OptionRange::fraction},
      {"epsilon", &RmsProp::epsilon, OptionRange::positive},
      {"momentum", &RmsProp::momentum, OptionRange::fraction},
      {"centered", &RmsProp::centered},
      {"weight_decay", &RmsProp::weight_decay, OptionRange::rate},
      {"l1", &RmsProp::l1, OptionRange::rate},
      {"l2", &RmsProp::l2, OptionRange::rate, 2.0},
  };
  static constexpr RuleState<RmsProp> state[] = {
      {"second_moment"}, {"first_moment", &RmsProp::centered}, {"velocity", &RmsProp::momentum}};
};

/// Adagrad (Duchi, Hazan and Singer 2011): steps along g over the root of the sum of its squares.
struct Adagrad {
  Schedule learning_rate = 0.01;  ///< a finite number, not negative, or a schedule
  double epsilon = 1e-10;         ///< positive; added to the root
  Schedule weight_decay = 0.0;    ///< as in Sgd
  double l1 = 0.0;
  double l2 = 0.0;
};

template <>
struct RuleTraits<Adagrad> : RuleDefaults {
  static constexpr std::string_view name = "adagrad";
  static constexpr RuleOption<Adagrad> options[] = {
      {"learning_rate", &Adagrad::learning_rate, OptionRange::rate},
      {"epsilon", &Adagrad::epsilon, OptionRange::positive},
      {"weight_decay", &Adagrad::weight_decay, OptionRange::rate},
      {"l1", &Adagrad::l1, OptionRange::rate},
      {"l2", &Adagrad::l2, OptionRange::rate, 2.0},
  };
  static constexpr RuleState<Adagrad> state[] = {{"sum_of_squares"}};
};

/// Adadelta (Zeiler 2012): the root of the mean of squared steps over that of squared gradients.
struct Adadelta {
  Schedule learning_rate = 1.0;  ///< a finite number, not negative, or a schedule
  double rho = 0.9;              ///< in [0, 1): how slowly means fade
  double epsilon = 1e-6;         ///< positive; added to both means
  Schedule weight_decay = 0.0;   ///< as in Sgd
  double l1 = 0.0;
  double l2 = 0.0;
};

template <>
struct RuleTraits<Adadelta> : RuleDefaults {
  static constexpr std::string_view name = "adadelta";
  static constexpr RuleOption<Adadelta> options[] = {
      {"learning_rate", &Adadelta::learning_rate, OptionRange::rate},
      {"rho", &Adadelta::rho, OptionRange::fraction},
      {"epsilon", &Adadelta::epsilon, OptionRange::positive},
      {"weight_decay", &Adadelta::weight_decay, OptionRange::rate},
      {"l1", &Adadelta::l1, OptionRange::rate},
      {"l2", &Adadelta::l2, OptionRange::rate, 2.0},
  };
  static constexpr RuleState<Adadelta> state[] = {{"second_moment"}, {"squared_steps"}};
};

}  // namespace filbert
