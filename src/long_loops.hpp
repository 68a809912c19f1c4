// Loops of the bindings over large arrays, which let signal handlers run in between. They end early
// when one has raised; without_gil then throws.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "filbert/filbert.hpp"
#include "gil.hpp"

namespace filbert::python {

/// Calls part(begin, end) for 0 .. size - 1 in order, until it returns false. step: how many make
/// some milliseconds of work. False: a handler has raised.
template <class Part>
bool in_parts(std::size_t size, std::size_t step, Released& released, Part part) {
  for (std::size_t begin = 0; begin < size; begin += step) {
    if (begin > 0 && !released.ask()) return false;
    if (!part(begin, std::min(size, begin + step))) break;
  }
  return true;
}

/// Index of the first number that is not finite, or their number.
template <class T>
std::size_t find_nonfinite(std::span<const T> numbers, Released& released) {
  std::size_t found = numbers.size();
  in_parts(numbers.size(), std::size_t{1} << 22, released, [&](std::size_t begin, std::size_t end) {
    const std::size_t at = begin + filbert::first_nonfinite(numbers.subspan(begin, end - begin));
    if (at < end) found = at;
    return at == end;
  });
  return found;
}

/// to = from, both (rows, cols).
template <class T>
bool copy_rows(BasicMatrixView<const T> from, BasicMatrixView<T> to, Released& released) {
  const std::size_t step = std::max<std::size_t>(1, (std::size_t{1} << 21) / from.cols());
  return in_parts(from.rows(), step, released, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      std::copy_n(from.row(i).data(), from.cols(), to.row(i).data());
    }
    return true;
  });
}

/// to = the transpose of from.  to: (cols, rows), from: (rows, cols).
template <class T>
bool copy_transposed(BasicMatrixView<const T> from, BasicMatrixView<T> to, Released& released) {
  constexpr std::size_t cols = 32;  // rows of `to` that are filled side by side: a cache line each
  constexpr std::size_t rows = std::size_t{1} << 16;
  const std::size_t down = (from.rows() + rows - 1) / rows,
                    across = (from.cols() + cols - 1) / cols;
  return in_parts(down * across, 1, released, [&](std::size_t tile, std::size_t) {
    const std::size_t i0 = tile % down * rows, j0 = tile / down * cols;
    const std::size_t i1 = std::min(from.rows(), i0 + rows), j1 = std::min(from.cols(), j0 + cols);
    for (std::size_t i = i0; i < i1; ++i) {
      for (std::size_t j = j0; j < j1; ++j) to(j, i) = from(i, j);
    }
    return true;
  });
}

}  // namespace filbert::python
