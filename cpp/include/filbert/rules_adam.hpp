// Adam and the rules that come from it: the options of each, and its table.
#pragma once

#include <cstddef>
#include <string_view>

#include "filbert/rule_traits.hpp"
#include "filbert/schedule.hpp"

namespace filbert {

/// Adam (Kingma and Ba 2015), with bias correction.
struct Adam {
  Schedule learning_rate = 0.001;  ///< a finite number, not negative, or a schedule
  double beta1 = 0.9;              ///< in [0, 1)
  Schedule beta2 = 0.999;          ///< in [0, 1), or a schedule of such numbers
  double epsilon = 1e-8;           ///< positive
  bool amsgrad = false;         ///< divide by the largest second moment so far (Reddi et al. 2018)
  bool epsilon_inside = false;  ///< correct the bias of epsilon too, as scikit-learn does
  Schedule weight_decay = 0.0;  ///< as in Sgd
  double l1 = 0.0;
  double l2 = 0.0;
};

template <>
struct RuleTraits<Adam> : RuleDefaults {
  static constexpr std::string_view name = "adam";
  static constexpr RuleOption<Adam> options[] = {
      {"learning_rate", &Adam::learning_rate, OptionRange::rate},
      {"beta1", &Adam::beta1, OptionRange::fraction},
      {"beta2", &Adam::beta2, OptionRange::fraction},
      {"epsilon", &Adam::epsilon, OptionRange::positive},
      {"amsgrad", &Adam::amsgrad},
      {"epsilon_inside", &Adam::epsilon_inside},
      {"weight_decay", &Adam::weight_decay, OptionRange::rate},
      {"l1", &Adam::l1, OptionRange::rate},
      {"l2", &Adam::l2, OptionRange::rate, 2.0},
  };
  static constexpr RuleState<Adam> state[] = {
      {"first_moment"}, {"second_moment"}, {"largest_second_moment", &Adam::amsgrad}};
  static constexpr std::size_t running = 2;  // beta1^t, and the product of the beta2 of t steps
};

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), as in PyTorch.
struct AdamW {
  Schedule learning_rate = 0.001;  ///< a finite number, not negative, or a schedule
  double beta1 = 0.9;              ///< in [0, 1)
  Schedule beta2 = 0.999;          ///< in [0, 1), or a schedule of such numbers
  double epsilon = 1e-8;           ///< positive
  bool amsgrad = false;            ///< as in Adam
  Schedule weight_decay = 0.01;    ///< subtracts learning_rate * weight_decay * w from w
  double l1 = 0.0;                 ///< as in Sgd
  double l2 = 0.0;
};

template <>
struct RuleTraits<AdamW> : RuleDefaults {
  static constexpr std::string_view name = "adamw";
  static constexpr RuleOption<AdamW> options[] = {
      {"learning_rate", &AdamW::learning_rate, OptionRange::rate},
      {"beta1", &AdamW::beta1, OptionRange::fraction},
      {"beta2", &AdamW::beta2, OptionRange::fraction},
      {"epsilon", &AdamW::epsilon, OptionRange::positive},
      {"amsgrad", &AdamW::amsgrad},
      {"weight_decay", &AdamW::weight_decay, OptionRange::rate},
      {"l1", &AdamW::l1, OptionRange::rate},
      {"l2", &AdamW::l2, OptionRange::rate, 2.0},
  };
  static constexpr RuleState<AdamW> state[] = {
      {"first_moment"}, {"second_moment"}, {"largest_second_moment", &AdamW::amsgrad}};
  static constexpr std::size_t running = 2;  // as in Adam
};

/// Adam with Nesterov's momentum (Dozat 2016), as in PyTorch: beta1 grows from one half of itself.
struct NAdam {
  Schedule learning_rate = 0.002;  ///< a finite number, not negative, or a schedule
  double beta1 = 0.9;              ///< in [0, 1)
  Schedule beta2 = 0.999;          ///< in [0, 1), or a schedule of such numbers
  double epsilon = 1e-8;           ///< positive
  double momentum_decay = 0.004;   ///< beta1 of step t is beta1 (1 - 0.96^(t momentum_decay) / 2)
  Schedule weight_decay = 0.0;     ///< as in Sgd
  double l1 = 0.0;
  double l2 = 0.0;
};

template <>
struct RuleTraits<NAdam> : RuleDefaults {
  static constexpr std::string_view name = "nadam";
  static constexpr RuleOption<NAdam> options[] = {
      {"learning_rate", &NAdam::learning_rate, OptionRange::rate},
      {"beta1", &NAdam::beta1, OptionRange::fraction},
      {"beta2", &NAdam::beta2, OptionRange::fraction},
      {"epsilon", &NAdam::epsilon, OptionRange::positive},
      {"momentum_decay", &NAdam::momentum_decay, OptionRange::rate},
      {"weight_decay", &NAdam::weight_decay, OptionRange::rate},
      {"l1", &NAdam::l1, OptionRange::rate},
      {"l2", &NAdam::l2, OptionRange::rate, 2.0},
  };
  static constexpr RuleState<NAdam> state[] = {{"first_moment"}, {"second_moment"}};
  static constexpr std::size_t running =
      3;  // the products of beta1 and of beta2, and 0.96^(t momentum_decay)
};

/// Adam with the infinity norm in the place of the second moment (Kingma and Ba 2015, section 7).
struct Adamax {
  Schedule learning_rate = 0.002;  ///< a finite number, not negative, or a schedule
  double beta1 = 0.9;              ///< in [0, 1)
  Schedule beta2 = 0.999;          ///< in [0, 1), or a schedule of such numbers
  double epsilon = 1e-8;           ///< positive; added to |g|, as in PyTorch
  Schedule weight_decay = 0.0;     ///< as in Sgd
  double l1 = 0.0;
  double l2 = 0.0;
};

template <>
struct RuleTraits<Adamax> : RuleDefaults {
  static constexpr std::string_view name = "adamax";
  static constexpr RuleOption<Adamax> options[] = {
      {"learning_rate", &Adamax::learning_rate, OptionRange::rate},
      {"beta1", &Adamax::beta1, OptionRange::fraction},
      {"beta2", &Adamax::beta2, OptionRange::fraction},
      {"epsilon", &Adamax::epsilon, OptionRange::positive},
      {"weight_decay", &Adamax::weight_decay, OptionRange::rate},
      {"l1", &Adamax::l1, OptionRange::rate},
      {"l2", &Adamax::l2, OptionRange::rate, 2.0},
  };
  static constexpr RuleState<Adamax> state[] = {{"first_moment"}, {"infinity_norm"}};
  static constexpr std::size_t running = 1;  // beta1^t
};

}  // namespace filbert
