// Costs of the caller's own in fit and evaluate: the same bits as a loss of the same operations,
// for any number of threads; and what ends the work.
#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <vector>

#include "filbert/filbert.hpp"
#include "network/random.hpp"
#include "support/check.hpp"

using namespace filbert;

namespace {

constexpr std::size_t inputs = 9, outputs = 3, hidden = 130;

template <class T>
std::vector<T> numbers(std::size_t size, std::uint64_t seed) {
  std::vector<T> values(size);
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint32_t word = random_block(seed, i / 4, Purpose::weights, 9, 9)[i % 4];
    values[i] = static_cast<T>((word + 0.5) * 0x1p-32);
  }
  return values;
}

/// Half of the squared error, by the operations of the loss of that name.
template <class T>
bool half_squared_error_of(const BasicCostBatch<T>& batch) {
  for (std::size_t i = 0; i < batch.a.rows(); ++i) {
    T d[outputs];
    for (std::size_t j = 0; j < outputs; ++j) {
      d[j] = batch.a(i, j) - batch.y(i, j);
      batch.dC_da(i, j) = d[j];
    }
    batch.cost[i] = T(0.5) * ((d[0] * d[0] + d[2] * d[2]) + d[1] * d[1]);
  }
  return true;
}

template <class T>
FitHooks hooks_of(BasicOwnCost<T> function) {
  FitHooks hooks;
  if constexpr (std::is_same_v<T, float>) {
    hooks.cost = std::move(function);
  } else {
    hooks.cost64 = std::move(function);
  }
  return hooks;
}

template <class T>
EvaluateOptions evaluate_options_of(BasicOwnCost<T> function) {
  EvaluateOptions options;
  if constexpr (std::is_same_v<T, float>) {
    options.cost = std::move(function);
  } else {
    options.cost64 = std::move(function);
  }
  return options;
}

template <class T>
struct Problem {
  std::size_t rows;
  std::vector<T> x = numbers<T>(rows * inputs, 1), y = numbers<T>(rows * outputs, 2),
                 w = numbers<T>(rows, 3);
  std::vector<std::int32_t> labels = std::vector<std::int32_t>(rows);

  explicit Problem(std::size_t count) : rows(count) {
    for (std::size_t i = 0; i < rows; ++i) labels[i] = static_cast<std::int32_t>(i * i % outputs);
  }
  BasicData<T> data(bool as_labels, bool weighted) const {
    BasicData<T> result{.x = {x.data(), rows, inputs}};
    if (as_labels) {
      result.labels = labels;
    } else {
      result.y = {y.data(), rows, outputs};
    }
    if (weighted) result.weights = w;
    return result;
  }
};

template <class T>
BasicNetwork<T> make(Activation output) {
  return BasicNetwork<T>({inputs, hidden, outputs},
                         {.activation = filbert::tanh, .output = output, .seed = 7});
}

template <class T>
bool same_bits(const BasicNetwork<T>& a, const BasicNetwork<T>& b) {
  return std::memcmp(a.parameters().data(), b.parameters().data(),
                     a.parameters().size() * sizeof(T)) == 0;
}

template <class T>
void as_a_loss(Activation output, bool as_labels, bool weighted, std::size_t batch_size) {
  const Problem<T> problem(batch_size > 1000 ? 3000 : 150);
  const BasicData<T> data = problem.data(as_labels, weighted);
  BasicNetwork<T> expected = make<T>(output), got = make<T>(output);
  Optimizer one = Sgd{.learning_rate = 0.1, .momentum = 0.9}, other = one;
  std::vector<EpochReport> reports;
  const auto report = [&](const EpochReport& epoch) {
    reports.push_back(epoch);
    return true;
  };
  const FitOptions options{
      .epochs = 2, .batch_size = batch_size, .loss = filbert::half_squared_error};
  fit(expected, data, one, options, {.on_epoch = report});
  FitOptions own = options;
  own.own_cost = true;
  const std::thread::id caller = std::this_thread::get_id();
  const auto counted = [&](const BasicCostBatch<T>& batch) {
    CHECK(std::this_thread::get_id() == caller);
    return half_squared_error_of(batch);
  };
  FitHooks hooks = hooks_of<T>(counted);
  hooks.on_epoch = report;
  CHECK(fit(got, data, other, own, hooks));
  CHECK(same_bits(expected, got));
  CHECK_EQ(reports.size(), std::size_t{4});
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK_EQ(reports[i].training.loss, reports[i + 2].training.loss);
    CHECK(reports[i].training.accuracy == reports[i + 2].training.accuracy);
  }
  const Evaluation evaluated = evaluate(got, data, {.loss = filbert::half_squared_error});
  const Evaluation by_function =
      evaluate(got, data, evaluate_options_of<T>(half_squared_error_of<T>));
  CHECK_EQ(evaluated.loss, by_function.loss);
  CHECK(evaluated.accuracy == by_function.accuracy);
  CHECK_EQ(by_function.accuracy.has_value(), traits_of(output).classifies);
}

/// A function that throws, or says no, ends the fit after the last whole step.
template <class T>
void ends(bool throws, std::size_t batch_size) {
  const Problem<T> problem(batch_size * 5);
  const BasicData<T> data = problem.data(false, false);
  BasicNetwork<T> net = make<T>(filbert::identity), expected = make<T>(filbert::identity);
  Optimizer sgd = Sgd{.learning_rate = 0.1}, other = sgd;
  std::size_t calls = 0;
  FitPosition at;
  FitHooks hooks = hooks_of<T>([&](const BasicCostBatch<T>& batch) {
    if (++calls < 4) return half_squared_error_of(batch);
    if (throws) throw std::domain_error("mine");
    return false;
  });
  hooks.position = &at;
  const FitOptions own{.epochs = 3, .batch_size = batch_size, .own_cost = true};
  if (throws) {
    CHECK_THROWS(std::domain_error, fit(net, data, sgd, own, hooks), "mine");
  } else {
    CHECK(!fit(net, data, sgd, own, hooks));
  }
  CHECK_EQ(calls, std::size_t{4});
  CHECK_EQ(sgd.steps(), std::uint64_t{3});
  CHECK_EQ(at.batch, std::size_t{3});
  // It goes on from there to the same end.
  hooks = hooks_of<T>(half_squared_error_of<T>);
  hooks.position = &at;
  CHECK(fit(net, data, sgd, own, hooks));
  CHECK(fit(expected, data, other, own, hooks_of<T>(half_squared_error_of<T>)));
  CHECK(same_bits(net, expected));
}

void arguments() {
  const Problem<float> problem(10);
  Network net = make<float>(filbert::identity);
  Optimizer sgd = Sgd{};
  const Data data = problem.data(false, false);
  const auto fit_with = [&](bool own, FitHooks hooks) {
    fit(net, data, sgd, {.own_cost = own}, hooks);
  };
  CHECK_THROWS(std::invalid_argument, fit_with(true, {}), "own_cost: expected a function");
  CHECK_THROWS(std::invalid_argument, fit_with(false, {.cost = half_squared_error_of<float>}),
               "own_cost: expected true");
  CHECK_THROWS(std::invalid_argument, fit_with(true, {.cost64 = half_squared_error_of<double>}),
               "cost64: expected none for a Network");
  CHECK_THROWS(std::invalid_argument,
               evaluate(net, data, {.cost64 = half_squared_error_of<double>}), "cost64: ");
  CHECK_EQ(sgd.steps(), std::uint64_t{0});
}

/// y may have any columns, and then there is no accuracy.
void other_columns() {
  const Problem<double> problem(20);
  const Network64 net = make<double>(filbert::softmax);
  const Data64 data{.x = {problem.x.data(), 20, inputs}, .y = {problem.y.data(), 10 * 2, 1}};
  const Evaluation result = evaluate(net, data, {.cost64 = [](const CostBatch64& batch) {
                                       CHECK_EQ(batch.y.cols(), std::size_t{1});
                                       for (double& c : batch.cost) c = 2.0;
                                       return true;
                                     }});
  CHECK_EQ(result.loss, 2.0);
  CHECK(!result.accuracy.has_value());
}

}  // namespace

int main() {
  for (const std::size_t threads : {1, 3}) {
    set_threads(threads);
    const check::Case at(threads, "threads");
    for (const Activation output :
         {filbert::identity, filbert::sigmoid, filbert::softmax, filbert::gelu}) {
      for (const bool labels : {false, true}) {
        for (const bool weighted : {false, true}) {
          const check::Case at_case(to_string(output), labels, weighted);
          as_a_loss<float>(output, labels, weighted, 32);
          as_a_loss<double>(output, labels, weighted, 1100);
        }
      }
    }
    for (const bool throws : {false, true}) {
      ends<float>(throws, 200);
      ends<double>(throws, 1100);
    }
  }
  arguments();
  other_columns();
  return check::report();
}
