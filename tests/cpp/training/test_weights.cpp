// Weights of training examples: what rows count for in fit, cost, evaluate and the gradient.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "filbert/filbert.hpp"
#include "network/random.hpp"
#include "support/check.hpp"

using namespace filbert;

namespace {

constexpr std::size_t inputs = 5, outputs = 3;

/// Numbers in (0, 1).
template <class T>
std::vector<T> numbers(std::size_t size, std::uint64_t seed) {
  std::vector<T> values(size);
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint32_t word = random_block(seed, i / 4, Purpose::weights, 9, 9)[i % 4];
    values[i] = static_cast<T>((word + 0.5) * 0x1p-32);
  }
  return values;
}

/// Examples that own what they consist of.
template <class T>
struct Examples {
  std::vector<T> x, y, weights;
  std::vector<std::int32_t> labels;

  explicit Examples(std::size_t rows = 0)
      : x(numbers<T>(rows * inputs, 1)), y(numbers<T>(rows * outputs, 2)), labels(rows) {
    for (std::size_t i = 0; i < rows; ++i) labels[i] = static_cast<std::int32_t>(i * i % outputs);
  }
  std::size_t rows() const { return labels.size(); }
  void add(const Examples& other, std::size_t i) {
    x.insert(x.end(), &other.x[i * inputs], &other.x[i * inputs] + inputs);
    y.insert(y.end(), &other.y[i * outputs], &other.y[i * outputs] + outputs);
    labels.push_back(other.labels[i]);
  }
  BasicData<T> data(bool as_labels) const {
    const BasicMatrixView<const T> rows_of_x(x.data(), rows(), inputs);
    if (as_labels) return {.x = rows_of_x, .labels = labels, .weights = weights};
    return {.x = rows_of_x, .y = {y.data(), rows(), outputs}, .weights = weights};
  }
};

/// Weights of 0, 1 and 2, and the same examples with rows left out and doubled instead.
struct Doubled {
  Examples<double> weighted, repeated;

  explicit Doubled(std::size_t rows) : weighted(rows) {
    for (std::size_t i = 0; i < rows; ++i) {
      const std::size_t times = i * 7 % 3;
      weighted.weights.push_back(static_cast<double>(times));
      for (std::size_t n = 0; n < times; ++n) repeated.add(weighted, i);
    }
  }
};

struct Kind {
  const char* name;
  Activation output;
  Loss loss;
  bool labels;
};
constexpr Kind kinds[] = {
    {"identity, rows", Activation::identity, Loss::squared_error, false},
    {"tanh, rows", Activation::tanh, Loss::half_squared_error, false},
    {"softmax, rows", Activation::softmax, Loss::squared_error, false},
    {"softmax, labels", Activation::softmax, Loss::cross_entropy, true},
    {"sigmoid, rows", Activation::sigmoid, Loss::binary_cross_entropy, false},
    {"sigmoid, labels", Activation::sigmoid, Loss::binary_cross_entropy, true},
};

template <class T>
BasicNetwork<T> network(const Kind& kind, std::size_t hidden = 7) {
  return BasicNetwork<T>({inputs, hidden, outputs},
                         {.activation = Activation::tanh, .output = kind.output, .seed = 3});
}

template <class T>
bool same(std::span<const T> a, std::span<const T> b) {
  return std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

bool near(double a, double b) { return std::abs(a - b) <= 1e-12 * (1.0 + std::abs(b)); }

void is_near(const Kind& kind, const char* what, double a, double b) {
  check::record(near(a, b), __FILE__, __LINE__,
                std::string(kind.name) + ", " + what + ": got " + check::show(a) + ", expected " +
                    check::show(b));
}

/// All that fit and evaluate give.
template <class T>
struct Outcome {
  std::vector<T> parameters;
  std::vector<double> numbers;

  bool operator==(const Outcome& other) const {
    return numbers == other.numbers && same<T>(parameters, other.parameters);
  }
};

template <class T>
Outcome<T> outcome(const Kind& kind, const BasicData<T>& data, std::size_t hidden = 7,
                   std::size_t batch_size = 32) {
  BasicNetwork<T> net = network<T>(kind, hidden);
  Optimizer adam = Adam();
  Outcome<T> result;
  const auto add = [&](const Evaluation& evaluation) {
    result.numbers.push_back(evaluation.loss);
    result.numbers.push_back(evaluation.accuracy.value_or(-1.0));
  };
  fit(net, data, adam, {.epochs = 3, .batch_size = batch_size, .loss = kind.loss},
      {.on_epoch = [&](const EpochReport& report) {
        add(report.training);
        return true;
      }});
  add(evaluate(net, data, {.loss = kind.loss}));
  result.parameters.assign(net.parameters().begin(), net.parameters().end());
  return result;
}

/// Weights of 1 are no weights, bit for bit; and others are not.
template <class T>
void ones_change_nothing() {
  for (const Kind& kind : kinds) {
    Examples<T> examples(300);
    const Outcome<T> plain = outcome(kind, examples.data(kind.labels));
    examples.weights.assign(300, T(1));
    CHECK(outcome(kind, examples.data(kind.labels)) == plain);
    examples.weights[7] = T(1.25);
    const Outcome<T> other = outcome(kind, examples.data(kind.labels));
    CHECK(!same<T>(other.parameters, plain.parameters));
    CHECK(other.numbers != plain.numbers);
  }
}

/// The cost of a batch, what a workspace keeps of it, and its gradient.
void costs_and_gradients() {
  for (const Kind& kind : kinds) {
    const Doubled examples(61);
    Network64 net = network<double>(kind);
    const auto gradient = [&](const Data64& data, double& total, std::vector<double>& costs,
                              std::vector<double>& da) {
      Workspace64 workspace(net, {.max_batch = data.x.rows(), .inspect = true});
      Gradients64 gradients(net);
      forward(net, data.x, workspace);
      total = cost(net, data, kind.loss, workspace);
      backward(net, data.x, workspace, gradients);
      costs.assign(workspace.cost().begin(), workspace.cost().end());
      for (std::size_t i = 0; i < data.x.rows(); ++i) da.push_back(workspace.da(2)(i, 1));
      return std::vector<double>(gradients.flat().begin(), gradients.flat().end());
    };
    double total, expected_total, plain_total;
    std::vector<double> costs, plain_costs, da, plain_da, none;
    const std::vector<double> got = gradient(examples.weighted.data(kind.labels), total, costs, da);
    const std::vector<double> expected =
        gradient(examples.repeated.data(kind.labels), expected_total, none, none);
    Data64 plain = examples.weighted.data(kind.labels);
    plain.weights = {};
    gradient(plain, plain_total, plain_costs, plain_da);
    is_near(kind, "cost", total, expected_total);
    for (std::size_t i = 0; i < got.size(); ++i) is_near(kind, "gradient", got[i], expected[i]);
    for (std::size_t i = 0; i < costs.size(); ++i) {  // one product each
      CHECK_EQ(costs[i], examples.weighted.weights[i] * plain_costs[i]);
      CHECK_EQ(da[i], examples.weighted.weights[i] * plain_da[i]);
    }
  }
}

/// A batch, and an epoch of one: a step of fit, its report and evaluate.
void fits_and_evaluations() {
  for (const Kind& kind : kinds) {
    const Doubled examples(61);
    const auto run = [&](const Data64& data, std::vector<double>& reported) {
      Network64 net = network<double>(kind);
      Optimizer sgd = Sgd({.learning_rate = 0.5});
      const auto add = [&](const Evaluation& evaluation) {
        reported.push_back(evaluation.loss);
        reported.push_back(evaluation.accuracy.value_or(-1.0));
      };
      fit(net, data, sgd, {.epochs = 2, .batch_size = 1000, .loss = kind.loss},
          {.on_epoch = [&](const EpochReport& report) {
            add(report.training);
            return true;
          }});
      add(evaluate(net, data, {.loss = kind.loss}));
      return std::vector<double>(net.parameters().begin(), net.parameters().end());
    };
    std::vector<double> reported, expected_reports;
    const std::vector<double> got = run(examples.weighted.data(kind.labels), reported);
    const std::vector<double> expected = run(examples.repeated.data(kind.labels), expected_reports);
    for (std::size_t i = 0; i < got.size(); ++i) is_near(kind, "parameters", got[i], expected[i]);
    for (std::size_t i = 0; i < reported.size(); ++i) {
      is_near(kind, "report", reported[i], expected_reports[i]);
    }
  }
}

/// In every instruction set, with small batches and one that is large enough for threads to share
/// its cost.
template <class T>
void threads_and_isas_do_not_matter() {
  const Isa active = isa();
  for (const Kind& kind : {kinds[2], kinds[3]}) {
    for (const std::size_t rows : {200, 7'000}) {
      Examples<T> examples(rows);
      examples.weights = numbers<T>(rows, 5);
      const BasicData<T> data = examples.data(kind.labels);
      std::optional<Outcome<T>> first;
      for (const Isa each : isas()) {
        set_isa(each);
        for (const std::size_t threads : {1, 3}) {
          set_threads(threads);
          const Outcome<T> now =
              rows < 1024 ? outcome(kind, data, 300) : outcome(kind, data, 40, rows);
          if (!first) first = now;
          check::record(now == *first, __FILE__, __LINE__,
                        std::string(to_string(each)) + ", " + std::to_string(threads));
        }
      }
    }
  }
  set_threads(0);
  set_isa(active);
}

/// A batch that counts nothing steps with a gradient of 0: only what does not depend on it moves.
void batches_without_weight() {
  Examples<double> examples(4);
  examples.weights = {0.0, 0.0, 1.0, 2.0};
  const FitOptions options{.batch_size = 2, .shuffle = false};
  const Data64 data = examples.data(false);
  Network64 net = network<double>(kinds[0]), last_only = network<double>(kinds[0]);
  Optimizer sgd = Sgd(), again = Sgd();
  Evaluation all, last;
  fit(net, data, sgd, options, {.on_epoch = [&](const EpochReport& report) {
        all = report.training;
        return true;
      }});
  const Data64 rest{
      .x = data.x.rows_from(2, 2), .y = data.y.rows_from(2, 2), .weights = data.weights.subspan(2)};
  fit(last_only, rest, again, options, {.on_epoch = [&](const EpochReport& report) {
        last = report.training;
        return true;
      }});
  CHECK_EQ(sgd.steps(), std::uint64_t{2});
  CHECK(same<double>(net.parameters(), last_only.parameters()));
  CHECK_EQ(all.loss, last.loss);
}

/// A fit that stops in the midst of an epoch goes on with the totals of what it has counted.
void totals_are_resumed() {
  Examples<float> examples(90);
  examples.weights = numbers<float>(90, 5);
  const Data data = examples.data(true);
  const FitOptions options{.epochs = 2, .batch_size = 7};
  std::vector<double> expected, got;
  const auto into = [](std::vector<double>& to) {
    return [&to](const EpochReport& report) {
      to.push_back(report.training.loss);
      to.push_back(*report.training.accuracy);
      return true;
    };
  };
  Network whole = network<float>(kinds[3]), net = network<float>(kinds[3]);
  Optimizer adam = Adam(), again = Adam();
  fit(whole, data, adam, options, {.on_epoch = into(expected)});
  FitPosition position;
  const auto raise = [](const EpochReport&) -> bool { throw std::runtime_error("enough"); };
  CHECK_THROWS(std::runtime_error,
               fit(net, data, again, options, {.on_epoch = raise, .position = &position}), "");
  CHECK_EQ(position.epoch, std::size_t{0});
  CHECK_EQ(position.batch, std::size_t{13});
  double sum = 0.0;
  for (const float weight : examples.weights) sum += static_cast<double>(weight);
  CHECK(near(position.weight, sum));
  CHECK(fit(net, data, again, options, {.on_epoch = into(got), .position = &position}));
  CHECK(got == expected);
  CHECK(same<float>(net.parameters(), whole.parameters()));
}

template <class T>
void errors() {
  const Kind& kind = kinds[3];
  Examples<T> examples(6);
  BasicNetwork<T> net = network<T>(kind);
  const BasicNetwork<T> before = net;
  BasicWorkspace<T> workspace(net, {.max_batch = 6});
  forward(net, examples.data(true).x, workspace);
  const auto refused = [&](const BasicData<T>& data, const char* message) {
    using Bad = std::invalid_argument;
    Optimizer sgd = Sgd();
    CHECK_THROWS(Bad, fit(net, data, sgd), message);
    CHECK_THROWS(Bad, evaluate(net, data), message);
    CHECK_THROWS(Bad, cost(net, data, kind.loss, workspace), message);
    CHECK(same<T>(net.parameters(), before.parameters()));
  };
  const auto with_weights = [&](std::vector<T> weights, const char* message) {
    examples.weights = weights;
    refused(examples.data(true), message);
  };
  using Limits = std::numeric_limits<T>;
  with_weights({1, 1, 1}, "weights: expected 6, one for each row of x, got 3");
  with_weights({1, 1, -1, 1, 1, 1}, "got -1 at position 2");
  with_weights({1, 1, 1, 1, 1, Limits::quiet_NaN()}, "got nan at position 5");
  with_weights({1, Limits::infinity(), 1, 1, 1, 1}, "got inf at position 1");
  with_weights({Limits::denorm_min(), 1, 1, 1, 1, 1}, "weights: expected 0 or a number from");
  with_weights({0, 0, 0, 0, 0, 0}, "weights: expected a finite sum above 0, got 0");
  if (sizeof(T) == 8) with_weights(std::vector<T>(6, Limits::max()), "sum above 0, got inf");
  examples.weights.clear();
  BasicData<T> data = examples.data(true);
  data.y = examples.data(false).y;
  refused(data, "data: expected labels or y, got both: 6 labels and 6 rows of y");
  data.y = {};
  data.labels = {};
  refused(data, "data: expected labels or y, got neither");
  data = examples.data(true);
  data.x = data.x.rows_from(0, 5);
  CHECK_THROWS(std::invalid_argument, cost(net, data, kind.loss, workspace),
               "x: expected the 6 rows of the last forward, or none, got 5");
  data.x = {};
  CHECK(cost(net, data, kind.loss, workspace) > 0.0);
}

}  // namespace

int main() {
  ones_change_nothing<float>();
  ones_change_nothing<double>();
  costs_and_gradients();
  fits_and_evaluations();
  batches_without_weight();
  totals_are_resumed();
  errors<float>();
  errors<double>();
  if (!check::quick()) {
    threads_and_isas_do_not_matter<float>();
    threads_and_isas_do_not_matter<double>();
  }
  return check::report();
}
