// Quantiles of the columns of a table.
#pragma once

#include <cstddef>
#include <vector>

#include "network/column_moments.hpp"
#include "system/pieces.hpp"

namespace filbert {

/// How many rows of a table are looked at: all of them up to 131,072.
constexpr std::size_t sampled_rows(std::size_t rows) {
  constexpr std::size_t most = std::size_t{1} << 17;
  return rows < most ? rows : most;
}

/// Returns for each column its quantiles at `each` probabilities from 0 to 1, at equal distances,
/// ascending. NaNs do not count; each column has another number. A quantile between two numbers is
/// interpolated. Each column is a work of its own, which threads share. Throws Interrupted if the
/// pieces do.
std::vector<double> order_statistics(const TableRows& rows, std::size_t each, Pieces& pieces);

}  // namespace filbert
