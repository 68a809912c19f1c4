#include "filbert/rules.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "kernels/kernels.hpp"
#include "system/names.hpp"

namespace filbert {
namespace {

template <std::size_t i>
using RuleAt = std::variant_alternative_t<i, Rule>;

constexpr auto every_rule = std::make_index_sequence<std::variant_size_v<Rule>>{};

constexpr auto names = []<std::size_t... i>(std::index_sequence<i...>) {
  return std::array{RuleTraits<RuleAt<i>>::name...};
}(every_rule);

/// A value of any type, to see from how many an aggregate can be made.
struct Anything {
  template <class T>
  operator T() const;
};

template <class R, std::size_t... i>
constexpr bool has_members(std::index_sequence<i...>) {
  return requires { R{(static_cast<void>(i), Anything{})...}; };
}

/// Every member of the options has a row in their table, and state has room.
template <class R>
constexpr bool is_complete() {
  constexpr std::size_t rows = std::size(RuleTraits<R>::options);
  return has_members<R>(std::make_index_sequence<rows>{}) &&
         !has_members<R>(std::make_index_sequence<rows + 1>{}) &&
         std::size(RuleTraits<R>::state) <= most_state;
}

static_assert(
    []<std::size_t... i>(std::index_sequence<i...>) {
      return (is_complete<RuleAt<i>>() && ...);
    }(every_rule),
    "an option without a row in the table of its rule, or too many buffers of state");

constexpr bool are_distinct() {
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (names[i] == names[j]) return false;
    }
  }
  return true;
}
static_assert(are_distinct(), "two rules of one name");

template <class R>
using Traits = RuleTraits<std::remove_cvref_t<R>>;

}  // namespace

std::string_view to_string(const Rule& rule) { return names[rule.index()]; }

Rule rule_from_string(std::string_view name) {
  constexpr auto defaults = []<std::size_t... i>(std::index_sequence<i...>) {
    return std::array{Rule(RuleAt<i>{})...};
  }(every_rule);
  return defaults[from_name<std::size_t>(name, names, "rule")];
}

std::span<const std::string_view> rule_names() { return names; }

std::vector<std::string_view> state_names(const Rule& rule) {
  std::vector<std::string_view> kept;
  const auto of_rule = [&](const auto& options) {
    for (const auto& buffer : Traits<decltype(options)>::state) {
      const auto is_needed = [&](auto member) {
        if constexpr (std::is_same_v<decltype(member), std::monostate>) {
          return true;
        } else {
          return options.*member > 0;
        }
      };
      if (std::visit(is_needed, buffer.needed_by)) kept.push_back(buffer.name);
    }
  };
  std::visit(of_rule, rule);
  return kept;
}

std::size_t running_products(const Rule& rule) {
  return std::visit([](const auto& options) { return Traits<decltype(options)>::running; }, rule);
}

}  // namespace filbert
