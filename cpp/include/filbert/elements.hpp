// A matrix of numbers of any type, in any layout, that somebody else owns.
#pragma once

#include <cstddef>
#include <cstdint>

#include "filbert/export.h"

namespace filbert {

/// The types of numbers that fit and evaluate take for x, in the byte order of the machine. Of a
/// boolean, every byte that is not 0 is 1. float16 is binary16 of IEEE 754.
enum class ElementType : std::uint8_t {
  boolean,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
  float16,
  float32,
  float64,
};

/// A matrix in memory that the view does not own. Element (i, j) starts at `data` plus
/// i * row_stride + j * col_stride bytes, which may be any number: also a negative one, 0, or one
/// that leaves elements unaligned.
struct AnyMatrixView {
  const void* data = nullptr;
  ElementType type = ElementType::float32;
  std::size_t rows = 0, cols = 0;
  std::ptrdiff_t row_stride = 0, col_stride = 0;  ///< in bytes
};

/// The index, row by row, of the first number that is not finite once it has been converted to
/// `to`, which is float32 or float64; rows * cols if there is none. allows_nan: whether NaN counts
/// as finite. Nothing large is allocated.
FILBERT_API std::size_t first_unfit(const AnyMatrixView& x, ElementType to,
                                    bool allows_nan = false);

}  // namespace filbert
