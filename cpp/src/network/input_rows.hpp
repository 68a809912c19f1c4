// Rows of x as the first layer takes them: where they lie if that is how they are, else converted
// and normalised in memory of the caller's, batch by batch, so that x is never converted whole.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "filbert/data.hpp"
#include "kernels/kernels.hpp"
#include "network/elements.hpp"
#include "network/normalise.hpp"
#include "network/padded.hpp"
#include "system/check.hpp"
#include "system/compiler.hpp"
#include "system/mapped_pages.hpp"
#include "system/team.hpp"
#include "system/threading.hpp"

namespace filbert {

/// How many examples there are.
template <class T>
std::size_t example_count(const BasicData<T>& data) {
  if (!data.chosen.empty()) return data.chosen.size();
  return data.elements.data != nullptr ? data.elements.rows : data.x.rows();
}

template <class T>
class InputRows {
 public:
  /// by: the normalisation of the network's inputs, or null. It has to live as long as this object.
  explicit InputRows(const BasicData<T>& data, const Normalisation* by = nullptr)
      : from_(data.elements.data != nullptr ? data.elements : any_view(data.x)),
        chosen_(data.chosen),
        name_(data.name),
        mapped_(data.mapped),
        file_(from_.col_stride == static_cast<std::ptrdiff_t>(size_of(from_.type)) ? data.file
                                                                                   : -1),
        file_position_(data.file_position),
        looks_(data.unseen && may_be_nonfinite(from_.type)),
        by_(by),
        lies_as_numbers_(has_rows_of<T>(from_)),
        made_(data.unseen || data.mapped || by != nullptr || !lies_as_numbers_),
        stride_(padded<T>(from_.cols)) {
    if (!made_) x_ = rows_of<T>(from_);
  }

  InputRows(const InputRows&) = delete;
  InputRows& operator=(const InputRows&) = delete;
  ~InputRows() {
    if (touched_.load(std::memory_order_relaxed) > 0) drop();
  }

  std::size_t cols() const { return from_.cols; }

  /// Whether rows have to be made. If not, `point` says where they are.
  bool are_made() const { return made_; }

  /// Whether the examples are the rows of `view`, all of them, in their order.
  bool lies_ready() const { return !made_ && chosen_.empty(); }
  BasicMatrixView<const T> view() const { return x_; }

  /// From one row that is made to the next, in numbers.
  std::size_t stride() const { return stride_; }

  /// About how many multiply-adds take as long as making a row.
  std::size_t operations() const {
    if (!made_) return 0;
    return (by_ == nullptr ? 4 : operations_of(*by_)) * from_.cols;
  }

  /// Sets to[i] to where the row of an example is, for each i in `part`. The examples are
  /// ordered[i - part.begin], which are fetched into the cache, or first + i where that is null.
  void point(const T** to, const std::uint64_t* ordered, std::size_t first, Range part) const {
    if (!chosen_.empty()) {
      for (std::size_t i = part.begin; i < part.end; ++i) {
        to[i] = x_.data() + row_of(ordered, first + part.begin, i - part.begin) * x_.stride();
        fetch(to[i], x_.cols());
      }
      return;
    }
    point_to_rows(to, x_, ordered, first, part);
  }

  /// The same for rows of any matrix of T, such as targets.
  static void point_to_rows(const T** to, const BasicMatrixView<const T>& from,
                            const std::uint64_t* ordered, std::size_t first, Range part) {
    const T* const data = from.data();
    const std::size_t stride = from.stride(), cols = from.cols();
    if (ordered == nullptr) {
      const T* row = data + (first + part.begin) * stride;
      for (std::size_t i = part.begin; i < part.end; ++i, row += stride) to[i] = row;
      return;
    }
    for (std::size_t i = part.begin; i < part.end; ++i) {
      to[i] = data + static_cast<std::size_t>(ordered[i - part.begin]) * stride;
      fetch(to[i], cols);
    }
  }

  /// Makes the rows of `count` examples: ordered[i], or first + i where that is null.
  /// to: (count, cols()), with a leading dimension of stride(). Returns false if one of them has a
  /// number that is not finite as a T; refuse_unfit then says which. Any thread may call it.
  [[nodiscard]] FILBERT_NOINLINE bool make(const Kernels<T>& kernels, T* to,
                                           const std::uint64_t* ordered, std::size_t first,
                                           std::size_t count) {
    constexpr std::size_t most = 32;  // so many rows are on their way to the cache at a time
    const unsigned char* starts[most];
    const std::size_t bytes = from_.cols * size_of(from_.type);
    // Where a file holds the numbers that the first layer takes, they are read to where it does so.
    const bool direct = file_ >= 0 && lies_as_numbers_ && by_ == nullptr;
    std::vector<unsigned char> read(file_ < 0 || direct ? 0 : std::min(most, count) * bytes);
    bool fits = true;
    for (std::size_t begin = 0; begin < count; begin += most) {
      const std::size_t rows = std::min(most, count - begin);
      T* const made = to + begin * stride_;
      for (std::size_t i = 0; i < rows; ++i) {
        const std::size_t row = row_of(ordered, first, begin + i);
        starts[i] = row_start(from_, row);
        if (direct) {
          auto* const there = reinterpret_cast<unsigned char*>(made + i * stride_);
          const unsigned char* const read_to = read_row(there, row, bytes);
          if (read_to != there) std::memcpy(there, read_to, bytes);
        } else if (file_ >= 0) {
          starts[i] = read_row(read.data() + i * bytes, row, bytes);
        } else if (ordered != nullptr) {
          fetch_bytes(starts[i], bytes);
        }
      }
      const bool converts = !direct && (by_ == nullptr || !lies_as_numbers_);
      if (converts) {
        convert_rows(made, stride_, starts, rows, from_.cols, from_.type, from_.col_stride);
      }
      for (std::size_t i = 0; i < rows; ++i) {
        T* const row = made + i * stride_;
        const T* const x = converts || direct ? row : reinterpret_cast<const T*>(starts[i]);
        if (looks_) {
          const std::size_t at = first_unusable(by_, kernels, x, from_.cols);
          if (at < from_.cols) {
            note(row_of(ordered, first, begin + i), at);
            fits = false;
          }
        }
        if (by_ != nullptr) normalise_row(*by_, kernels, row, x, from_.cols);
      }
    }
    if (mapped_ && file_ < 0) count_touched(count, bytes, ordered == nullptr && chosen_.empty());
    return fits;
  }

  /// Whether `make` has met a number that is not finite.
  bool has_unfit() const { return unfit_.load(std::memory_order_relaxed); }

  /// Throws std::invalid_argument, which names the number that `make` has met, if there is one: of
  /// several the first row of x, and in that the first. where: what follows in the message, such as
  /// ", in batch 1 of epoch 2".
  template <class... Where>
  FILBERT_NOINLINE void refuse_unfit(const Where&... where) const {
    if (!has_unfit()) return;
    const double value = element(from_, unfit_row_, unfit_col_);
    const bool fills = by_ != nullptr && !by_->fill.empty();
    refuse(name_, ": expected ",
           std::isfinite(value) ? "numbers that fit in float32"
           : fills              ? "finite numbers or NaN"
                                : "finite numbers",
           ", got ", value, " at [", unfit_row_, ", ", unfit_col_, "]", where...);
  }

 private:
  /// The row of x that an example is.
  std::size_t row_of(const std::uint64_t* ordered, std::size_t first, std::size_t i) const {
    const std::size_t example =
        ordered == nullptr ? first + i : static_cast<std::size_t>(ordered[i]);
    return chosen_.empty() ? example : static_cast<std::size_t>(chosen_[example]);
  }

  /// The start of a row, to the cache; the processor sees the rest coming.
  FILBERT_INLINE static void fetch(const T* row, std::size_t cols) {
    constexpr std::size_t line = 64 / sizeof(T), most = 8 * line;
    for (std::size_t i = 0; i < std::min(cols, most); i += line) FILBERT_PREFETCH(row + i);
  }
  static void fetch_bytes(const unsigned char* row, std::size_t bytes) {
    constexpr std::size_t line = 64, most = 8 * line;
    for (std::size_t i = 0; i < std::min(bytes, most); i += line) FILBERT_PREFETCH(row + i);
  }

  /// The bytes of a row, read into `to`; where the file cannot be read, those of the mapping.
  const unsigned char* read_row(unsigned char* to, std::size_t row, std::size_t bytes) const {
    const unsigned char* const mapped = row_start(from_, row);
    const std::ptrdiff_t from_first = static_cast<std::ptrdiff_t>(row) * from_.row_stride;
    const std::uint64_t position = file_position_ + static_cast<std::uint64_t>(from_first);
    return read_at(file_, to, bytes, position) ? to : mapped;
  }

  /// Counts what rows have brought into memory of a file, and drops it when that is much.
  FILBERT_NOINLINE void count_touched(std::size_t count, std::size_t bytes, bool in_order) {
    constexpr std::size_t much = std::size_t{128} << 20;
    constexpr std::size_t window = std::size_t{1} << 21;  // systems map up to a huge page at once
    const std::size_t touched = count * (in_order ? bytes : bytes + window);
    if (touched_.fetch_add(touched, std::memory_order_relaxed) + touched < much) return;
    touched_.store(0, std::memory_order_relaxed);
    drop();
  }

  void drop() const {
    const auto extent = [](std::size_t n, std::ptrdiff_t stride) {
      return static_cast<std::ptrdiff_t>(n - 1) * stride;
    };
    const std::ptrdiff_t down = extent(from_.rows, from_.row_stride);
    const std::ptrdiff_t across = extent(from_.cols, from_.col_stride);
    const std::ptrdiff_t low =
        std::min<std::ptrdiff_t>(down, 0) + std::min<std::ptrdiff_t>(across, 0);
    const std::ptrdiff_t high = std::max<std::ptrdiff_t>(down, 0) +
                                std::max<std::ptrdiff_t>(across, 0) +
                                static_cast<std::ptrdiff_t>(size_of(from_.type));
    drop_mapped_pages(static_cast<const unsigned char*>(from_.data) + low,
                      static_cast<std::size_t>(high - low));
  }

  void note(std::size_t row, std::size_t col) {
    const std::lock_guard lock(noting_);
    if (!unfit_ || row < unfit_row_) {
      unfit_row_ = row;
      unfit_col_ = col;
    }
    unfit_ = true;
  }

  AnyMatrixView from_;
  BasicMatrixView<const T> x_;  // where rows need not be made
  std::span<const std::uint64_t> chosen_;
  std::string_view name_;
  bool mapped_;
  int file_;  // to read rows from, or -1
  std::uint64_t file_position_;
  std::atomic<std::size_t> touched_{0};  // bytes of the file
  bool looks_;                           // whether each number is looked at as it is made
  const Normalisation* by_;
  bool lies_as_numbers_;  // whether rows lie as rows of T
  bool made_;
  std::size_t stride_;
  Mutex noting_;
  std::atomic<bool> unfit_{false};
  std::size_t unfit_row_ = 0, unfit_col_ = 0;
};

extern template class InputRows<float>;  // compiled once, in input_rows.cpp
extern template class InputRows<double>;

}  // namespace filbert
