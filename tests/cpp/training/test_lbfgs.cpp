// L-BFGS: its line search, minima that are known, and what may end it.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

#include "filbert/filbert.hpp"
#include "network/random.hpp"
#include "support/check.hpp"
#include "training/line_search.hpp"

using namespace filbert;

namespace {

/// Searches along a function of one variable. Returns the point, and checks that the conditions
/// hold.
template <class Function>
double searched(Function f, double first, int most) {
  const auto [cost, slope] = f(0.0);
  LineSearch line({0.0, cost, slope}, first);
  for (int evaluations = 1; evaluations <= most; ++evaluations) {
    const double step = line.step();
    const auto [c, s] = f(step);
    const LineSearch::Answer answer = line.take(c, s);
    if (answer == LineSearch::Answer::go_on) continue;
    CHECK(answer == LineSearch::Answer::found);
    CHECK(c <= cost + 1e-3 * step * slope && std::abs(s) <= 0.9 * std::abs(slope));
    return step;
  }
  CHECK(false);
  return 0.0;
}

struct Value {
  double cost, slope;
};

void line_searches() {
  const auto parabola = [](double t) { return Value{(t - 3) * (t - 3), 2 * (t - 3)}; };
  CHECK_EQ(searched(parabola, 1.0, 1), 1.0);                    // good enough at once
  CHECK(std::abs(searched(parabola, 1e-3, 5) - 3.0) < 2.9);     // steps grow
  CHECK(std::abs(searched(parabola, 100.0, 2) - 3.0) < 1e-12);  // a cubic finds it at once
  const auto steep = [](double t) {
    return Value{std::exp(8 * t) - 40 * t, 8 * std::exp(8 * t) - 40};
  };
  CHECK(std::abs(searched(steep, 5.0, 60) - std::log(5.0) / 8) < 0.2);
  const auto wavy = [](double t) {  // more than one minimum
    return Value{t * t / 100 - 1.2 * t + std::sin(5 * t) / 10, t / 50 - 1.2 + std::cos(5 * t) / 2};
  };
  for (const double first : {0.1, 1.0, 4.0, 200.0}) searched(wavy, first, 20);
}

double number(std::uint64_t index, std::uint32_t stream) {
  return (random_block(7, index / 4, Purpose::weights, stream, 1)[index % 4] + 0.5) * 0x1p-31 - 1;
}

template <class T>
struct Examples {
  std::vector<T> x, y, weights;
  std::size_t rows;

  explicit Examples(std::size_t count) : x(count * 3), y(count), rows(count) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(number(i, 1));
    for (std::size_t i = 0; i < rows; ++i) {
      y[i] = static_cast<T>(2.0 * x[3 * i] - 0.5 * x[3 * i + 1] + 0.25 + number(i, 2) / 8);
    }
  }
  BasicData<T> data() const {
    return {.x = {x.data(), rows, 3}, .y = {y.data(), rows, 1}, .weights = weights};
  }
};

template <class T>
BasicNetwork<T> network(std::vector<std::size_t> sizes = {3, 8, 1}) {
  return BasicNetwork<T>(std::move(sizes), {.activation = filbert::tanh, .seed = 3});
}

template <class T>
bool same(const BasicNetwork<T>& a, const BasicNetwork<T>& b) {
  return std::ranges::equal(a.parameters(), b.parameters());
}

/// Least squares: the gradient vanishes at the solution of the normal equations.
void linear_regression() {
  const Examples<double> examples(50);
  Network64 net({3, 1}, {.seed = 1});
  Optimizer lbfgs = Lbfgs{};
  std::size_t epochs = 0;
  bool last = false;
  const auto count = [&](const EpochReport& report) {
    ++epochs;
    CHECK(!last);
    last = report.last;
    return true;
  };
  CHECK(fit(net, examples.data(), lbfgs, {.epochs = 100}, {.on_epoch = count}));
  CHECK(last && epochs < 20);
  CHECK_EQ(lbfgs.steps(), static_cast<std::uint64_t>(epochs));
  CHECK(lbfgs.progress().converged);
  CHECK(lbfgs.progress().evaluations > epochs);
  Workspace64 workspace(net, {.max_batch = 50});
  Gradients64 gradients(net);
  forward(net, examples.data().x, workspace);
  cost(net, {.y = examples.data().y}, filbert::squared_error, workspace);
  backward(net, examples.data().x, workspace, gradients);
  for (const double g : gradients.flat()) CHECK(std::abs(g) / 50 <= 1e-7);
  // At the minimum there is nothing to do, and an epoch says so.
  const Network64 before = net;
  epochs = 0;
  last = false;
  CHECK(fit(net, examples.data(), lbfgs, {.epochs = 100}, {.on_epoch = count}));
  CHECK(last && epochs == 1 && same(net, before));
}

/// Any number of threads and any instruction set give the same bits, and so do interruptions. More
/// rows than a block of dW.
template <class T>
void same_bits() {
  const Examples<T> examples(1100);
  const Lbfgs rule{.history = 4, .weight_decay = 1e-3, .l2 = 1e-3};
  const FitOptions options{.epochs = 6};
  BasicNetwork<T> expected = network<T>({3, 64, 1});
  const BasicNetwork<T> start = expected;
  Optimizer optimizer = rule;
  CHECK(fit(expected, examples.data(), optimizer, options));
  CHECK(optimizer.steps() == 6);
  for (const Isa each : isas()) {
    const Isa before = filbert::isa();
    set_isa(each);
    for (const std::size_t threads : {1, 3}) {
      if (each == Isa::reference && threads > 1) continue;  // slow, without fma
      set_threads(threads);
      BasicNetwork<T> net = start;
      Optimizer other = rule;
      CHECK(fit(net, examples.data(), other, options));
      CHECK(same(net, expected));
    }
    set_threads(0);
    set_isa(before);
  }
  // Epoch by epoch, each from where the last one stood.
  BasicNetwork<T> net = start;
  Optimizer other = rule;
  FitPosition position;
  for (std::size_t epochs = 1; epochs <= 6; ++epochs) {
    CHECK(fit(net, examples.data(), other, {.epochs = epochs}, {.position = &position}));
    Optimizer copy = optimizer_from_bytes(to_bytes(other));
    CHECK_EQ(copy.progress().evaluations, other.progress().evaluations);
    other = copy;
    net = BasicNetwork<T>(net);
  }
  CHECK(same(net, expected));
  CHECK_EQ(other.progress().evaluations, optimizer.progress().evaluations);
}

/// Whatever question ends it, the network and the optimizer are those between two epochs.
void interrupted() {
  const Examples<double> examples(1500);
  const FitOptions options{.epochs = 4};
  const Network64 start = network<double>();
  Network64 expected = start;
  Optimizer never = Lbfgs{};
  CHECK(fit(expected, examples.data(), never, options));
  for (int question = 1; question < 400; question = question * 3 / 2 + 1) {
    Network64 net = start;
    Optimizer optimizer = Lbfgs{};
    FitPosition position;
    int asked = 0;
    const bool done =
        fit(net, examples.data(), optimizer, options,
            {.keep_going = [&] { return ++asked != question; }, .position = &position});
    CHECK_EQ(optimizer.steps(), static_cast<std::uint64_t>(position.epoch));
    if (position.epoch == 0) CHECK(same(net, start));
    if (!done) CHECK(fit(net, examples.data(), optimizer, options, {.position = &position}));
    CHECK(same(net, expected));
    CHECK_EQ(optimizer.progress().evaluations, never.progress().evaluations);
  }
}

/// A callback may change the parameters: the next epoch starts from them.
void changed_by_a_callback() {
  const Examples<double> examples(40);
  Network64 net = network<double>(), twin = net;
  Optimizer one = Lbfgs{}, other = Lbfgs{};
  const auto halve = [&](const EpochReport&) {
    for (double& p : net.parameters()) p *= 0.5;
    return true;
  };
  CHECK(fit(net, examples.data(), one, {.epochs = 3}, {.on_epoch = halve}));
  for (int i = 0; i < 3; ++i) {
    CHECK(fit(twin, examples.data(), other));
    for (double& p : twin.parameters()) p *= 0.5;
  }
  CHECK(same(net, twin));
}

/// Weights of rows count as repetitions do.
void weighted() {
  Examples<double> once(20);
  once.weights.assign(20, 3.0);
  Network64 a = network<double>(), b = a;
  Optimizer one = Lbfgs{}, other = Lbfgs{};
  CHECK(fit(a, once.data(), one, {.epochs = 5}));
  once.weights.clear();
  CHECK(fit(b, once.data(), other, {.epochs = 5}));
  for (std::size_t i = 0; i < a.parameters().size(); ++i) {
    CHECK(std::abs(a.parameters()[i] - b.parameters()[i]) < 1e-9);
  }
}

void errors() {
  using Bad = std::invalid_argument;
  const Examples<double> examples(10);
  Network64 net = network<double>(), before = net;
  Optimizer lbfgs = Lbfgs{};
  CHECK_THROWS(Bad, fit(net, examples.data(), lbfgs, {.batch_size = 9}),
               "batch_size: expected all 10 rows with lbfgs, got 9");
  std::vector<double> gradient(net.parameters().size());
  CHECK_THROWS(Bad, lbfgs.step(net, gradient),
               "optimizer: expected a rule for one step, got lbfgs");
  CHECK_THROWS(Bad, Optimizer(Lbfgs{.history = 0}), "history: expected an integer in 1 .. 1000000");
  CHECK(same(net, before) && lbfgs.steps() == 0);
  // A cost that is no number ends the fit at once.
  Network64 broken = net;
  broken.parameters()[0] = std::nan("");
  CHECK_THROWS(filbert::Diverged, fit(broken, examples.data(), lbfgs, {.epochs = 9}),
               "got nan in epoch 1, step 1; layer 1");
  CHECK_EQ(lbfgs.steps(), std::uint64_t{0});
  // A learning rate of 0 moves nothing, and a later one may.
  Optimizer still = Lbfgs{.learning_rate = 0.0};
  CHECK(fit(net, examples.data(), still, {.epochs = 3}));
  CHECK(same(net, before) && still.steps() == 3 && !still.progress().converged);
}

}  // namespace

int main() {
  line_searches();
  linear_regression();
  same_bits<float>();
  same_bits<double>();
  interrupted();
  changed_by_a_callback();
  weighted();
  errors();
  return check::report();
}
