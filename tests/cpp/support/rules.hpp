// Every update rule that there is, with many choices of its options, for tests that have no list.
#pragma once

#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "filbert/rules.hpp"

namespace rules {

/// An allowed value that is the default of no option of that range.
inline double other_value(filbert::OptionRange range) {
  switch (range) {
    case filbert::OptionRange::rate:
    case filbert::OptionRange::epochs:
      return 0.0078125;
    case filbert::OptionRange::fraction:
      return 0.75;
    case filbert::OptionRange::positive:
      return 0.0009765625;
    case filbert::OptionRange::count:
      return 7.0;
    case filbert::OptionRange::flag:
      return 1.0;
    case filbert::OptionRange::period:  // from here on, options of schedules alone
    case filbert::OptionRange::times:
    case filbert::OptionRange::factor:
    case filbert::OptionRange::number:
    case filbert::OptionRange::ratio:
    case filbert::OptionRange::whole:
    case filbert::OptionRange::repeats:
    case filbert::OptionRange::choice:
      break;
  }
  return 0.0;
}

/// The rule of that name; option i has another value than its default where bit i is set.
inline filbert::Rule varied(std::string_view name, unsigned bits) {
  filbert::Rule rule = filbert::rule_from_string(name);
  const auto vary = [&](const auto& row, auto& value) {
    if ((bits & 1U) != 0) {
      value = static_cast<std::remove_reference_t<decltype(value)>>(other_value(row.range));
    }
    bits >>= 1;
  };
  std::visit([&](auto& options) { filbert::for_each_option(options, vary); }, rule);
  return rule;
}

/// Whether the options of a rule go together.
inline bool is_allowed(const filbert::Rule& rule) {
  const auto contradiction = []<class R>(const R& options) {
    return filbert::RuleTraits<R>::contradiction(options);
  };
  return std::visit(contradiction, rule) == nullptr;
}

/// Every rule for one step with the options of these bits, as far as they go together.
inline std::vector<filbert::Rule> all_varied(unsigned bits) {
  std::vector<filbert::Rule> all;
  for (const std::string_view name : filbert::rule_names()) {
    const filbert::Rule rule = varied(name, bits);
    if (is_allowed(rule) && !filbert::has_own_loop(rule)) all.push_back(rule);
  }
  return all;
}

}  // namespace rules
