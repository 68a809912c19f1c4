#include "filbert/rules.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <type_traits>

#include "kernels/kernels.hpp"
#include "system/names.hpp"
#include "training/table.hpp"

namespace filbert {
namespace {

using RuleTable = TableOf<Rule, RuleTraits>;

static_assert(
    []<class... R>(std::type_identity<std::variant<R...>>) {
      return ((std::size(RuleTraits<R>::state) <= most_state) && ...);
    }(std::type_identity<Rule>{}),
    "too many buffers of state");

template <class R>
using Traits = RuleTraits<std::remove_cvref_t<R>>;

}  // namespace

std::string_view to_string(const Rule& rule) { return RuleTable::names[rule.index()]; }

Rule rule_from_string(std::string_view name) {
  return RuleTable::defaults[from_name<std::size_t>(name, RuleTable::names, "rule")];
}

std::span<const std::string_view> rule_names() { return RuleTable::names; }

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

std::size_t state_multiple(const Rule& rule) {
  return std::visit(
      [](const auto& options) { return Traits<decltype(options)>::state_multiple(options); }, rule);
}

bool has_own_loop(const Rule& rule) {
  return std::visit([](const auto& options) { return Traits<decltype(options)>::own_loop; }, rule);
}

std::size_t default_batch_size(const Rule& rule, std::size_t rows) {
  const auto full = [](const auto& options) { return Traits<decltype(options)>::full_batch; };
  return std::visit(full, rule) ? std::max<std::size_t>(rows, 1) : 32;
}

std::size_t running_products(const Rule& rule) {
  return std::visit([](const auto& options) { return Traits<decltype(options)>::running; }, rule);
}

}  // namespace filbert
