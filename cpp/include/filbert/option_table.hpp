// The form of a table of options, by which checks, files and bindings go.
#pragma once

#include <cstddef>
#include <string_view>
#include <variant>

namespace filbert {

/// Which values an option may have.
enum class OptionRange : unsigned char {
  rate,      ///< a finite number, not negative
  epochs,    ///< the same, counted in epochs
  fraction,  ///< a number in [0, 1)
  positive,  ///< a finite number above 0
  count,     ///< an integer in 1 .. most_count
  flag,      ///< true or false
};

inline constexpr std::size_t most_count = 1'000'000;

/// A row of the table of the struct Options, whose members have these types.
template <class Options, class... Types>
struct Option {
  std::string_view name;
  std::variant<Types Options::*...> member;
  OptionRange range = OptionRange::flag;
  double multiple = 1.0;  ///< this many times the option has to be a number too
};

/// Calls f(row, option) for each row of a table; option is const or not as `options` is.
template <class Table, class Options, class Function>
void for_each_row(const Table& table, Options& options, Function f) {
  for (const auto& row : table) {
    std::visit([&](auto member) { f(row, options.*member); }, row.member);
  }
}

}  // namespace filbert
