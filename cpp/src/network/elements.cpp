#include "network/elements.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <utility>

#include "kernels/dispatch.hpp"
#include "system/check.hpp"
#include "system/float_mode.hpp"

namespace filbert {
namespace {

// What an array holds where C++ has no type of the same values.
struct Boolean {
  std::uint8_t byte;
  template <class T>
  explicit operator T() const {
    return byte != 0 ? T(1) : T(0);
  }
};

struct Half {
  std::uint16_t bits;

  /// Without branches, so that compilers make vectors of it: binary16 holds 2^-112 times what the
  /// same exponent and fraction are in binary32, and multiplying by 2^112 is exact.
  template <class T>
  explicit operator T() const {
    const std::uint32_t sign = std::uint32_t{bits & 0x8000U} << 16, rest = bits & 0x7FFFU;
    const std::uint32_t special = rest >= 0x7C00U ? 0x7F800000U : 0U;
    const float magnitude = std::bit_cast<float>(rest << 13) * 0x1p112F;
    return static_cast<T>(
        std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) | special | sign));
  }
};

/// Calls f with a value of the type that elements have, of which only the type counts.
template <class Function>
auto with_type(ElementType type, Function f) {
  switch (type) {
    case ElementType::boolean:
      return f(Boolean{});
    case ElementType::int8:
      return f(std::int8_t{});
    case ElementType::int16:
      return f(std::int16_t{});
    case ElementType::int32:
      return f(std::int32_t{});
    case ElementType::int64:
      return f(std::int64_t{});
    case ElementType::uint8:
      return f(std::uint8_t{});
    case ElementType::uint16:
      return f(std::uint16_t{});
    case ElementType::uint32:
      return f(std::uint32_t{});
    case ElementType::uint64:
      return f(std::uint64_t{});
    case ElementType::float16:
      return f(Half{});
    case ElementType::float32:
      return f(float{});
    case ElementType::float64:
      break;
  }
  return f(double{});
}

template <class From>
From load(const unsigned char* at) {
  From value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <class From, class T>
void convert(T* to, std::size_t ld, const unsigned char* const* rows, std::size_t count,
             std::size_t cols, std::ptrdiff_t step) {
  if (step == static_cast<std::ptrdiff_t>(sizeof(From))) {
    for (std::size_t i = 0; i < count; ++i) {
      if constexpr (std::is_same_v<From, T>) {
        std::memcpy(to + i * ld, rows[i], cols * sizeof(T));
      } else {
        for (std::size_t j = 0; j < cols; ++j) {
          to[i * ld + j] = static_cast<T>(load<From>(rows[i] + j * sizeof(From)));
        }
      }
    }
    return;
  }
  // Column by column: neighbours in memory are those of a column, if they are of anything.
  for (std::size_t j = 0; j < cols; ++j) {
    const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(j) * step;
    for (std::size_t i = 0; i < count; ++i) {
      to[i * ld + j] = static_cast<T>(load<From>(rows[i] + at));
    }
  }
}

/// first_unfit, row by row: in whole rows, or in pieces of long ones.
template <class T>
std::size_t first_unfit_by_rows(const AnyMatrixView& view, bool allows_nan) {
  constexpr std::size_t most = 2048;
  T numbers[most];
  const Kernels<T>& kernels = active_kernels<T>();
  const bool direct = has_rows_of<T>(view);
  for (std::size_t i = 0; i < view.rows; ++i) {
    for (std::size_t j = 0; j < view.cols; j += most) {
      const std::size_t count = std::min(most, view.cols - j);
      const unsigned char* const start =
          row_start(view, i) + static_cast<std::ptrdiff_t>(j) * view.col_stride;
      if (!direct) convert_rows(numbers, most, &start, 1, count, view.type, view.col_stride);
      const T* const looked_at = direct ? reinterpret_cast<const T*>(start) : numbers;
      std::size_t at = kernels.first_nonfinite(looked_at, count);
      while (allows_nan && at < count && looked_at[at] != looked_at[at]) {
        ++at;
        at += kernels.first_nonfinite(looked_at + at, count - at);
      }
      if (at < count) return i * view.cols + j + at;
    }
  }
  return view.rows * view.cols;
}

template <class T>
std::size_t first_unfit_of(const AnyMatrixView& view, bool allows_nan) {
  const std::size_t size = view.rows * view.cols;
  if (size == 0 || !may_be_nonfinite(view.type)) return size;
  const auto rows = static_cast<std::ptrdiff_t>(view.rows);
  const auto cols = static_cast<std::ptrdiff_t>(view.cols);
  AnyMatrixView flat = view;
  if (view.row_stride == cols * view.col_stride) {  // one long row
    flat.rows = 1;
    flat.cols = size;
    return first_unfit_by_rows<T>(flat, allows_nan);
  }
  if (std::abs(view.row_stride) >= std::abs(view.col_stride))
    return first_unfit_by_rows<T>(view, allows_nan);
  // Columns are what lies together. The first of all in the order of rows is the least of theirs.
  std::size_t first = size;
  for (std::ptrdiff_t j = 0; j < cols; ++j) {
    flat.data = static_cast<const unsigned char*>(view.data) + j * view.col_stride;
    flat.rows = 1;
    flat.cols = static_cast<std::size_t>(rows);
    flat.col_stride = view.row_stride;
    const std::size_t row = first_unfit_by_rows<T>(flat, allows_nan);
    if (row < view.rows) first = std::min(first, row * view.cols + static_cast<std::size_t>(j));
  }
  return first;
}

}  // namespace

std::size_t size_of(ElementType type) {
  return with_type(type, [](auto value) { return sizeof value; });
}

template <class T>
void convert_rows(T* to, std::size_t ld, const unsigned char* const* rows, std::size_t count,
                  std::size_t cols, ElementType type, std::ptrdiff_t step) {
  with_type(type, [&](auto value) { convert<decltype(value)>(to, ld, rows, count, cols, step); });
}

double element(const AnyMatrixView& view, std::size_t i, std::size_t j) {
  const unsigned char* const at =
      row_start(view, i) + static_cast<std::ptrdiff_t>(j) * view.col_stride;
  double value;
  convert_rows(&value, 1, &at, 1, 1, view.type, view.col_stride);
  return value;
}

std::size_t first_unfit(const AnyMatrixView& x, ElementType to, bool allows_nan) {
  require(to == ElementType::float32 || to == ElementType::float64,
          "to: expected float32 or float64, got another type");
  const FloatMode mode;
  if (x.row_stride == 0 && x.rows > 1) {  // however many they are, all rows are one
    AnyMatrixView one = x;
    one.rows = 1;
    const std::size_t at = first_unfit(one, to, allows_nan);
    return at < x.cols ? at : x.rows * x.cols;
  }
  return to == ElementType::float32 ? first_unfit_of<float>(x, allows_nan)
                                    : first_unfit_of<double>(x, allows_nan);
}

template void convert_rows(float*, std::size_t, const unsigned char* const*, std::size_t,
                           std::size_t, ElementType, std::ptrdiff_t);
template void convert_rows(double*, std::size_t, const unsigned char* const*, std::size_t,
                           std::size_t, ElementType, std::ptrdiff_t);

}  // namespace filbert
