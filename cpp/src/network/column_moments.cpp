#include "network/column_moments.hpp"

#include <algorithm>
#include <cmath>

namespace filbert {
namespace {

constexpr std::size_t block_rows = 256;  // the blocks are part of the contract

/// The sums over the rows of some columns so far. A NaN counts as a number that is not there.
class ColumnSums {
 public:
  explicit ColumnSums(std::size_t columns)
      : columns_(columns),
        first_(columns, std::nan("")),
        count_(columns),
        mean_(columns),
        squares_(columns),
        block_count_(columns),
        block_mean_(columns),
        block_squares_(columns) {}

  /// Adds the next block. numbers: (rows, columns), overwritten.
  void add(double* numbers, std::size_t rows) {
    set_first(numbers, rows);
    std::ranges::fill(block_count_, 0.0);
    std::ranges::fill(block_mean_, 0.0);
    std::ranges::fill(block_squares_, 0.0);
    for (std::size_t i = 0; i < rows; ++i) {
      double* const row = numbers + i * columns_;
      for (std::size_t j = 0; j < columns_; ++j) {
        const double moved = row[j] - first_[j];
        row[j] = moved;
        block_mean_[j] += moved == moved ? moved : 0.0;
        block_count_[j] += moved == moved ? 1.0 : 0.0;
      }
    }
    for (std::size_t j = 0; j < columns_; ++j) {
      block_mean_[j] = block_count_[j] > 0.0 ? block_mean_[j] / block_count_[j] : 0.0;
    }
    for (std::size_t i = 0; i < rows; ++i) {
      const double* const row = numbers + i * columns_;
      for (std::size_t j = 0; j < columns_; ++j) {
        const double gap = row[j] - block_mean_[j];
        block_squares_[j] += gap == gap ? gap * gap : 0.0;
      }
    }
    for (std::size_t j = 0; j < columns_; ++j) {
      if (!(block_count_[j] > 0.0)) continue;
      const double count = count_[j] + block_count_[j], part = block_count_[j] / count;
      const double gap = block_mean_[j] - mean_[j];
      squares_[j] += block_squares_[j] + (gap * gap) * (count_[j] * part);
      mean_[j] += gap * part;
      count_[j] = count;
    }
  }

  void get(Moments& moments) const {
    for (std::size_t j = 0; j < columns_; ++j) {
      moments.present.push_back(count_[j]);
      moments.mean.push_back(first_[j] + mean_[j]);
      moments.variance.push_back(squares_[j] / count_[j]);
    }
  }

 private:
  /// Sums are of differences from the first number of the column, so that they are exact where all
  /// numbers are equal.
  void set_first(const double* numbers, std::size_t rows) {
    for (std::size_t j = 0; j < columns_; ++j) {
      for (std::size_t i = 0; i < rows && first_[j] != first_[j]; ++i) {
        first_[j] = numbers[i * columns_ + j];
      }
    }
  }

  std::size_t columns_;
  std::vector<double> first_, count_, mean_, squares_;
  std::vector<double> block_count_, block_mean_, block_squares_;
};

}  // namespace

Moments column_moments(const TableRows& rows, Pieces& pieces) {
  Moments moments;
  std::vector<double> block(std::min(rows.count, block_rows) *
                            std::min(rows.columns, most_columns));
  for (std::size_t first = 0; first < rows.columns; first += most_columns) {
    const std::size_t columns = std::min(most_columns, rows.columns - first);
    ColumnSums sums(columns);
    pieces.steps((rows.count - 1) / block_rows + 1, 8 * block_rows * columns, [&](std::size_t at) {
      const std::size_t begin = at * block_rows;
      const std::size_t size = std::min(block_rows, rows.count - begin);
      for (std::size_t i = 0; i < size; ++i) {
        rows.read(begin + i, first, columns, block.data() + i * columns);
      }
      sums.add(block.data(), size);
    });
    sums.get(moments);
  }
  return moments;
}

}  // namespace filbert
