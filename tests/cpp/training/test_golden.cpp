// Reference networks, trained: the bits of every parameter, for every instruction set that this
// machine has and any number of threads. The hashes are part of the numerics contract
// (docs/numerics.md): they change only with its version. Run with "print" to see the hashes.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

#include "filbert/filbert.hpp"
#include "network/random.hpp"
#include "support/check.hpp"

using namespace filbert;

namespace {

enum class Rule { momentum, nesterov, adam };

/// Sizes cross every threshold of the contract: k beyond a block of any kernel, batches beyond
/// 1024 rows, sums beyond 4096 terms, more than 4096 parameters, tiles ragged both ways.
struct Case {
  const char* name;
  std::uint64_t float_hash, double_hash;
  std::vector<std::size_t> sizes;
  Activation hidden, output;
  Loss loss;
  Rule rule;
  std::size_t rows, batch_size, epochs;
};

const Case cases[] = {
    {"relu, softmax, cross_entropy, large batch",
     0x94ac3f641f1395b8,
     0x2550a7b5fe867154,
     {523, 45, 10},
     Activation::relu,
     Activation::softmax,
     Loss::cross_entropy,
     Rule::momentum,
     1161,
     1061,
     1},
    {"relu, softmax, cross_entropy, large batch, adam",
     0x5d91e31504538eca,
     0x102efdebc50fd5e5,
     {523, 45, 10},
     Activation::relu,
     Activation::softmax,
     Loss::cross_entropy,
     Rule::adam,
     1161,
     1061,
     1},
    {"tanh, sigmoid, binary_cross_entropy",
     0xe522714f82a7c363,
     0x43dbfba1dc10108a,
     {37, 67, 35, 5},
     Activation::tanh,
     Activation::sigmoid,
     Loss::binary_cross_entropy,
     Rule::adam,
     100,
     33,
     2},
    {"sigmoid, tanh, squared_error, penalties",
     0xc13f979bd3613b1a,
     0x374c22a8ee374c86,
     {19, 81, 3},
     Activation::sigmoid,
     Activation::tanh,
     Loss::squared_error,
     Rule::nesterov,
     90,
     32,
     3},
    {"identity, relu, half_squared_error",
     0x56bebb4daf463c3d,
     0xe1b383a3e8e36f86,
     {7, 33, 17},
     Activation::identity,
     Activation::relu,
     Loss::half_squared_error,
     Rule::nesterov,
     50,
     1,
     1},
    {"wide softmax",
     0xb6ec8f2e89f2a642,
     0x0235592bff6d3fcf,
     {5, 9, 4999},
     Activation::relu,
     Activation::softmax,
     Loss::cross_entropy,
     Rule::momentum,
     40,
     17,
     2},
    {"wide softmax, squared_error",
     0x26651d02d7b80c04,
     0x9c113ff3fd674a64,
     {5, 4200},
     Activation::relu,
     Activation::softmax,
     Loss::squared_error,
     Rule::adam,
     20,
     20,
     2},
    {"one output",
     0x233a4fa0de1b5e66,
     0x5bf084f8d5cf8299,
     {16, 16, 1},
     Activation::relu,
     Activation::identity,
     Loss::squared_error,
     Rule::momentum,
     128,
     32,
     3},
};

double uniform(std::uint64_t index, std::uint32_t stream) {
  const Philox4 words = random_block(2026, index / 4, Purpose::weights, stream, 1);
  return 2.0 * (words[index % 4] + 0.5) * 0x1p-32 - 1.0;
}

/// FNV-1a over the bytes.
template <class T>
std::uint64_t hash_of(std::span<const T> values) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (T value : values) {
    if (std::isnan(value)) value = std::numeric_limits<T>::quiet_NaN();  // payloads are free
    unsigned char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    for (const unsigned char byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  }
  return hash;
}

Optimizer optimizer_of(Rule rule) {
  if (rule == Rule::adam) {
    return Adam({.learning_rate = 0.01, .weight_decay = 0.001, .l1 = 0.0001, .l2 = 0.0001});
  }
  if (rule == Rule::nesterov) {
    return Sgd({.learning_rate = 0.05,
                .momentum = 0.8,
                .nesterov = true,
                .weight_decay = 0.001,
                .l1 = 0.0001,
                .l2 = 0.0001});
  }
  return Sgd({.learning_rate = 0.1, .momentum = 0.9});
}

template <class T>
std::uint64_t train(const Case& c) {
  const std::size_t inputs = c.sizes.front(), outputs = c.sizes.back();
  std::vector<T> x(c.rows * inputs), y(c.rows * outputs);
  std::vector<std::int32_t> labels(c.rows);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double value = uniform(i, 1);
    x[i] = static_cast<T>(value < -0.5 ? 0.0 : value);  // zeros, as in pictures
  }
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = static_cast<T>(0.5 + 0.5 * uniform(i, 2));
  for (std::size_t i = 0; i < c.rows; ++i) {
    labels[i] = static_cast<std::int32_t>(random_block(1, i, Purpose::weights, 3, 1)[0] % outputs);
  }
  BasicNetwork<T> net(c.sizes, {.activation = c.hidden, .output = c.output, .seed = 12345});
  Optimizer optimizer = optimizer_of(c.rule);
  const FitOptions options{.epochs = c.epochs, .batch_size = c.batch_size, .loss = c.loss};
  const BasicMatrixView<const T> in(x.data(), c.rows, inputs);
  if (c.loss == Loss::cross_entropy) {
    fit(net, {.x = in, .labels = labels}, optimizer, options);
  } else {
    fit(net, {.x = in, .y = {y.data(), c.rows, outputs}}, optimizer, options);
  }
  bool finite = true, moved = false;
  const BasicNetwork<T> start(c.sizes, {.activation = c.hidden, .output = c.output, .seed = 12345});
  for (std::size_t i = 0; i < net.parameters().size(); ++i) {
    finite = finite && std::isfinite(net.parameters()[i]);
    moved = moved || net.parameters()[i] != start.parameters()[i];
  }
  CHECK(finite && moved);
  return hash_of(std::span<const T>(net.parameters()));
}

}  // namespace

int main(int argc, char** argv) {
  const bool print = argc > 1 && std::string_view(argv[1]) == "print";
  for (const Isa isa : isas()) {
    set_isa(isa);
    for (const std::size_t threads : {1, 2, 3, 8}) {
      if (check::quick() && threads != 3) continue;
      set_threads(threads);
      for (const Case& c : cases) {
        const std::uint64_t of_float = train<float>(c), of_double = train<double>(c);
        if (print) {
          std::printf("%s, %zu threads, %s: 0x%016llx, 0x%016llx\n", to_string(isa).data(), threads,
                      c.name, static_cast<unsigned long long>(of_float),
                      static_cast<unsigned long long>(of_double));
        }
        CHECK_EQ(of_float, c.float_hash);
        CHECK_EQ(of_double, c.double_hash);
      }
    }
  }
  return check::report();
}
