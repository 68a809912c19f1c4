// What fit does when a cost or a parameter is not finite.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "filbert/filbert.hpp"
#include "support/check.hpp"

using namespace filbert;

namespace {

constexpr std::size_t width = 4;

struct Examples {
  std::vector<double> x, y;
  std::size_t rows;

  explicit Examples(std::size_t n, double scale = 1.0) : x(n * width), y(n), rows(n) {
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < width; ++k) {
        x[width * i + k] = std::sin(1.0 + static_cast<double>(i * width + k));
      }
      x[width * i + 2] *= scale;
      y[i] = x[width * i];
    }
  }
  Data64 data() const { return {.x = {x.data(), rows, width}, .y = {y.data(), rows, 1}}; }
};

std::vector<double> copy_of(const Network64& net) {
  const auto all = net.parameters();
  return {all.begin(), all.end()};
}

/// Trains until it diverges, and returns how. kept: what the network had after each epoch.
std::optional<Divergence> divergence(Network64& net, const Examples& examples, Optimizer& optimizer,
                                     const FitOptions& options, FitHooks hooks = {}) {
  try {
    fit(net, examples.data(), optimizer, options, hooks);
  } catch (const Diverged& error) {
    return error.where();
  }
  return {};
}

bool is_finite(const Network64& net) {
  return std::ranges::all_of(net.parameters(), [](double w) { return std::isfinite(w); });
}

void goes_back_to_the_last_epoch() {
  for (const std::size_t threads : {1, 2, 3}) {
    set_threads(threads);
    const check::Case at("threads", threads);
    const Examples examples(4000);
    Network64 net({width, 8, 1}, {.seed = 1});
    Optimizer sgd = Sgd({.learning_rate = 0.001, .momentum = 0.5});
    std::vector<std::vector<double>> epochs{copy_of(net)};
    std::vector<std::uint64_t> counts{net.epoch()};
    FitPosition position;
    FitHooks hooks{.on_epoch =
                       [&](const EpochReport& report) {
                         epochs.push_back(copy_of(net));
                         counts.push_back(net.epoch());
                         if (report.epoch == 3) sgd.set_learning_rate(1e200);
                         return true;
                       },
                   .position = &position};
    const auto where = divergence(net, examples, sgd, {.epochs = 9, .batch_size = 100}, hooks);
    if (!CHECK(where.has_value())) continue;
    CHECK_EQ(where->epoch, std::size_t{4});
    CHECK_EQ(where->step, std::size_t{2});
    CHECK_EQ(where->kept, std::size_t{3});
    CHECK(!std::isfinite(where->cost));
    CHECK(!where->column.has_value());
    CHECK(epochs.at(3) == copy_of(net));
    CHECK_EQ(net.epoch(), counts.at(3));
    CHECK_EQ(position.epoch, std::size_t{3});
    CHECK_EQ(sgd.steps(), std::uint64_t{0});
    CHECK_EQ(sgd.learning_rate().rate(), 1e200);
    sgd.set_learning_rate(0.001);
    CHECK(!divergence(net, examples, sgd, {.epochs = 1}).has_value());
    CHECK(is_finite(net));
  }
}

void names_column_and_layer() {
  const Examples examples(200, 1e5);
  Network64 net({width, 8, 1}, {.seed = 1});
  const std::vector<double> before = copy_of(net);
  Optimizer sgd = Sgd({.learning_rate = 0.1});
  const auto where = divergence(net, examples, sgd, {.epochs = 50, .batch_size = 10});
  if (!CHECK(where.has_value())) return;
  CHECK_EQ(where->epoch, std::size_t{1});
  CHECK_EQ(where->kept, std::size_t{0});
  CHECK(where->column == std::optional<std::size_t>(2));
  CHECK(where->largest > 5e4);
  CHECK(before == copy_of(net));
  // Parameters of a known layer that are not finite; no step is made.
  for (std::size_t l = 1; l <= 3; ++l) {
    Network64 deep({width, 6, 5, 1}, {.activation = filbert::tanh, .seed = 1});
    deep.b(l)[0] = std::numeric_limits<double>::quiet_NaN();
    Optimizer adam = Adam({.learning_rate = 0.1});
    const auto of_layer = divergence(deep, Examples(20), adam, {.epochs = 2, .batch_size = 10});
    CHECK(of_layer.has_value() && of_layer->layer == l && of_layer->step == 1);
    CHECK(of_layer.has_value() && !of_layer->column);
  }
}

/// The last step of a fit may leave parameters whose cost nobody has asked for.
void the_last_step_counts() {
  for (const std::size_t batch : {20, 10}) {
    const check::Case at("batch", batch);
    const Examples examples(20);
    Network64 net({width, 1}, {.seed = 1});
    const std::vector<double> before = copy_of(net);
    Optimizer sgd = Sgd({.learning_rate = 1e308});
    const auto where = divergence(net, examples, sgd, {.epochs = 2, .batch_size = batch});
    CHECK(where.has_value());
    CHECK(before == copy_of(net));
  }
}

void lbfgs_and_own_costs() {
  Network64 net({width, 3, 1}, {.seed = 1});
  net.b(2)[0] = 1e200;  // the cost overflows
  const std::vector<double> before = copy_of(net);
  Optimizer lbfgs = Lbfgs();
  const auto where = divergence(net, Examples(20), lbfgs, {.epochs = 3});
  CHECK(where.has_value() && where->epoch == 1 && where->layer == 2);
  CHECK(before == copy_of(net));

  Network64 other({width, 3, 1}, {.seed = 1});
  Optimizer sgd = Sgd({.learning_rate = 1e300});
  std::size_t calls = 0;
  FitHooks hooks{.cost64 = [&](const CostBatch64& batch) {
    ++calls;
    for (std::size_t i = 0; i < batch.a.rows(); ++i) {
      CHECK(std::isfinite(batch.a(i, 0)));
      const double d = batch.a(i, 0) - batch.y(i, 0);
      batch.cost[i] = d * d;
      batch.dC_da(i, 0) = 2.0 * d;
    }
    return true;
  }};
  const auto own = divergence(other, Examples(40), sgd,
                              {.epochs = 3, .batch_size = 10, .own_cost = true}, hooks);
  CHECK(own.has_value() && own->epoch == 1);
  CHECK(calls > 0);
  CHECK(is_finite(other));
}

void early_stopping() {
  Network64 net({width, 1}, {.seed = 1});
  BestEpoch best;
  const EarlyStopping first{.min_delta = 0.1}, last{.min_delta = 0.1, .last = true};
  const auto say = [&](const EarlyStopping& rules, std::size_t epoch, double value) {
    net.b(1)[0] = static_cast<double>(epoch);
    count_epoch(best, rules, net, epoch, value);
  };
  say(first, 1, std::nan(""));
  CHECK_EQ(best.epoch, std::size_t{0});
  CHECK_EQ(best.bad, std::size_t{1});
  put_back(best, net);  // there is nothing yet
  say(first, 2, 1.0);
  say(first, 3, 0.95);
  CHECK_EQ(best.epoch, std::size_t{2});
  CHECK_EQ(best.bad, std::size_t{1});
  say(first, 3, 0.0);  // has been counted
  CHECK_EQ(best.value, 1.0);
  say(last, 4, 1.0);
  CHECK_EQ(best.epoch, std::size_t{4});
  CHECK_EQ(best.bad, std::size_t{2});
  say(first, 5, 0.5);
  CHECK_EQ(best.bad, std::size_t{0});
  say(first, 6, 9.0);
  put_back(best, net);
  CHECK_EQ(net.b(1)[0], 5.0);
  Network64 another({width, 2, 1});
  CHECK_THROWS(std::invalid_argument, put_back(best, another), "best: expected parameters");
}

}  // namespace

int main() {
  goes_back_to_the_last_epoch();
  names_column_and_layer();
  the_last_step_counts();
  lbfgs_and_own_costs();
  early_stopping();
  return check::report();
}
