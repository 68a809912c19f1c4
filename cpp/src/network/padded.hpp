// The stride of rows in memory that the library allocates.
#pragma once

#include <cstddef>

namespace filbert {

/// Returns the stride of rows of that width. Rows start on cache lines. Wide rows are an odd number
/// of lines apart, because rows that are a power of two apart all fall into the same few sets of
/// the cache.
template <class T>
std::size_t padded(std::size_t width) {
  constexpr std::size_t line = 64 / sizeof(T);
  const std::size_t lines = width / line + (width % line != 0);
  return (lines > 8 && lines % 2 == 0 ? lines + 1 : lines) * line;
}

}  // namespace filbert
