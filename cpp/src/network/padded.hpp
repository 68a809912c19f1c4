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

/// The same for an output layer. Rows of one output follow each other, so that a vector of them is
/// loaded and stored at once.
template <class T>
std::size_t output_stride(std::size_t outputs) {
  return outputs == 1 ? 1 : padded<T>(outputs);
}

}  // namespace filbert
