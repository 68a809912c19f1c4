// Means and variances of the columns of a table, in one pass over its rows.
#pragma once

#include <cstddef>
#include <vector>

#include "system/pieces.hpp"

namespace filbert {

/// How many columns of a row are read at once, at most.
inline constexpr std::size_t most_columns = 512;

/// A table of any type, whose numbers are read as doubles.
struct TableRows {
  std::size_t count, columns;
  const void* of;
  /// Reads columns first .. first + count - 1 of a row.
  void (*reader)(const void* of, std::size_t row, std::size_t first, std::size_t count, double* to);

  void read(std::size_t row, std::size_t first, std::size_t size, double* to) const {
    reader(of, row, first, size, to);
  }
};

/// What is known of each column. NaNs do not count.
struct Moments {
  std::vector<double> present;  // how many numbers there are
  std::vector<double> mean,
      variance;  // the variance of the numbers themselves, divided by `present`
};

/// Computes them as docs/numerics.md says. Throws Interrupted if the pieces do.
Moments column_moments(const TableRows& rows, Pieces& pieces);

}  // namespace filbert
