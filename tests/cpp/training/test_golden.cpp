// Reference networks, trained: the bits of every parameter, for every instruction set that this
// machine has and any number of threads. The hashes are part of the numerics contract
// (docs/numerics.md): they change only with its version. Run with "print" to see the hashes.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "filbert/filbert.hpp"
#include "network/random.hpp"
#include "support/check.hpp"

using namespace filbert;

namespace {

enum class Rule { momentum, nesterov, adam, adamw, adamw_cosine };

/// Sizes cross every threshold of the contract: k beyond a block of any kernel, batches beyond
/// 1024 rows, sums beyond 4096 terms, more than 4096 parameters, tiles ragged both ways.
struct Golden {
  const char* name;
  std::uint64_t float_hash, double_hash;
  std::vector<std::size_t> sizes;
  Activation hidden, output;
  Loss loss;
  Rule rule;
  std::size_t rows, batch_size, epochs;
};

const Golden cases[] = {
    {"relu, softmax, cross_entropy, large batch",
     0x94ac3f641f1395b8,
     0x2550a7b5fe867154,
     {523, 45, 10},
     filbert::relu,
     filbert::softmax,
     filbert::cross_entropy,
     Rule::momentum,
     1161,
     1061,
     1},
    {"relu, softmax, cross_entropy, large batch, adam",
     0x5d91e31504538eca,
     0x102efdebc50fd5e5,
     {523, 45, 10},
     filbert::relu,
     filbert::softmax,
     filbert::cross_entropy,
     Rule::adam,
     1161,
     1061,
     1},
    {"tanh, sigmoid, binary_cross_entropy",
     0xe522714f82a7c363,
     0x43dbfba1dc10108a,
     {37, 67, 35, 5},
     filbert::tanh,
     filbert::sigmoid,
     filbert::binary_cross_entropy,
     Rule::adam,
     100,
     33,
     2},
    {"sigmoid, tanh, squared_error, penalties",
     0xc13f979bd3613b1a,
     0x374c22a8ee374c86,
     {19, 81, 3},
     filbert::sigmoid,
     filbert::tanh,
     filbert::squared_error,
     Rule::nesterov,
     90,
     32,
     3},
    {"identity, relu, half_squared_error",
     0x56bebb4daf463c3d,
     0xe1b383a3e8e36f86,
     {7, 33, 17},
     filbert::identity,
     filbert::relu,
     filbert::half_squared_error,
     Rule::nesterov,
     50,
     1,
     1},
    {"wide softmax",
     0xb6ec8f2e89f2a642,
     0x0235592bff6d3fcf,
     {5, 9, 4999},
     filbert::relu,
     filbert::softmax,
     filbert::cross_entropy,
     Rule::momentum,
     40,
     17,
     2},
    {"wide softmax, squared_error",
     0x26651d02d7b80c04,
     0x9c113ff3fd674a64,
     {5, 4200},
     filbert::relu,
     filbert::softmax,
     filbert::squared_error,
     Rule::adam,
     20,
     20,
     2},
    {"sigmoid, identity, squared_error, adamw",
     0x689e6bebd8917c06,
     0x0bae08085e6d7a7e,
     {19, 81, 3},
     filbert::sigmoid,
     filbert::identity,
     filbert::squared_error,
     Rule::adamw,
     90,
     32,
     3},
    {"gelu, gelu, squared_error",
     0x9f3904bb5ed784b5,
     0x31e1ed20ffde9835,
     {19, 81, 3},
     filbert::gelu,
     filbert::gelu,
     filbert::squared_error,
     Rule::momentum,
     90,
     32,
     3},
    {"mish, mish, squared_error",
     0xa485310917e6e7ba,
     0x57b2590550d55e8c,
     {19, 81, 3},
     filbert::mish,
     filbert::mish,
     filbert::squared_error,
     Rule::momentum,
     90,
     32,
     3},
    {"tanh, identity, huber",
     0x667dc2854a797255,
     0x01f69908ffcdfca6,
     {19, 81, 3},
     filbert::tanh,
     filbert::identity,
     filbert::huber(0.25),
     Rule::momentum,
     90,
     32,
     3},
    {"sigmoid, identity, squared_error, adamw with a cosine",
     0xd57f1a4372fbd452,
     0xa4d16f2300ce5702,
     {19, 81, 3},
     filbert::sigmoid,
     filbert::identity,
     filbert::squared_error,
     Rule::adamw_cosine,
     90,
     32,
     4},
    {"one output",
     0x233a4fa0de1b5e66,
     0x5bf084f8d5cf8299,
     {16, 16, 1},
     filbert::relu,
     filbert::identity,
     filbert::squared_error,
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
  if (rule == Rule::adamw) return AdamW({.learning_rate = 0.01, .l1 = 0.0001, .l2 = 0.0001});
  if (rule == Rule::adamw_cosine) {
    return AdamW(
        {.learning_rate = Cosine({.rate = 0.02, .final = 0.001, .warmup = 0.5, .length = 3.5})});
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
struct Examples {
  std::vector<T> x, y;
  std::vector<std::int32_t> labels;
};

template <class T>
Examples<T> examples_of(const Golden& c) {
  const std::size_t inputs = c.sizes.front(), outputs = c.sizes.back();
  Examples<T> all{std::vector<T>(c.rows * inputs), std::vector<T>(c.rows * outputs),
                  std::vector<std::int32_t>(c.rows)};
  for (std::size_t i = 0; i < all.x.size(); ++i) {
    const double value = uniform(i, 1);
    all.x[i] = static_cast<T>(value < -0.5 ? 0.0 : value);  // zeros, as in pictures
  }
  for (std::size_t i = 0; i < all.y.size(); ++i) {
    all.y[i] = static_cast<T>(0.5 + 0.5 * uniform(i, 2));
  }
  for (std::size_t i = 0; i < c.rows; ++i) {
    all.labels[i] =
        static_cast<std::int32_t>(random_block(1, i, Purpose::weights, 3, 1)[0] % outputs);
  }
  return all;
}

/// A network in training.
template <class T>
struct Trained {
  BasicNetwork<T> net;
  Optimizer optimizer;

  explicit Trained(const Golden& c)
      : net(c.sizes, {.activation = c.hidden, .output = c.output, .seed = 12345}),
        optimizer(optimizer_of(c.rule)) {}

  void fit(const Golden& c, const Examples<T>& examples, const FitOptions& options) {
    const std::size_t rows = examples.labels.size();
    const BasicMatrixView<const T> x(examples.x.data(), rows, c.sizes.front());
    if (c.loss == filbert::cross_entropy) {
      filbert::fit(net, {.x = x, .labels = examples.labels}, optimizer, options);
    } else {
      const BasicMatrixView<const T> y(examples.y.data(), rows, c.sizes.back());
      filbert::fit(net, {.x = x, .y = y}, optimizer, options);
    }
  }
};

template <class T>
std::uint64_t train(const Golden& c) {
  Trained<T> trained(c);
  trained.fit(c, examples_of<T>(c),
              {.epochs = c.epochs, .batch_size = c.batch_size, .loss = c.loss});
  const std::span<const T> parameters = trained.net.parameters();
  bool finite = true, moved = false;
  const Trained<T> start(c);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    finite = finite && std::isfinite(parameters[i]);
    moved = moved || parameters[i] != start.net.parameters()[i];
  }
  CHECK(finite && moved);
  return hash_of(parameters);
}

/// A batch of an epoch, in the order of fit.
template <class T>
Examples<T> batch_of(const Golden& c, const Examples<T>& all, std::size_t epoch, std::size_t at) {
  const std::size_t inputs = c.sizes.front(), outputs = c.sizes.back();
  Examples<T> batch;
  for (std::size_t i = at; i < std::min(at + c.batch_size, c.rows); ++i) {
    const std::size_t row = epoch_order(i, c.rows, 12345, epoch);
    batch.x.insert(batch.x.end(), &all.x[row * inputs], &all.x[row * inputs] + inputs);
    batch.y.insert(batch.y.end(), &all.y[row * outputs], &all.y[row * outputs] + outputs);
    batch.labels.push_back(all.labels[row]);
  }
  return batch;
}

/// The first layer of which the parameters differ, or 0.
template <class T>
std::size_t different_layer(const BasicNetwork<T>& a, const BasicNetwork<T>& b) {
  for (std::size_t l = 1; l <= a.depth(); ++l) {
    const std::size_t begin = a.offset(l), count = (a.sizes()[l - 1] + 1) * a.sizes()[l];
    if (hash_of(a.parameters().subspan(begin, count)) !=
        hash_of(b.parameters().subspan(begin, count))) {
      return l;
    }
  }
  return 0;
}

/// Where a training first differs from that of the reference, both taken a step at a time.
template <class T>
std::string first_difference(const Golden& c, Isa isa, std::size_t threads) {
  Trained<T> reference(c), tested(c);
  const Examples<T> all = examples_of<T>(c);
  std::size_t step = 0, layer = 0;
  for (std::size_t epoch = 0; epoch < c.epochs && layer == 0; ++epoch) {
    for (std::size_t at = 0; at < c.rows && layer == 0; at += c.batch_size) {
      const Examples<T> batch = batch_of(c, all, epoch, at);
      const FitOptions one{.batch_size = c.batch_size, .loss = c.loss, .shuffle = false};
      set_isa(Isa::reference);
      set_threads(1);
      reference.fit(c, batch, one);
      set_isa(isa);
      set_threads(threads);
      tested.fit(c, batch, one);
      layer = different_layer<T>(reference.net, tested.net);
      ++step;
    }
  }
  if (layer == 0) return "the reference has these parameters after each step";
  return "the reference has others from step " + std::to_string(step) + ", layer " +
         std::to_string(layer) + " on";
}

template <class T>
void compare(const Golden& c, Isa isa, std::size_t threads, std::uint64_t hash, std::uint64_t got) {
  const check::Case at(c.name, sizeof(T) == 4 ? "float" : "double", to_string(isa), threads,
                       "threads");
  if (!CHECK_EQ(got, hash)) {
    std::fprintf(stderr, "  %s\n", first_difference<T>(c, isa, threads).c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bool print = argc > 1 && std::string_view(argv[1]) == "print";
  for (const Isa isa : isas()) {
    set_isa(isa);
    for (const std::size_t threads : {1, 2, 3, 8}) {
      if (check::quick() && threads != 3) continue;
      set_threads(threads);
      for (const Golden& c : cases) {
        const std::uint64_t of_float = train<float>(c), of_double = train<double>(c);
        if (print) {
          std::printf("%s, %zu threads, %s: 0x%016llx, 0x%016llx\n", to_string(isa).data(), threads,
                      c.name, static_cast<unsigned long long>(of_float),
                      static_cast<unsigned long long>(of_double));
        }
        compare<float>(c, isa, threads, c.float_hash, of_float);
        compare<double>(c, isa, threads, c.double_hash, of_double);
      }
    }
  }
  return check::report();
}
