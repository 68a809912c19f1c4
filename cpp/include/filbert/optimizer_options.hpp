// The options of each update rule by name, for whoever writes them down or reads them.
#pragma once

#include <string_view>
#include <type_traits>

#include "filbert/optimizer.hpp"

namespace filbert {

/// Name of the rule that these options are of.
constexpr std::string_view rule_name(const SgdOptions&) { return "sgd"; }
constexpr std::string_view rule_name(const AdamOptions&) { return "adam"; }

/// Calls f(name, option) for each option, a double or a bool; const or not as the options are.
template <class Options, class Function>
void for_each_option(Options& options, Function f) {
  using Rule = std::remove_const_t<Options>;
  f("learning_rate", options.learning_rate);
  if constexpr (std::is_same_v<Rule, SgdOptions>) {
    f("momentum", options.momentum);
    f("nesterov", options.nesterov);
  } else {
    static_assert(std::is_same_v<Rule, AdamOptions>);
    f("beta1", options.beta1);
    f("beta2", options.beta2);
    f("epsilon", options.epsilon);
  }
  f("weight_decay", options.weight_decay);
  f("l1", options.l1);
  f("l2", options.l2);
}

}  // namespace filbert
