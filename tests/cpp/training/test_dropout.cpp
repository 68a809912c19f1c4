// Which activations dropout keeps: as many as it should, each apart from the others; and what a
// step with dropout computes.
#include <cmath>
#include <vector>

#include "filbert/filbert.hpp"
#include "kernels/dispatch.hpp"
#include "network/random.hpp"
#include "support/check.hpp"
#include "training/dropout.hpp"

using namespace filbert;

namespace {

/// 1 where an element is kept, for rows first .. of an epoch.
std::vector<double> kept(double rate, std::uint64_t seed, std::uint64_t epoch, std::size_t layer,
                         std::size_t first, std::size_t rows, std::size_t width) {
  std::vector<double> factors(rows * width);
  active_kernels<double>().dropout(factors.data(),
                                   epoch_stream(seed, Purpose::dropout, layer, epoch),
                                   first * width, keep_of<double>(rate), factors.size());
  for (double& factor : factors) factor = factor != 0.0 ? 1.0 : 0.0;
  return factors;
}

double mean(const std::vector<double>& numbers) {
  double sum = 0.0;
  for (const double number : numbers) sum += number;
  return sum / static_cast<double>(numbers.size());
}

/// By how many standard deviations the mean of numbers that are 1 with this probability is off.
double deviation(const std::vector<double>& numbers, double probability) {
  const double sigma =
      std::sqrt(probability * (1.0 - probability) / static_cast<double>(numbers.size()));
  return std::abs(mean(numbers) - probability) / sigma;
}

/// The correlation of two series of 0 and 1, in standard deviations of that of independent ones.
double dependence(const std::vector<double>& a, const std::vector<double>& b, double probability) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - probability) * (b[i] - probability);
  const auto n = static_cast<double>(a.size());
  return std::abs(sum / (n * probability * (1.0 - probability))) * std::sqrt(n);
}

void rates() {
  for (const double rate : {0.01, 0.1, 0.25, 0.5, 0.9, 0.999}) {
    for (const std::uint64_t seed : {0, 1, 12345}) {
      const check::Case at("rate", rate, "seed", seed);
      CHECK(deviation(kept(rate, seed, 0, 1, 0, 1000, 512), 1.0 - rate) < 4.0);
    }
  }
  // The extremes: of 2^31 equal chances, a rate takes the whole ones below it.
  CHECK_EQ(keep_of<float>(0x1p-32).threshold, 0U);
  CHECK_EQ(keep_of<float>(0x1p-31).threshold, 1U);
  CHECK_EQ(keep_of<double>(0x1.fffffffffffffp-1).threshold, 0x7FFFFFFFU);
  CHECK_EQ(keep_of<double>(0.75).factor, 4.0);
}

void each_row_and_column_at_its_rate() {
  constexpr std::size_t rows = 4000, width = 100;
  const std::vector<double> all = kept(0.25, 3, 1, 2, 0, rows, width);
  double rows_chi2 = 0.0, columns_chi2 = 0.0;
  for (std::size_t i = 0; i < rows; ++i) {
    const std::vector<double> row(&all[i * width], &all[i * width] + width);
    rows_chi2 += deviation(row, 0.75) * deviation(row, 0.75);
  }
  for (std::size_t j = 0; j < width; ++j) {
    std::vector<double> column;
    for (std::size_t i = 0; i < rows; ++i) column.push_back(all[i * width + j]);
    columns_chi2 += deviation(column, 0.75) * deviation(column, 0.75);
  }
  CHECK(std::abs(rows_chi2 - rows) / std::sqrt(2.0 * rows) < 4.0);
  CHECK(std::abs(columns_chi2 - width) / std::sqrt(2.0 * width) < 4.0);
}

void independent() {
  constexpr std::size_t rows = 1000, width = 256;
  for (const double rate : {0.1, 0.5}) {
    const check::Case at("rate", rate);
    const auto all = kept(rate, 7, 5, 1, 0, rows, width);
    const double p = 1.0 - rate;
    CHECK(dependence(all, kept(rate, 7, 5, 2, 0, rows, width), p) < 4.0);  // another layer
    CHECK(dependence(all, kept(rate, 7, 6, 1, 0, rows, width), p) < 4.0);  // epoch
    CHECK(dependence(all, kept(rate, 7, 5 + (std::uint64_t{1} << 32), 1, 0, rows, width), p) < 4.0);
    CHECK(dependence(all, kept(rate, 8, 5, 1, 0, rows, width), p) < 4.0);     // seed
    CHECK(dependence(all, kept(rate, 7, 5, 1, rows, rows, width), p) < 4.0);  // rows
    for (const std::size_t lag : {1, 2, 15, 16, 17, 63, 64, 65, 255, 256, 257}) {
      const check::Case beside("lag", lag);
      const std::vector<double> a(all.begin(), all.end() - static_cast<long>(lag));
      const std::vector<double> b(all.begin() + static_cast<long>(lag), all.end());
      CHECK(dependence(a, b, p) < 4.0);
    }
  }
}

/// Of a row by its place in the epoch, whatever comes with it.
void rows_by_themselves() {
  const auto all = kept(0.3, 1, 2, 1, 0, 50, 37);
  for (const std::size_t first : {0, 1, 13, 49}) {
    const auto row = kept(0.3, 1, 2, 1, first, 1, 37);
    CHECK(std::equal(row.begin(), row.end(), all.begin() + static_cast<long>(first * 37)));
  }
}

/// A step of SGD with dropout is along the gradient of the network with its activations dropped,
/// by central differences.
void a_step_follows_the_masked_cost() {
  constexpr std::size_t rows = 6, inputs = 4, hidden = 9;
  const std::uint64_t seed = 11;
  std::vector<double> x(rows * inputs), y(rows);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<double>(3 * i + 1));
  for (std::size_t i = 0; i < rows; ++i) y[i] = std::cos(static_cast<double>(i));
  for (const Activation activation : {filbert::tanh, filbert::sigmoid, filbert::mish}) {
    const check::Case at(to_string(activation));
    Network64 net({inputs, hidden, hidden, 1}, {.activation = activation, .seed = 3});
    const Network64 before = net;
    const auto of_input = kept(0.25, seed, 0, 0, 0, rows, inputs);
    const auto of_first = kept(0.5, seed, 0, 1, 0, rows, hidden);
    const auto of_second = kept(0.125, seed, 0, 2, 0, rows, hidden);
    const auto masked_cost = [&](const Network64& n) {
      double total = 0.0;
      for (std::size_t i = 0; i < rows; ++i) {
        std::vector<double> a(&x[i * inputs], &x[i * inputs] + inputs);
        for (std::size_t k = 0; k < inputs; ++k) a[k] *= of_input[i * inputs + k] / 0.75;
        for (std::size_t l = 1; l <= 3; ++l) {
          const std::size_t width = n.sizes()[l];
          std::vector<double> next(width);
          for (std::size_t j = 0; j < width; ++j) {
            double z = n.b(l)[j];
            for (std::size_t k = 0; k < a.size(); ++k) z += n.w(l)(k, j) * a[k];
            if (l == 3) {
              next[j] = z;
              continue;
            }
            const double v = activation == filbert::tanh ? std::tanh(z)
                             : activation == filbert::sigmoid
                                 ? 1.0 / (1.0 + std::exp(-z))
                                 : z * std::tanh(std::log1p(std::exp(z)));
            const double part = l == 1 ? 0.5 : 0.875;
            next[j] = v * (l == 1 ? of_first : of_second)[i * hidden + j] / part;
          }
          a = next;
        }
        total += (a[0] - y[i]) * (a[0] - y[i]);
      }
      return total / rows;
    };
    Optimizer sgd = Sgd({.learning_rate = 1.0});
    double reported = 0.0;
    const FitHooks hooks{.on_epoch = [&](const EpochReport& report) {
      reported = report.training.loss;
      return true;
    }};
    fit(net, {.x = {x.data(), rows, inputs}, .y = {y.data(), rows, 1}}, sgd,
        {.batch_size = rows,
         .shuffle = false,
         .seed = seed,
         .dropout = {0.5, 0.125},
         .input_dropout = 0.25},
        hooks);
    CHECK(std::abs(reported - masked_cost(before)) < 1e-12);
    double largest = 0.0;
    for (std::size_t i = 0; i < before.parameters().size(); ++i) {
      Network64 moved = before;
      const double h = 1e-5;
      moved.parameters()[i] += h;
      const double above = masked_cost(moved);
      moved.parameters()[i] -= 2 * h;
      const double expected = (above - masked_cost(moved)) / (2 * h);
      const double got = before.parameters()[i] - net.parameters()[i];
      CHECK(std::abs(got - expected) < 1e-8);
      largest = std::max(largest, std::abs(got));
    }
    CHECK(largest > 0.01);
  }
}

}  // namespace

int main() {
  rates();
  each_row_and_column_at_its_rate();
  independent();
  rows_by_themselves();
  a_step_follows_the_masked_cost();
  return check::report();
}
