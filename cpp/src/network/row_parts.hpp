// The rows of a large batch in parts, between which a watch may end the work.
#pragma once

#include <algorithm>
#include <cstddef>

#include "kernels/rows.hpp"
#include "system/team.hpp"
#include "system/watch.hpp"

namespace filbert {

/// How many rows of a batch a phase takes between two barriers: whole blocks, in which dW is
/// summed; enough that barriers cost nothing, and few enough that a callback is soon asked again.
/// operations: multiply-adds that take as long as a row.
inline std::size_t rows_between_barriers(std::size_t rows, std::size_t operations) {
  constexpr std::size_t enough = std::size_t{1} << 28;  // some milliseconds of one core
  if (rows <= row_block) return rows;
  return std::max<std::size_t>(1, enough / (operations * row_block)) * row_block;
}

/// Calls phase(range of rows) until all rows of a batch are done, with a barrier after each call.
/// False: the callback has ended the work.
template <class Phase>
bool by_rows(Worker& worker, Watch& watch, std::size_t rows, std::size_t operations, Phase phase) {
  const std::size_t most = rows_between_barriers(rows, operations);
  for (std::size_t begin = 0; begin < rows; begin += most) {
    const Range part{begin, std::min(rows, begin + most)};
    phase(part);
    if (!watch.sync(worker, part.size() * operations)) return false;
  }
  return true;
}

}  // namespace filbert
