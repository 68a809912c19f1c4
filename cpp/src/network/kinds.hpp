// What activations and losses have in common: the names of their kinds, and their values as text.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "filbert/activation.hpp"
#include "filbert/parameter.hpp"
#include "system/hex.hpp"
#include "system/names.hpp"

namespace filbert {

/// Whether the derivative of an activation is computed from z and not from a. Workspaces keep the z
/// of such layers.
bool derivative_needs_z(Activation activation);

/// The same as traits_of(kind).elementwise, inline: the prediction of a row by a small network
/// would wait for the traits.
constexpr bool is_elementwise(ActivationKind kind) {
  return kind != ActivationKind::softmax && kind != ActivationKind::log_softmax;
}

/// Returns the number of kinds. row() returns the traits of a kind, and traits without a name for a
/// number that is no kind.
template <class Kind, auto row>
constexpr std::size_t count_of_kinds() {
  std::size_t count = 0;
  while (!row(static_cast<Kind>(count)).name.empty()) ++count;
  return count;
}

/// Returns the names of all kinds, in the order of the enumeration.
template <class Kind, auto row>
constexpr auto names_of_kinds() {
  std::array<std::string_view, count_of_kinds<Kind, row>()> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = row(static_cast<Kind>(i)).name;
  return names;
}

/// Returns a value as text: its name, followed, if it has a parameter, by that in hexadecimal and
/// in parentheses, as in "huber(0x1.8000000000000p+0)". A parameter that is 0, as it is by default,
/// is left out.
template <class Value>
std::string text_of(const Value& value) {
  const auto traits = traits_of(value);
  std::string text(traits.name);
  if (!traits.parameter.exists()) return text;
  if (traits.parameter.initial == 0.0 && value.parameter == 0.0) return text;
  text += '(';
  text += hex(value.parameter);
  if constexpr (requires { value.others; }) {
    for (std::size_t i = 1; i < value.count(); ++i) {
      text += ", ";
      text += hex(value.at(i));
    }
  }
  text += ')';
  return text;
}

/// Throws std::invalid_argument unless a value of this parameter is in its range. kind: whose
/// parameter it is.
inline void require_in_range(const Parameter& p, double value, std::string_view kind,
                             const char* what) {
  require(value >= p.least && value <= p.most, what, ": expected ", p.name, " in [", p.least, ", ",
          p.most, "] for ", kind, ", got ", value);
}

/// Returns the value that a text stands for. A name alone stands for the value with the default
/// parameter. names: those of all kinds, in their order. Throws std::invalid_argument, with `what`
/// for the argument's name, if the text is no value.
template <class Value>
Value value_of(std::string_view text, std::span<const std::string_view> names, const char* what) {
  using Kind = decltype(Value::kind);
  const std::size_t open = std::min(text.find('('), text.size());
  const auto found = std::ranges::find(names, text.substr(0, open));
  require(found != names.end(), what, ": expected ", list_names(names), ", got '", text, "'");
  Value value{static_cast<Kind>(found - names.begin())};
  const Parameter parameter = traits_of(value).parameter;
  value.parameter = parameter.initial;
  if (open == text.size()) return value;
  require(parameter.exists(), what, ": expected ", *found, " without a parameter, got '", text,
          "'");
  const bool closed = text.back() == ')';
  std::string_view rest = closed ? text.substr(open + 1, text.size() - open - 2) : "";
  const auto next = [&] {  // takes a number from the text in the parentheses
    const std::size_t comma = std::min(rest.find(", "), rest.size());
    const std::optional<double> number = double_from_hex(rest.substr(0, comma));
    require(number.has_value(), what, ": expected a ", parameter.name, " such as ", *found,
            "(0x1.8000000000000p+1), got '", text, "'");
    rest.remove_prefix(comma);
    return *number;
  };
  value.parameter = next();
  if constexpr (requires { value.others; }) {
    for (double& other : value.others) {
      if (rest.empty()) break;
      rest.remove_prefix(2);
      other = next();
      require_in_range(parameter, other, *found, what);
    }
  }
  require(rest.empty(), what, ": expected fewer numbers in parentheses, got '", text, "'");
  return value;
}

/// Throws std::invalid_argument unless `value` is a parameter that a kind with these traits may
/// have.
template <class Traits>
void require_parameter(const Traits& traits, double value, const char* what) {
  if (!traits.parameter.exists()) {
    require(value == 0.0, what, ": expected ", traits.name, " without a parameter, got ", value);
    return;
  }
  require_in_range(traits.parameter, value, traits.name, what);
}

}  // namespace filbert
