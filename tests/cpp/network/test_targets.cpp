// Targets: which rows of values a network and its cost take.
#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "filbert/filbert.hpp"
#include "support/check.hpp"

using namespace filbert;

namespace {

/// What sigmoid and softmax cannot give is refused under every loss, by all that takes targets, and
/// the message says where it is. Rounding is allowed for, up to that of half precision.
template <class T>
void values_outside_the_unit_interval() {
  using View = BasicMatrixView<const T>;
  const Activation sigmoid = filbert::sigmoid, softmax = filbert::softmax,
                   logs = filbert::log_softmax;
  const struct {
    const char* name;
    Activation output;
    Loss loss;
    std::vector<T> y;     // (2, 3)
    const char* message;  // or null: they are taken
  } cases[] = {
      {"rounded", sigmoid, filbert::squared_error, {0, 1, T(0.5), 0, 0, T(1.004)}, nullptr},
      {"2",
       sigmoid,
       filbert::squared_error,
       {1, 0, 1, 1, 2, 1},
       "sigmoid output, got 2 in row 1, col"},
      {"-1",
       sigmoid,
       filbert::half_squared_error,
       {0, 0, 0, 0, 0, -1},
       "got -1 in row 1, column 2"},
      {"1.005",
       sigmoid,
       filbert::binary_cross_entropy,
       {T(1.005), 0, 0, 0, 0, 0},
       "1.005 in row 0"},
      {"nan", sigmoid, filbert::binary_cross_entropy, {0, T(NAN), 0, 0, 0, 0}, "got nan in row 0"},
      {"any sum", softmax, filbert::squared_error, {1, 1, 0, 0, 0, 0}, nullptr},
      {"255", softmax, filbert::squared_error, {0, 0, 255, 0, 0, 0}, "got 255 in row 0, column 2"},
      {"sum", softmax, filbert::cross_entropy, {1, 0, 0, T(0.5), T(0.25), T(0.255)}, nullptr},
      {"2 - 1",
       softmax,
       filbert::cross_entropy,
       {2, -1, 0, 0, 0, 1},
       "values in [0, 1] for a softmax"},
      {"sum 0.75",
       softmax,
       filbert::cross_entropy,
       {1, 0, 0, 0, T(0.5), T(0.25)},
       "sum 0.75 in row 1"},
      {"sum 2",
       softmax,
       filbert::cross_entropy,
       {1, 1, 0, 0, 0, 1},
       "got sum 2 in row 0; divide by"},
      {"log_softmax", logs, filbert::cross_entropy, {1, 0, 0, T(0.5), T(0.25), T(0.25)}, nullptr},
      {"logarithms", logs, filbert::squared_error, {-1, -2, 0, -3, 0, -7}, nullptr},
      {"log_softmax, -1",
       logs,
       filbert::cross_entropy,
       {2, -1, 0, 0, 0, 1},
       "values in [0, 1] for a log_softmax output, got 2 in row 0"},
      {"log_softmax, sum",
       logs,
       filbert::cross_entropy,
       {1, 0, 0, 0, T(0.5), T(0.25)},
       "sum 0.75 in row 1"},
      {"tanh", filbert::tanh, filbert::squared_error, {7, -7, 0, 0, 0, 0}, nullptr},
      {"identity", filbert::identity, filbert::squared_error, {7, -7, 0, 0, 0, 0}, nullptr},
  };
  const T x[] = {T(0.5), T(-0.5)};
  const View in(x, 2, 1);
  for (const auto& c : cases) {
    const check::Case at(c.name);
    BasicNetwork<T> net({1, 3}, {.output = c.output, .seed = 1});
    const std::vector<T> before(net.parameters().begin(), net.parameters().end());
    std::vector<T> padded(2 * 5, T(9));  // what lies between two rows counts for nothing
    for (std::size_t i = 0; i < 6; ++i) padded[i / 3 * 5 + i % 3] = c.y[i];
    BasicWorkspace<T> workspace(net, {.max_batch = 2});
    forward(net, in, workspace);
    for (const View y : {View(c.y.data(), 2, 3), View(padded.data(), 2, 3, 5)}) {
      Optimizer sgd = Sgd();
      const auto message_of = [&](auto call) -> std::string {
        try {
          call();
        } catch (const std::invalid_argument& error) {
          return error.what();
        }
        return "none";
      };
      const std::string messages[] = {
          message_of([&] { cost(net, {.y = y}, c.loss, workspace); }),
          message_of([&] { evaluate(net, {.x = in, .y = y}, {.loss = c.loss}); }),
          message_of([&] { fit(net, {.x = in, .y = y}, sgd, {.loss = c.loss}); }),
      };
      for (const std::string& message : messages) {
        const char* expected = c.message == nullptr ? "none" : c.message;
        const check::Case wanted("expected", expected, "got", message);
        CHECK(message.find(expected) != std::string::npos);
      }
      const bool moved = !std::ranges::equal(before, net.parameters());
      CHECK_EQ(moved, c.message == nullptr);
      std::ranges::copy(before, net.parameters().begin());
    }
  }
}

/// A sum may be off by as much as a softmax of that width in half precision, and not by more.
void sums_of_wide_rows() {
  for (const std::size_t n : {2, 100, 1000, 5000}) {
    const double rounding = std::min((static_cast<double>(n) + 8) / 2048, 0.25);
    Network net({1, n}, {.output = filbert::softmax, .seed = 1});
    const float x = 1.0F;
    for (const double sum : {1 - 0.99 * rounding, 1 + 0.99 * rounding, 1 - 1.01 * rounding,
                             1 + 1.01 * rounding, 0.0}) {
      const std::vector<float> y(n, static_cast<float>(sum / static_cast<double>(n)));
      bool taken = true;
      try {
        evaluate(net, {.x = {&x, 1, 1}, .y = {y.data(), 1, n}});
      } catch (const std::invalid_argument&) {
        taken = false;
      }
      check::record(taken == (std::abs(sum - 1) < rounding), __FILE__, __LINE__,
                    std::to_string(n) + " terms, sum " + std::to_string(sum) +
                        (taken ? ": taken" : ": refused"));
    }
  }
}

}  // namespace

int main() {
  values_outside_the_unit_interval<float>();
  values_outside_the_unit_interval<double>();
  sums_of_wide_rows();
  return check::report();
}
