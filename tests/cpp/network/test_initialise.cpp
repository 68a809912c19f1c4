// Initial parameters: the moments and bounds of each distribution, orthogonality, which random
// numbers they are made of, and what is no initialiser.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "filbert/filbert.hpp"
#include "kernels/functions.hpp"
#include "kernels/vec/sum.hpp"
#include "network/random.hpp"
#include "support/check.hpp"
#include "system/names.hpp"

using namespace filbert;

namespace {

using Bad = std::invalid_argument;
namespace init = initialisers;

Network64 made(std::vector<std::size_t> sizes, NetworkOptions options) {
  options.seed = 7;
  return Network64(std::move(sizes), options);
}

void names() {
  for (std::size_t i = 0; i < initialiser_names().size(); ++i) {
    const std::string_view name = initialiser_names()[i];
    const check::Case at(name);
    const Initialiser value = initialiser_from_string(name);
    CHECK_EQ(static_cast<std::size_t>(value.kind), i);
    CHECK(initialiser_from_string(to_string(value)) == value);
    CHECK(to_string(value).starts_with(name));
    if (traits_of(value).parameter.exists()) {
      CHECK(initialiser_from_string(to_string(value(0.1))) == value(0.1));
    }
  }
  CHECK(initialiser_from_string("orthogonal") == init::orthogonal);
  CHECK(initialiser_from_string("constant") == init::constant);
  CHECK_THROWS(Bad, initialiser_from_string("xavier"),
               "init: expected " + list_names(initialiser_names()) + ", got 'xavier'");
  CHECK_THROWS(Bad, initialiser_from_string("zeros(0x1.0000000000000p+0)"), "without a parameter");
  CHECK_THROWS(Bad, initialiser_from_string("constant(1)"), "init: expected a value such as");
}

struct Moments {
  double mean = 0.0, deviation = 0.0, kurtosis = 0.0, largest = 0.0;
};

Moments moments_of(std::span<const double> numbers) {
  Moments m;
  const auto n = static_cast<double>(numbers.size());
  double square = 0.0, fourth = 0.0;
  for (const double x : numbers) {
    m.mean += x / n;
    square += x * x / n;
    fourth += x * x * x * x / n;
    m.largest = std::max(m.largest, std::abs(x));
  }
  m.deviation = std::sqrt(square);
  m.kurtosis = fourth / (square * square);
  return m;
}

/// Of 200,000 weights: five standard errors.
void distributions() {
  constexpr double n = 400, m = 500;
  constexpr double normal = 3.0, uniform = 1.8, truncated = 2.365;  // kurtosis
  struct Expected {
    Initialiser initialiser;
    double variance, kurtosis;
  };
  for (const auto& [initialiser, variance, kurtosis] : std::vector<Expected>{
           {init::he_uniform, 2 / n, uniform},
           {init::he_normal, 2 / n, normal},
           {init::he_truncated_normal, 2 / n, truncated},
           {init::glorot_uniform, 2 / (n + m), uniform},
           {init::glorot_normal, 2 / (n + m), normal},
           {init::glorot_truncated_normal, 2 / (n + m), truncated},
           {init::lecun_uniform, 1 / n, uniform},
           {init::lecun_normal, 1 / n, normal},
           {init::lecun_truncated_normal, 1 / n, truncated},
           {init::fan_in_uniform, 1 / (3 * n), uniform},
           {init::fan_in_uniform(3.0), 3 / n, uniform},
           {init::he_normal(0.5), 0.5 / n, normal},
       }) {
    const check::Case at(to_string(initialiser));
    const Network64 net = made({400, 500}, {.init = initialiser});
    const Moments got = moments_of(net.parameters().first(200000));
    const double deviation = std::sqrt(variance);
    CHECK(std::abs(got.mean) < 5.0 * deviation / std::sqrt(200000.0));
    CHECK(std::abs(got.deviation / deviation - 1.0) < 0.01);
    CHECK(std::abs(got.kurtosis - kurtosis) < 0.06);
    const double largest = kurtosis == uniform     ? std::sqrt(3.0)
                           : kurtosis == truncated ? 2.0 / 0.87962566103423978
                                                   : 6.5;
    CHECK(got.largest <= largest * deviation * (1.0 + 1e-14));
    CHECK(got.largest > 0.99 * deviation * (kurtosis == normal ? 4.0 : largest));
    CHECK(std::ranges::all_of(net.b(1), [](double b) { return b == 0.0; }));
  }
}

/// The random number of a parameter, of the seed that `made` uses.
double u_of(std::size_t index, std::uint32_t l = 1) {
  return (random_block(7, index / 4, Purpose::weights, l, 0)[index % 4] + 0.5) * 0x1p-32;
}

/// Layers, weights and biases have numbers of their own, which the seed and the place decide.
void numbers() {
  const NetworkOptions options{.init = init::lecun_uniform, .bias_init = init::fan_in_uniform};
  const Network64 net = made({5, 7, 3}, options);
  for (std::size_t l = 1; l <= 2; ++l) {
    const auto inputs = static_cast<double>(net.sizes()[l - 1]);
    const std::size_t weights = net.sizes()[l - 1] * net.sizes()[l];
    for (std::size_t i = 0; i < weights + net.sizes()[l]; ++i) {
      const std::size_t index = net.offset(l) + i;
      const double u = u_of(index, static_cast<std::uint32_t>(l));
      const double limit = std::sqrt((i < weights ? 3.0 : 1.0) / inputs);
      CHECK_EQ(net.parameters()[index], (2.0 * u - 1.0) * limit);
    }
  }
  const Network64 normal = made({5, 7}, {.init = init::lecun_normal(0.5)});
  for (std::size_t i = 0; i < 35; ++i) {
    CHECK_EQ(normal.parameters()[i],
             scalar::normal_quantile(u_of(i)) * (0.5 * std::sqrt(1.0 / 5.0)));
  }
  const Network narrow({5, 7, 3}, {.init = init::he_normal, .seed = 7});
  const Network64 wide = made({5, 7, 3}, {.init = init::he_normal});
  for (std::size_t i = 0; i < wide.parameters().size(); ++i) {
    CHECK_EQ(narrow.parameters()[i], static_cast<float>(wide.parameters()[i]));
  }
}

void one_for_each_layer() {
  const Network64 net = made({2, 3, 2}, {.inits = {init::constant(0.5), init::zeros},
                                         .bias_inits = {init::zeros, init::constant(-0.25)}});
  const auto all = [](std::span<const double> numbers, double value) {
    return std::ranges::all_of(numbers, [=](double x) { return x == value; });
  };
  CHECK(all(net.parameters().first(6), 0.5));
  CHECK(all(net.b(1), 0.0));
  CHECK(all(net.parameters().subspan(net.offset(2), 6), 0.0));
  CHECK(all(net.b(2), -0.25));
}

void automatic() {
  for (const std::string_view name : activation_names()) {
    const check::Case at(name);
    const NetworkOptions options{.output = activation_from_string(name), .seed = 7};
    NetworkOptions other = options;
    other.init = traits_of(options.output).initialisation == Initialisation::he
                     ? init::he_uniform
                     : init::glorot_uniform;
    const Network64 net({9, 4}, options), same({9, 4}, other);
    CHECK(std::ranges::equal(net.parameters(), same.parameters()));
  }
}

/// The largest difference of the vectors' products from those of orthonormal ones.
double error_of(const Network64& net, double gain) {
  const auto w = net.w(1);
  const std::size_t inputs = w.rows(), outputs = w.cols();
  const bool columns = outputs <= inputs;
  const std::size_t count = std::min(inputs, outputs), size = std::max(inputs, outputs);
  double worst = 0.0;
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double product = 0.0;
      for (std::size_t k = 0; k < size; ++k) {
        product += columns ? w(k, i) * w(k, j) : w(i, k) * w(j, k);
      }
      worst = std::max(worst, std::abs(product / (gain * gain) - (i == j ? 1.0 : 0.0)));
    }
  }
  return worst;
}

void orthogonal() {
  for (const auto& [inputs, outputs] : {std::pair<std::size_t, std::size_t>{1, 1},
                                        {1, 5},
                                        {5, 1},
                                        {2, 2},
                                        {16, 16},
                                        {17, 15},
                                        {15, 17},
                                        {300, 20},
                                        {20, 300},
                                        {128, 128},
                                        {4200, 3},
                                        {3, 4200}}) {
    const check::Case at(inputs, "x", outputs);
    const Network64 net = made({inputs, outputs}, {.init = init::orthogonal});
    CHECK(error_of(net, 1.0) < 1e-14);
    CHECK(error_of(made({inputs, outputs}, {.init = init::orthogonal(1.5)}), 1.5) < 1e-14);
    CHECK(std::ranges::all_of(net.b(1), [](double b) { return b == 0.0; }));
  }
  // No direction is preferred: a single vector, and the signs of the only number.
  const Network64 long_vector = made({100000, 1}, {.init = init::orthogonal});
  const Moments got = moments_of(long_vector.parameters().first(100000));
  CHECK(std::abs(got.kurtosis - 3.0) < 0.1);
  int positive = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Network64 net({1, 1}, {.init = init::orthogonal, .seed = seed});
    CHECK_EQ(std::abs(net.parameters()[0]), 1.0);
    positive += net.parameters()[0] > 0.0 ? 1 : 0;
  }
  CHECK(positive > 70 && positive < 130);
}

/// The operations of docs/numerics.md, one vector after another.
std::vector<double> orthonormal(std::vector<std::vector<double>> v, bool columns) {
  const std::size_t count = v.size(), size = v.front().size();
  const auto product = [&](std::size_t i, std::size_t j) {
    return sum<double>(size, [&](std::size_t k) { return v[i][k] * v[j][k]; });
  };
  for (int time = 0; time < 2; ++time) {
    for (std::size_t j = 0; j < count; ++j) {
      for (std::size_t i = 0; i < j; ++i) {
        const double p = product(i, j);
        for (std::size_t k = 0; k < size; ++k) v[j][k] = v[j][k] - p * v[i][k];
      }
      const double length = std::sqrt(product(j, j));
      for (double& x : v[j]) x /= length;
    }
  }
  std::vector<double> w(count * size);
  for (std::size_t j = 0; j < count; ++j) {
    for (std::size_t k = 0; k < size; ++k) w[columns ? k * count + j : j * size + k] = v[j][k];
  }
  return w;
}

void orthogonal_operations() {
  for (const auto& [inputs, outputs] :
       {std::pair<std::size_t, std::size_t>{5, 3}, {3, 5}, {40, 30}, {30, 41}, {4200, 11}}) {
    const check::Case at(inputs, "x", outputs);
    const bool columns = outputs <= inputs;
    const std::size_t count = std::min(inputs, outputs), size = std::max(inputs, outputs);
    std::vector<std::vector<double>> v(count, std::vector<double>(size));
    for (std::size_t j = 0; j < count; ++j) {
      for (std::size_t k = 0; k < size; ++k) {
        v[j][k] = scalar::normal_quantile(u_of(columns ? k * count + j : j * size + k));
      }
    }
    const Network64 net = made({inputs, outputs}, {.init = init::orthogonal});
    const std::span<const double> w = net.parameters().first(inputs * outputs);
    CHECK(std::ranges::equal(w, orthonormal(std::move(v), columns)));
  }
}

void refusals() {
  const std::size_t two = 2;
  const auto refuses = [&](const NetworkOptions& options, const std::string& message) {
    CHECK_THROWS(Bad, Network({3, 4, two}, options), message);
  };
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double bad : {-1.0, infinity, std::nan(""), 1e31}) {
    refuses({.init = init::he_normal(bad)}, "init: expected scale in [0, 1e+30] for he_normal, ");
    refuses({.init = init::orthogonal(bad)}, "init: expected gain in [0, 1e+30] for orthogonal, ");
  }
  refuses({.init = init::constant(infinity)},
          "init: expected value in [-1e+30, 1e+30] for constant");
  refuses({.bias_init = init::constant(-1e31)}, "bias_init: expected value in [-1e+30, 1e+30]");
  refuses({.init = init::zeros(1.0)}, "init: expected zeros without a parameter, got 1");
  refuses({.init = {static_cast<InitialiserKind>(99)}},
          "init: expected an initialiser, got number");
  refuses({.inits = {init::zeros}}, "init: expected one for each of 2 layers, got 1");
  refuses({.bias_inits = {init::zeros, init::zeros, init::zeros}},
          "bias_init: expected one for each of 2 layers, got 3");
  for (const std::string_view name : initialiser_names()) {
    const Initialiser initialiser = initialiser_from_string(name);
    const check::Case at(name);
    if (traits_of(initialiser).allows_biases) {
      Network({3, 4, two}, {.bias_init = initialiser});
    } else {
      refuses({.bias_init = initialiser},
              "bias_init: expected zeros, constant or fan_in_uniform, got " + std::string(name));
    }
  }
}

void ends_when_asked() {
  int asked = 0;
  const KeepGoing no = [&] { return ++asked < 2; };
  CHECK_THROWS(Interrupted, Network64({1500, 1500}, {.init = init::orthogonal}, no), "");
  CHECK_EQ(asked, 2);
}

}  // namespace

int main() {
  names();
  distributions();
  numbers();
  one_for_each_layer();
  automatic();
  orthogonal();
  orthogonal_operations();
  refusals();
  ends_when_asked();
  return check::report();
}
