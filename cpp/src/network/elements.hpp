// Numbers of any type and layout as those of a network.
#pragma once

#include <cstddef>
#include <cstdint>

#include "filbert/elements.hpp"
#include "filbert/matrix.hpp"

namespace filbert {

/// The bytes of an element.
std::size_t size_of(ElementType type);

/// Whether a number of this type may be NaN or infinite, or become infinite as a T.
inline bool may_be_nonfinite(ElementType type) { return type >= ElementType::float16; }

template <class T>
constexpr ElementType element_type_of =
    sizeof(T) == 4 ? ElementType::float32 : ElementType::float64;

template <class T>
AnyMatrixView any_view(BasicMatrixView<const T> x) {
  return {.data = x.data(),
          .type = element_type_of<T>,
          .rows = x.rows(),
          .cols = x.cols(),
          .row_stride = static_cast<std::ptrdiff_t>(x.stride() * sizeof(T)),
          .col_stride = static_cast<std::ptrdiff_t>(sizeof(T))};
}

/// Whether rows of this matrix are rows of T already: of that type, aligned, without gaps, one
/// after another.
template <class T>
bool has_rows_of(const AnyMatrixView& view) {
  constexpr auto size = static_cast<std::ptrdiff_t>(sizeof(T));
  return view.type == element_type_of<T> && (view.col_stride == size || view.cols == 1) &&
         view.row_stride >= 0 && view.row_stride % size == 0 &&
         reinterpret_cast<std::uintptr_t>(view.data) % sizeof(T) == 0;
}

/// Rows of T, where has_rows_of says so.
template <class T>
BasicMatrixView<const T> rows_of(const AnyMatrixView& view) {
  return {static_cast<const T*>(view.data), view.rows, view.cols,
          static_cast<std::size_t>(view.row_stride) / sizeof(T)};
}

/// Where row i starts.
inline const unsigned char* row_start(const AnyMatrixView& view, std::size_t i) {
  return static_cast<const unsigned char*>(view.data) +
         static_cast<std::ptrdiff_t>(i) * view.row_stride;
}

/// to = the rows that start at these addresses, each number rounded to T once, to nearest.
/// to: (count, cols) with leading dimension ld; rows: (count); step: from one column to the next,
/// in bytes.
template <class T>
void convert_rows(T* to, std::size_t ld, const unsigned char* const* rows, std::size_t count,
                  std::size_t cols, ElementType type, std::ptrdiff_t step);

/// One element as a double, which holds all of them but large integers exactly.
double element(const AnyMatrixView& view, std::size_t i, std::size_t j);

}  // namespace filbert
