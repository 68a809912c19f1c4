// The update rules: the options of each, and its table.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "filbert/export.h"
#include "filbert/rule_traits.hpp"
#include "filbert/schedule.hpp"

namespace filbert {

/// Stochastic gradient descent as in PyTorch: v = momentum v + g, w -= learning_rate v.
struct Sgd {
  Schedule learning_rate = 0.01;  ///< a finite number, not negative, or a schedule
  double momentum = 0.0;          ///< in [0, 1)
  bool nesterov = false;          ///< step along g + momentum v (Sutskever et al. 2013)
  double weight_decay = 0.0;      ///< adds weight_decay * w to g, for every parameter
  double l1 = 0.0;                ///< adds the gradient of l1 * sum |w|, for weights only
  double l2 = 0.0;                ///< adds the gradient of l2 * sum w^2, for weights only
};

template <>
struct RuleTraits<Sgd> : RuleDefaults {
  static constexpr std::string_view name = "sgd";
  static constexpr RuleOption<Sgd> options[] = {
      {"learning_rate", &Sgd::learning_rate, OptionRange::rate},
      {"momentum", &Sgd::momentum, OptionRange::fraction},
      {"nesterov", &Sgd::nesterov},
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

/// Adam (Kingma and Ba 2015), with bias correction.
struct Adam {
  Schedule learning_rate = 0.001;  ///< a finite number, not negative, or a schedule
  double beta1 = 0.9;              ///< in [0, 1)
  double beta2 = 0.999;            ///< in [0, 1)
  double epsilon = 1e-8;           ///< positive
  double weight_decay = 0.0;       ///< as in Sgd
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
      {"weight_decay", &Adam::weight_decay, OptionRange::rate},
      {"l1", &Adam::l1, OptionRange::rate},
      {"l2", &Adam::l2, OptionRange::rate, 2.0},
  };
  static constexpr RuleState<Adam> state[] = {{"first_moment"}, {"second_moment"}};
  static constexpr std::size_t running = 2;  // beta1^t and beta2^t after t steps
};

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), as in PyTorch.
struct AdamW {
  Schedule learning_rate = 0.001;  ///< a finite number, not negative, or a schedule
  double beta1 = 0.9;              ///< in [0, 1)
  double beta2 = 0.999;            ///< in [0, 1)
  double epsilon = 1e-8;           ///< positive
  double weight_decay = 0.01;      ///< subtracts learning_rate * weight_decay * w from w
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
      {"weight_decay", &AdamW::weight_decay, OptionRange::rate},
      {"l1", &AdamW::l1, OptionRange::rate},
      {"l2", &AdamW::l2, OptionRange::rate, 2.0},
  };
  static constexpr RuleState<AdamW> state[] = {{"first_moment"}, {"second_moment"}};
  static constexpr std::size_t running = 2;  // as in Adam
};

/// Every rule there is. Files and bindings go by its name, kernels by its place in this list.
using Rule = std::variant<Sgd, Adam, AdamW>;

/// The name that rule_from_string takes, such as "adam".
FILBERT_API std::string_view to_string(const Rule& rule);

/// The rule of that name with the default of every option.
/// Throws std::invalid_argument, listing the valid names, if there is no such rule.
FILBERT_API Rule rule_from_string(std::string_view name);

/// All names, in the order of Rule.
FILBERT_API std::span<const std::string_view> rule_names();

/// The names of the buffers of state that it keeps, in their order.
FILBERT_API std::vector<std::string_view> state_names(const Rule& rule);

/// How many running products it keeps.
FILBERT_API std::size_t running_products(const Rule& rule);

}  // namespace filbert
