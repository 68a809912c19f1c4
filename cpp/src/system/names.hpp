// Tables of names: each enumeration has one, in the order of its values.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "system/check.hpp"

namespace filbert {

/// The names as a message lists them, such as "a, b or c".
inline std::string list_names(std::span<const std::string_view> names) {
  std::string list;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) list += i + 1 == names.size() ? " or " : ", ";
    list += names[i];
  }
  return list;
}

/// The value of that name. Throws std::invalid_argument, which lists the names, if there is none;
/// what: what the message calls it.
template <class Enum>
Enum from_name(std::string_view name, std::span<const std::string_view> names, const char* what) {
  const auto found = std::find(names.begin(), names.end(), name);
  require(found != names.end(), what, ": expected ", list_names(names), ", got '", name, "'");
  return static_cast<Enum>(found - names.begin());
}

}  // namespace filbert
