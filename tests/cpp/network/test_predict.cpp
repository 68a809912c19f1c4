// Prediction of any number of rows: the bits of a forward propagation, for every number of threads,
// wherever the output is written to.
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "filbert/filbert.hpp"
#include "support/check.hpp"
#include "support/guarded.hpp"

using namespace filbert;

namespace {

std::vector<std::size_t> counts_of_rows() {
  if (check::quick()) return {1, 11, 257, 300};
  return {1, 2, 11, 255, 256, 257, 1000, 5000};
}

/// Into a matrix whose rows lie apart: what lies between them stays as it is.
template <class T>
void same_bits(const BasicNetwork<T>& net) {
  const std::size_t most = counts_of_rows().back(), inputs = net.inputs(), outputs = net.outputs();
  const std::vector<T> x = guarded::numbers<T>(guarded::Numbers::plain, most * inputs, 1);
  BasicWorkspace<T> workspace(net, {.max_batch = most, .training = false});
  set_threads(1);
  const BasicMatrixView<const T> all(x.data(), most, inputs);
  const BasicMatrixView<const T> expected = forward(net, all, workspace);
  for (const std::size_t gap : {0, 3}) {
    const std::size_t stride = outputs + gap;
    for (const std::size_t threads : {1, 2, 3, 8}) {
      set_threads(threads);
      for (const std::size_t rows : counts_of_rows()) {
        const check::Case at(rows, "rows", threads, "threads, stride", stride);
        constexpr T untouched = T(-77);
        std::vector<T> a(most * stride, untouched);
        CHECK(predict(net, all.rows_from(0, rows), {a.data(), rows, outputs, stride}));
        bool same = true, kept = true;
        for (std::size_t i = 0; i < most; ++i) {
          const T* const row = &a[i * stride];
          if (i < rows) {
            same = same && std::memcmp(row, expected.row(i).data(), outputs * sizeof(T)) == 0;
          }
          for (std::size_t j = i < rows ? outputs : 0; j < stride; ++j) {
            kept = kept && row[j] == untouched;
          }
        }
        CHECK(same);
        CHECK(kept);
      }
    }
  }
}

template <class T>
void all_shapes() {
  using Sizes = std::vector<std::size_t>;
  for (const Activation output : {filbert::softmax, filbert::tanh, filbert::identity}) {
    for (const Sizes& sizes : {Sizes{5, 3}, Sizes{64, 32, 10}, Sizes{40, 70, 200, 33, 150}}) {
      const check::Case at(to_string(output), sizes.size(), "layers");
      same_bits(BasicNetwork<T>(sizes, {.output = output, .seed = 3}));
    }
  }
}

/// One number that is not finite, in any row: the work ends, whoever meets it.
void only_finite() {
  const Network net({50, 300, 7}, {.seed = 1});
  constexpr std::size_t rows = 3000, stride = 52;
  std::vector<float> x = guarded::numbers<float>(guarded::Numbers::plain, rows * stride, 2),
                     a(rows * 7);
  x[51] = std::numeric_limits<float>::infinity();  // between two rows: of no row
  const ConstMatrixView dense(x.data() + stride, rows - 2, 50), apart(x.data(), rows, 50, stride);
  for (const std::size_t threads : {1, 2, 3}) {
    set_threads(threads);
    for (const std::size_t bad : {1, 2, 700, 1500, 2500, 2999}) {
      for (const float value : {std::numeric_limits<float>::infinity(), std::nanf("")}) {
        const check::Case at(threads, "threads, row", bad);
        float& number = x[bad * stride + 49];
        const float before = number;
        CHECK(predict(net, apart, {a.data(), rows, 7}, {.only_finite = true}));
        number = value;
        CHECK(!predict(net, apart, {a.data(), rows, 7}, {.only_finite = true}));
        CHECK(!predict(net, apart.row(bad), {a.data(), 1, 7}, {.only_finite = true}));
        CHECK(predict(net, apart.row(bad - 1), {a.data(), 1, 7}, {.only_finite = true}));
        CHECK(predict(net, apart, {a.data(), rows, 7}));  // unless asked for
        if (bad < rows - 2) {
          CHECK(!predict(net, dense, {a.data(), rows - 2, 7}, {.only_finite = true}));
        }
        number = before;
      }
    }
  }
}

}  // namespace

int main() {
  all_shapes<float>();
  all_shapes<double>();
  only_finite();
  return check::report();
}
