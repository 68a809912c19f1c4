// Rows of x of other types and layouts, as the first layer takes them.
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <vector>

#include "files/half.hpp"
#include "kernels/dispatch.hpp"
#include "network/input_rows.hpp"
#include "support/check.hpp"
#include "support/guarded.hpp"

using namespace filbert;

namespace {

constexpr ElementType types[] = {
    ElementType::boolean, ElementType::int8,    ElementType::int16,   ElementType::int32,
    ElementType::int64,   ElementType::uint8,   ElementType::uint16,  ElementType::uint32,
    ElementType::uint64,  ElementType::float16, ElementType::float32, ElementType::float64,
};

/// An element by its bytes, as C++ converts it.
template <class T>
T expected(ElementType type, const unsigned char* at) {
  const auto as = [&](auto value) {
    std::memcpy(&value, at, sizeof value);
    return value;
  };
  switch (type) {
    case ElementType::boolean:
      return as(std::uint8_t{}) != 0 ? T(1) : T(0);
    case ElementType::int8:
      return static_cast<T>(as(std::int8_t{}));
    case ElementType::int16:
      return static_cast<T>(as(std::int16_t{}));
    case ElementType::int32:
      return static_cast<T>(as(std::int32_t{}));
    case ElementType::int64:
      return static_cast<T>(as(std::int64_t{}));
    case ElementType::uint8:
      return static_cast<T>(as(std::uint8_t{}));
    case ElementType::uint16:
      return static_cast<T>(as(std::uint16_t{}));
    case ElementType::uint32:
      return static_cast<T>(as(std::uint32_t{}));
    case ElementType::uint64:
      return static_cast<T>(as(std::uint64_t{}));
    case ElementType::float16:
      return static_cast<T>(float_from_f16(as(std::uint16_t{})));
    case ElementType::float32:
      return static_cast<T>(as(float{}));
    case ElementType::float64:
      break;
  }
  return static_cast<T>(as(double{}));
}

template <class T>
bool same_bits(T a, T b) {
  return std::memcmp(&a, &b, sizeof a) == 0 || (std::isnan(a) && std::isnan(b));
}

/// Strides in elements, and one byte between elements or none.
struct Layout {
  const char* name;
  std::ptrdiff_t row, col;
  std::ptrdiff_t gap = 0;
};

/// Every element of random bytes, which lie next to a page that may not be touched.
template <class T>
void test_layout(ElementType type, const Layout& layout, std::size_t rows, std::size_t cols,
                 bool at_end) {
  const check::Case here(layout.name, "type", static_cast<int>(type), sizeof(T), "bytes", rows,
                         "rows", cols, "cols", at_end ? "at the end" : "at the begin");
  const auto size = static_cast<std::ptrdiff_t>(size_of(type)) + layout.gap;
  const std::ptrdiff_t down = layout.row * size * static_cast<std::ptrdiff_t>(rows - 1);
  const std::ptrdiff_t across = layout.col * size * static_cast<std::ptrdiff_t>(cols - 1);
  const std::ptrdiff_t lowest =
      std::min<std::ptrdiff_t>(0, down) + std::min<std::ptrdiff_t>(0, across);
  const std::ptrdiff_t span = std::abs(down) + std::abs(across) + size - layout.gap;
  static guarded::Memory memory(1 << 20, 1);
  memory.reset(at_end);
  auto* const bytes = memory.place<unsigned char>(static_cast<std::size_t>(span));
  for (std::ptrdiff_t i = 0; i < span; ++i) {
    bytes[i] = static_cast<unsigned char>(guarded::random_bits(7, static_cast<std::uint64_t>(i)));
  }
  const BasicData<T> data{.elements = {.data = bytes - lowest,
                                       .type = type,
                                       .rows = rows,
                                       .cols = cols,
                                       .row_stride = layout.row * size,
                                       .col_stride = layout.col * size}};
  InputRows<T> input(data);
  std::vector<std::uint64_t> order(rows);
  for (std::size_t i = 0; i < rows; ++i) order[i] = (i * 7 + 3) % rows;
  std::vector<T> made(rows * input.stride(), T(77));
  std::vector<const T*> pointers(rows);
  for (const bool ordered : {false, true}) {
    const std::uint64_t* const list = ordered ? order.data() : nullptr;
    if (input.are_made()) {
      CHECK(input.make(active_kernels<T>(), made.data(), list, 0, rows));
      for (std::size_t i = 0; i < rows; ++i) pointers[i] = &made[i * input.stride()];
    } else {
      input.point(pointers.data(), list, 0, {0, rows});
    }
    bool right = true;
    for (std::size_t i = 0; i < rows; ++i) {
      const std::size_t row = ordered ? order[i] : i;
      for (std::size_t j = 0; j < cols; ++j) {
        const unsigned char* const at =
            row_start(data.elements, row) + static_cast<std::ptrdiff_t>(j) * layout.col * size;
        right = right && same_bits(pointers[i][j], expected<T>(type, at));
      }
      for (std::size_t j = cols; input.are_made() && j < input.stride(); ++j) {
        right = right && pointers[i][j] == T(77);
      }
    }
    CHECK(right);
  }
}

template <class T>
void test_layouts() {
  for (const auto& [rows, cols] : {std::pair<std::size_t, std::size_t>{1, 1}, {5, 3}, {70, 33}}) {
    const auto m = static_cast<std::ptrdiff_t>(rows), n = static_cast<std::ptrdiff_t>(cols);
    const Layout layouts[] = {{"dense", n, 1},
                              {"gaps between rows", n + 3, 1},
                              {"columns together", 1, m},
                              {"rows backwards", -n, 1},
                              {"columns backwards", n, -1},
                              {"both backwards", -n, -1},
                              {"every second", 4 * n, 2},
                              {"one row for all", 0, 1},
                              {"one number for all", 0, 0},
                              {"one column for all", 1, 0},
                              {"unaligned", n, 1, 1},
                              {"unaligned columns", -1, -m, 1}};
    for (const ElementType type : types) {
      for (const Layout& layout : layouts) {
        for (const bool at_end : {false, true}) test_layout<T>(type, layout, rows, cols, at_end);
      }
    }
  }
}

/// Where rows are rows of T already, they stay where they are.
void test_pointed() {
  const std::vector<float> x(12);
  const float* to[3];
  InputRows<float> dense({.x = {x.data(), 3, 4}}), gaps({.x = {x.data(), 3, 2, 4}});
  CHECK(!dense.are_made() && dense.lies_ready() && !gaps.are_made());
  gaps.point(to, nullptr, 1, {0, 2});
  CHECK_EQ(to[0], x.data() + 4);
  CHECK_EQ(to[1], x.data() + 8);
  const std::uint64_t chosen[] = {2, 0};
  const InputRows<float> few({.x = {x.data(), 3, 4}, .chosen = chosen});
  CHECK(!few.are_made() && !few.lies_ready());
  few.point(to, nullptr, 0, {0, 2});
  CHECK_EQ(to[0], x.data() + 8);
  CHECK_EQ(to[1], x.data());
  CHECK(InputRows<double>({.elements = any_view<float>({x.data(), 3, 4})}).are_made());
}

/// All halves, and integers that are rounded: to even, and once.
void test_values() {
  std::vector<std::uint16_t> halves(1 << 16);
  for (std::size_t i = 0; i < halves.size(); ++i) halves[i] = static_cast<std::uint16_t>(i);
  const auto* const start = reinterpret_cast<const unsigned char*>(halves.data());
  std::vector<float> made(halves.size());
  convert_rows(made.data(), 1, &start, 1, halves.size(), ElementType::float16, 2);
  bool right = true;
  for (std::size_t i = 0; i < halves.size(); ++i) {
    right = right && same_bits(made[i], float_from_f16(halves[i]));
  }
  CHECK(right);
  const std::uint64_t whole[] = {(1ULL << 24) + 1, (1ULL << 24) + 3, ~0ULL,
                                 (1ULL << 63) + (1ULL << 39), (1ULL << 63) + (1ULL << 39) + 1};
  const float rounded[] = {0x1p24F, 0x1.000004p24F, 0x1p64F, 0x1p63F, 0x1.000002p63F};
  const auto* const at = reinterpret_cast<const unsigned char*>(whole);
  float numbers[5];
  convert_rows(numbers, 5, &at, 1, 5, ElementType::uint64, 8);
  for (std::size_t i = 0; i < 5; ++i) CHECK_EQ(numbers[i], rounded[i]);
}

/// The first number that is not finite, or overflows, in every layout; and as rows are made.
void test_unfit() {
  constexpr std::size_t rows = 40, cols = 90;
  constexpr auto size = static_cast<std::ptrdiff_t>(sizeof(double));
  std::vector<double> x(rows * cols, 0.25);
  for (const bool columns : {false, true}) {
    for (const double bad : {std::numeric_limits<double>::quiet_NaN(), 1e300,
                             -std::numeric_limits<double>::infinity()}) {
      const check::Case here(columns ? "columns together" : "rows together", bad);
      AnyMatrixView view{
          .data = x.data(), .type = ElementType::float64, .rows = rows, .cols = cols};
      view.row_stride = columns ? size : static_cast<std::ptrdiff_t>(cols) * size;
      view.col_stride = columns ? static_cast<std::ptrdiff_t>(rows) * size : size;
      const auto at = [&](std::size_t i, std::size_t j) -> double& {
        return columns ? x[j * rows + i] : x[i * cols + j];
      };
      CHECK_EQ(first_unfit(view, ElementType::float32), rows * cols);
      at(31, 2) = at(30, 88) = at(30, 89) = bad;
      CHECK_EQ(first_unfit(view, ElementType::float32), 30 * cols + 88);
      const bool fits = bad == 1e300;
      CHECK_EQ(first_unfit(view, ElementType::float64), fits ? rows * cols : 30 * cols + 88);

      InputRows<float> input({.elements = view, .unseen = true, .name = "X"});
      std::vector<float> made(rows * input.stride());
      const Kernels<float>& kernels = active_kernels<float>();
      CHECK(input.make(kernels, made.data(), nullptr, 0, 30));
      CHECK(!input.has_unfit());
      CHECK(!input.make(kernels, made.data(), nullptr, 28, 8));
      CHECK_THROWS(std::invalid_argument, input.refuse_unfit(", in batch ", 4),
                   fits ? "X: expected numbers that fit in float32, got 1e+300 at [30, 88], in "
                          "batch 4"
                        : "X: expected finite numbers, got ");
      at(31, 2) = at(30, 88) = at(30, 89) = 0.25;
    }
  }
}

}  // namespace

int main() {
  test_layouts<float>();
  test_layouts<double>();
  test_pointed();
  test_values();
  test_unfit();
  return check::report();
}
