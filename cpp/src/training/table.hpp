// The names and defaults of the structs in a list, which is a std::variant: of the update rules,
// and of the schedules. Each struct has traits with its name and the table of its options.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <utility>
#include <variant>

namespace filbert {

/// Converts to any type. It serves to count from how many values an aggregate can be made.
struct Anything {
  template <class T>
  operator T() const;
};

template <class Options, std::size_t... i>
constexpr bool has_members(std::index_sequence<i...>) {
  return requires { Options{(static_cast<void>(i), Anything{})...}; };
}

template <class List, template <class> class Traits>
struct TableOf;

template <class... Options, template <class> class Traits>
struct TableOf<std::variant<Options...>, Traits> {
  // Both are in the order of the list.
  static constexpr std::array names{Traits<Options>::name...};
  static constexpr std::array defaults{std::variant<Options...>(Options{})...};

  template <class Each>
  static constexpr bool is_complete() {
    constexpr std::size_t rows = std::size(Traits<Each>::options);
    return has_members<Each>(std::make_index_sequence<rows>{}) &&
           !has_members<Each>(std::make_index_sequence<rows + 1>{});
  }
  static_assert((is_complete<Options>() && ...), "an option without a row in its table");
  static_assert(((std::count(names.begin(), names.end(), Traits<Options>::name) == 1) && ...),
                "two of one name");
};

}  // namespace filbert
