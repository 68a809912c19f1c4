// The training loop: what it visits, what it reports, how it ends.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "filbert/filbert.hpp"
#include "filbert/fit.hpp"
#include "support/check.hpp"

using namespace filbert;

namespace {

struct Examples {
  std::vector<double> x, y;
  std::vector<std::int32_t> labels;
  std::size_t rows;

  explicit Examples(std::size_t n) : x(n * 2), y(n), labels(n), rows(n) {
    for (std::size_t i = 0; i < n; ++i) {
      x[2 * i] = std::sin(static_cast<double>(i));
      x[2 * i + 1] = std::cos(3.0 * static_cast<double>(i));
      y[i] = 0.5 * x[2 * i] - 0.25 * x[2 * i + 1] + 1.0;
      labels[i] = x[2 * i] > x[2 * i + 1];
    }
  }
  ConstMatrixView64 inputs() const { return {x.data(), rows, 2}; }
  ConstMatrixView64 targets() const { return {y.data(), rows, 1}; }
  Data64 with_y() const { return {.x = inputs(), .y = targets()}; }
  Data64 with_labels() const { return {.x = inputs(), .labels = labels}; }
};

bool same(const Network64& a, const Network64& b) {
  return std::memcmp(a.parameters().data(), b.parameters().data(), a.parameters().size_bytes()) ==
         0;
}

void equals_a_loop_of_ones_own() {
  const Examples data(45);
  for (const bool shuffle : {false, true}) {
    Network64 net({2, 5, 1}, {.seed = 3}), own({2, 5, 1}, {.seed = 3});
    Optimizer sgd = Sgd({.learning_rate = 0.1, .momentum = 0.9});
    std::vector<double> losses;
    fit(net, data.with_y(), sgd, {.epochs = 3, .batch_size = 10, .shuffle = shuffle},
        {.on_epoch = [&](const EpochReport& report) {
          CHECK_EQ(report.epoch, losses.size() + 1);
          CHECK_EQ(report.next.epoch, report.epoch);
          losses.push_back(report.training.loss);
          return true;
        }});
    CHECK_EQ(net.epoch(), std::uint64_t{3});

    Optimizer mine = Sgd({.learning_rate = 0.1, .momentum = 0.9});
    Workspace64 workspace(own, {.max_batch = 10});
    Gradients64 gradients(own);
    for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
      double total = 0.0;
      for (std::size_t first = 0; first < data.rows; first += 10) {
        const std::size_t rows = std::min<std::size_t>(10, data.rows - first);
        std::vector<double> x, y;
        for (std::size_t i = first; i < first + rows; ++i) {
          const std::size_t row = shuffle ? epoch_order(i, data.rows, 3, epoch) : i;
          x.insert(x.end(), {data.x[2 * row], data.x[2 * row + 1]});
          y.push_back(data.y[row]);
        }
        forward(own, {x.data(), rows, 2}, workspace);
        total += cost(own, {.y = {y.data(), rows, 1}}, filbert::squared_error, workspace);
        backward(own, {x.data(), rows, 2}, workspace, gradients);
        for (double& g : gradients.flat()) g *= 1.0 / static_cast<double>(rows);
        mine.step(own, gradients.flat());
      }
      CHECK(std::abs(losses[epoch] - total / 45) <= 1e-15 * total);
    }
    CHECK(same(net, own));
  }
}

void continues() {  // 2 + 3 epochs are 5
  const Examples data(33);
  Network64 once({2, 4, 2}, {.output = filbert::softmax}), twice = once;
  Optimizer adam = Adam(), again = Adam();
  fit(once, data.with_labels(), adam, {.epochs = 5, .batch_size = 8});
  fit(twice, data.with_labels(), again, {.epochs = 2, .batch_size = 8});
  fit(twice, data.with_labels(), again, {.epochs = 3, .batch_size = 8});
  CHECK(same(once, twice));
  CHECK_EQ(again.steps(), std::uint64_t{25});
}

void learns_and_reports() {
  const Examples data(200);
  Network64 net({2, 8, 2}, {.output = filbert::softmax});
  Optimizer sgd = Sgd({.learning_rate = 0.1, .momentum = 0.9});
  std::optional<double> accuracy;
  fit(net, data.with_labels(), sgd, {.epochs = 60}, {.on_epoch = [&](const EpochReport& report) {
        accuracy = report.training.accuracy;
        return true;
      }});
  CHECK(accuracy && *accuracy > 0.95);
  const Evaluation result = evaluate(net, data.with_labels());
  CHECK(result.accuracy && *result.accuracy > 0.95);
  CHECK(!evaluate(Network64({2, 1}), data.with_y()).accuracy);
}

void evaluation_of_several_sigmoids() {
  Network64 net({1, 2}, {.output = filbert::sigmoid});
  const double parameters[] = {1.0, -1.0, 0.0, 0.0};
  std::memcpy(net.parameters().data(), parameters, sizeof parameters);
  const double x[] = {1.0, 1.0}, y[] = {1.0, 1.0, 1.0, 0.0};  // a is (0.73, 0.27) twice
  const Data64 data{.x = {x, 2, 1}, .y = {y, 2, 2}};
  CHECK_EQ(*evaluate(net, data).accuracy, 0.75);                                   // of the outputs
  CHECK_EQ(*evaluate(net, data, {.loss = filbert::squared_error}).accuracy, 1.0);  // of rows
}

void callbacks_end_it() {
  const Examples data(64);
  Network64 net({2, 3, 1});
  Optimizer sgd = Sgd();
  CHECK(!fit(net, data.with_y(), sgd, {.epochs = 10},
             {.on_epoch = [](const EpochReport& report) { return report.epoch < 4; }}));
  CHECK_EQ(net.epoch(), std::uint64_t{4});
  int calls = 0;
  CHECK(!fit(net, data.with_y(), sgd, {.epochs = 1000000000},
             {.keep_going = [&] { return ++calls < 2; }}));
  CHECK_EQ(calls, 2);
  const auto raise = []() -> bool { throw std::runtime_error("enough"); };
  CHECK_THROWS(std::runtime_error,
               fit(net, data.with_y(), sgd, {.epochs = 1000000000}, {.keep_going = raise}),
               "enough");
  for (const double w : net.parameters()) CHECK(std::isfinite(w));
}

/// The next step takes the rate that a callback has set, whatever the number of threads.
void callbacks_may_set_the_learning_rate() {
  const Examples data(45);
  for (const std::size_t threads : {1, 2}) {
    set_threads(threads);
    Network64 net({2, 5, 1}, {.seed = 3}), own({2, 5, 1}, {.seed = 3});
    Optimizer optimizer = Adam(), mine = Adam();
    const auto rate = [](std::size_t epochs) { return 0.1 / static_cast<double>(1 + epochs); };
    optimizer.set_learning_rate(rate(0));
    fit(net, data.with_y(), optimizer, {.epochs = 4}, {.on_epoch = [&](const EpochReport& report) {
          optimizer.set_learning_rate(rate(report.epoch));
          return true;
        }});
    for (std::size_t epoch = 0; epoch < 4; ++epoch) {
      mine.set_learning_rate(rate(epoch));
      fit(own, data.with_y(), mine);
    }
    CHECK(same(net, own));
  }
  set_threads(0);
}

/// Large enough for a team of eight in every phase, with a ragged last batch.
void threads_do_not_matter() {
  constexpr std::size_t rows = 700, inputs = 64, outputs = 10;
  std::vector<float> x(rows * inputs), first_a;
  std::vector<std::int32_t> labels(rows);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<float>(epoch_order(i, x.size(), 1, 0)) / static_cast<float>(x.size());
  }
  for (std::size_t i = 0; i < rows; ++i) labels[i] = static_cast<std::int32_t>(i % outputs);
  const ConstMatrixView in(x.data(), rows, inputs);
  const Data data{.x = in, .labels = labels};
  Evaluation first;
  for (const std::size_t threads : {1, 2, 3, 8}) {
    set_threads(threads);
    Network net({inputs, 300, outputs}, {.output = filbert::softmax, .seed = 1});
    Optimizer sgd = Sgd({.learning_rate = 0.1, .momentum = 0.9});
    fit(net, data, sgd, {.epochs = 2, .batch_size = 300});
    const Evaluation now = evaluate(net, data);
    std::vector<float> a(rows * outputs);
    predict(net, in, {a.data(), rows, outputs});
    if (threads == 1) {
      first = now;
      first_a = a;
    }
    CHECK_EQ(now.loss, first.loss);
    CHECK_EQ(*now.accuracy, *first.accuracy);
    CHECK(std::memcmp(a.data(), first_a.data(), a.size() * sizeof(float)) == 0);
  }
  set_threads(0);
}

/// It is called when nothing can be wrong any more, and what it throws ends the fit before a step.
void on_start_comes_first() {
  const Examples data(10);
  Network64 net({2, 3, 1}), before = net, other = net;
  Optimizer sgd = Sgd({.momentum = 0.9}), foreign = Sgd();
  int starts = 0, epochs = 0;
  FitHooks hooks{.on_start = [&] {
    CHECK(same(net, before));
    CHECK_EQ(epochs, 0);
    ++starts;
  }};
  hooks.on_epoch = [&](const EpochReport&) { return ++epochs > 0; };
  CHECK(fit(net, data.with_y(), sgd, {.epochs = 2}, hooks));
  CHECK_EQ(starts, 1);
  CHECK_EQ(epochs, 2);

  using Bad = std::invalid_argument;
  FitPosition beyond{.batch = 100};
  fit(other, data.with_y(), foreign);
  hooks = {.on_start = [&] { ++starts; }};
  CHECK_THROWS(Bad, fit(net, data.with_y(), foreign, {}, hooks), "optimizer");
  hooks.position = &beyond;
  CHECK_THROWS(Bad, fit(net, data.with_y(), sgd, {}, hooks), "position");
  CHECK_EQ(starts, 1);

  net = before;
  Optimizer fresh = Sgd({.momentum = 0.9});
  hooks = {.on_start = [] { throw std::runtime_error("no"); }};
  CHECK_THROWS(std::runtime_error, fit(net, data.with_y(), fresh, {}, hooks), "no");
  CHECK(same(net, before));
  fit(other, data.with_y(), fresh);  // it does not belong to net
}

/// An option without a row in the table would be neither bound, kept in files nor compared.
void every_option_has_a_row() {
  const FitOptions options;
  const auto& [epochs, batch_size, own_cost, loss, shuffle, own_order, seed, dropout, input_dropout,
               noise, clip_norm, clip_value, accumulate, max_norm, l1, l2, alpha, layer_rates,
               bias_rates, average] = options;  // all there are
  const void* const members[] = {&epochs,    &batch_size, &own_cost,    &loss,          &shuffle,
                                 &own_order, &seed,       &dropout,     &input_dropout, &noise,
                                 &clip_norm, &clip_value, &accumulate,  &max_norm,      &l1,
                                 &l2,        &alpha,      &layer_rates, &bias_rates,    &average};
  std::vector<const void*> rows;
  for_each_fit_option(options, [&](const auto&, const auto& value) { rows.push_back(&value); });
  CHECK(std::ranges::equal(rows, members));
}

void errors_change_nothing() {
  const Examples data(10);
  Network64 net({2, 3, 1}), before = net;
  Optimizer sgd = Sgd();
  using Bad = std::invalid_argument;
  CHECK_THROWS(Bad, fit(net, {{data.x.data(), 10, 1}, {}, data.targets()}, sgd),
               "x: expected 2 columns");
  CHECK_THROWS(Bad, fit(net, {{data.x.data(), 0, 2}, {}, data.targets()}, sgd),
               "x: expected at least");
  CHECK_THROWS(Bad, fit(net, {{data.x.data(), 9, 2}, {}, data.targets()}, sgd),
               "y: expected 9 rows");
  CHECK_THROWS(Bad, fit(net, data.with_y(), sgd, {.batch_size = 0}), "batch_size");
  CHECK_THROWS(Bad, fit(net, data.with_y(), sgd, {.loss = filbert::cross_entropy}),
               "cross_entropy expected a softmax or log_softmax output, got output 'identity'");
  CHECK_THROWS(Bad, fit(net, data.with_labels(), sgd), "labels: expected integers in 0 .. 0");
  CHECK(same(net, before));
  CHECK_EQ(sgd.steps(), std::uint64_t{0});
  CHECK(fit(net, data.with_y(), sgd, {.epochs = 0}));
  CHECK(same(net, before));
}

}  // namespace

int main() {
  equals_a_loop_of_ones_own();
  continues();
  learns_and_reports();
  evaluation_of_several_sigmoids();
  callbacks_end_it();
  callbacks_may_set_the_learning_rate();
  threads_do_not_matter();
  on_start_comes_first();
  every_option_has_a_row();
  errors_change_nothing();
  return check::report();
}
