// Kinds of activations and losses: their names, and values that their parameters may have.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "filbert/activation.hpp"
#include "filbert/parameter.hpp"
#include "system/check.hpp"

namespace filbert {

/// Whether the derivative of an activation is computed from z, which a workspace then keeps.
bool derivative_needs_z(Activation activation);

/// How many kinds have a row: row() gives a name to each of them, and none to what is no kind.
template <class Kind, auto row>
constexpr std::size_t count_of_kinds() {
  std::size_t count = 0;
  while (!row(static_cast<Kind>(count)).name.empty()) ++count;
  return count;
}

/// Their names, in the order of the enumeration.
template <class Kind, auto row>
constexpr auto names_of_kinds() {
  std::array<std::string_view, count_of_kinds<Kind, row>()> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = row(static_cast<Kind>(i)).name;
  return names;
}

/// Throws std::invalid_argument unless a value of that kind may have this parameter.
template <class Traits>
void require_parameter(const Traits& traits, double value, const char* what) {
  const Parameter& p = traits.parameter;
  if (!p.exists()) {
    require(value == 0.0, what, ": expected ", traits.name, " without a parameter, got ", value);
    return;
  }
  require(value >= p.least && value <= p.most, what, ": expected ", p.name, " in [", p.least, ", ",
          p.most, "] for ", traits.name, ", got ", value);
}

}  // namespace filbert
