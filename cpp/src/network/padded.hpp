// How long rows are in memory of our own.
#pragma once

#include <cstddef>

namespace filbert {

/// Rows start on cache lines. An odd number of lines, where there are many: rows a power of two
/// apart would all fall into the same few sets of the cache.
template <class T>
std::size_t padded(std::size_t width) {
  constexpr std::size_t line = 64 / sizeof(T);
  const std::size_t lines = width / line + (width % line != 0);
  return (lines > 8 && lines % 2 == 0 ? lines + 1 : lines) * line;
}

}  // namespace filbert
