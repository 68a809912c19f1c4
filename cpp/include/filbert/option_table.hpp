// The form of a table of options, by which checks, files and bindings go.
#pragma once

#include <cstddef>
#include <string_view>
#include <variant>

namespace filbert {

/// Which values an option may have.
enum class OptionRange : unsigned char {
  // Numbers that steps compute with, so that they have to fit in the type of the network too.
  rate,      ///< a finite number, not negative
  fraction,  ///< a number in [0, 1)
  positive,  ///< a finite number above 0
  count,     ///< an integer in 1 .. most_count
  // Numbers that only schedules compute with, in double.
  epochs,   ///< a finite number of epochs, not negative
  period,   ///< a finite number of epochs above 0
  times,    ///< finite numbers of epochs, none negative, each above the one before it; at least one
  factor,   ///< a number in (0, 1]
  number,   ///< a finite number, not negative
  ratio,    ///< a finite number, 1 or more
  whole,    ///< an integer, 0 or more
  repeats,  ///< an integer, 1 or more
  // What is no number.
  flag,    ///< true or false
  choice,  ///< one of several names
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
