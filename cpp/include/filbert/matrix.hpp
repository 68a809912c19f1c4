// Views of row-major matrices that somebody else owns: pointer, rows, cols, stride.
#pragma once

#include <cstddef>
#include <type_traits>

namespace filbert {

/// A row-major matrix in memory that the view does not own. Row i starts at data() + i * stride().
template <class T>
class BasicMatrixView {
 public:
  constexpr BasicMatrixView() noexcept = default;
  constexpr BasicMatrixView(T* data, std::size_t rows, std::size_t cols) noexcept
      : BasicMatrixView(data, rows, cols, cols) {}
  constexpr BasicMatrixView(T* data, std::size_t rows, std::size_t cols,
                            std::size_t stride) noexcept
      : data_(data), rows_(rows), cols_(cols), stride_(stride) {}

  /// A view that may write converts to one that may only read.
  template <class U>
    requires(std::is_same_v<T, const U>)
  constexpr BasicMatrixView(BasicMatrixView<U> other) noexcept
      : BasicMatrixView(other.data(), other.rows(), other.cols(), other.stride()) {}

  constexpr T* data() const noexcept { return data_; }
  constexpr std::size_t rows() const noexcept { return rows_; }
  constexpr std::size_t cols() const noexcept { return cols_; }
  constexpr std::size_t stride() const noexcept { return stride_; }  // in elements

  constexpr T& operator()(std::size_t i, std::size_t j) const noexcept {
    return data_[i * stride_ + j];
  }

  /// Row i, as a view of one row.
  constexpr BasicMatrixView row(std::size_t i) const noexcept { return rows_from(i, 1); }

  /// Rows first .. first + count - 1.
  constexpr BasicMatrixView rows_from(std::size_t first, std::size_t count) const noexcept {
    return {data_ + first * stride_, count, cols_, stride_};
  }

 private:
  T* data_ = nullptr;
  std::size_t rows_ = 0;
  std::size_t cols_ = 0;
  std::size_t stride_ = 0;
};

using MatrixView = BasicMatrixView<float>;
using ConstMatrixView = BasicMatrixView<const float>;
using MatrixView64 = BasicMatrixView<double>;
using ConstMatrixView64 = BasicMatrixView<const double>;

}  // namespace filbert
