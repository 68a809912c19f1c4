// The columns of the table that a network was trained with, and how they become its inputs.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "filbert/export.h"

namespace filbert {

/// A column of a table. One of numbers is one input; if it had gaps in training, a second input
/// follows, which is 1 where the number is missing and else 0. One of text has an input for each of
/// its values, which is 1 where the text is that value and else 0: a text that training has not
/// seen, and one that is missing, are zeros.
struct Column {
  std::string name;
  std::vector<std::string> values = {};  ///< those of text, each once; empty: numbers
  bool has_gaps = false;                 ///< whether the training data had rows without a value

  bool operator==(const Column&) const = default;
};

inline constexpr std::size_t max_columns = 10000;

/// How many inputs a column becomes.
inline std::size_t inputs_of(const Column& column) {
  if (!column.values.empty()) return column.values.size();
  return column.has_gaps ? 2 : 1;
}

/// Throws std::invalid_argument unless a network with so many inputs can have these columns: none,
/// or such that their inputs add up. Names and values are UTF-8 without NUL; each value of a column
/// is there once.
FILBERT_API void require_columns(std::size_t inputs, std::span<const Column> columns);

}  // namespace filbert
