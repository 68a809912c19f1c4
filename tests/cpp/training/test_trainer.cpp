// Training on one example at a time: the bits of a fit, and no memory in a step.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <vector>

#include "filbert/filbert.hpp"
#include "support/check.hpp"
#include "support/counted_memory.hpp"

using namespace filbert;

namespace {

template <class T>
std::vector<T> row_of(std::size_t width, std::size_t i) {
  std::vector<T> x(width);
  for (std::size_t k = 0; k < width; ++k) {
    x[k] = static_cast<T>(std::sin(1.0 + static_cast<double>(k + 7 * i)));
  }
  return x;
}

template <class T>
bool same(const BasicNetwork<T>& a, const BasicNetwork<T>& b) {
  const std::span<const T> p = a.parameters(), q = b.parameters();
  return std::memcmp(p.data(), q.data(), p.size_bytes()) == 0 && a.epoch() == b.epoch();
}

template <class T>
std::vector<Optimizer> rules() {
  return {Sgd({.learning_rate = 0.05}), Sgd({.learning_rate = 0.05, .momentum = 0.9, .l2 = 0.01}),
          Adam({.learning_rate = 0.01}), AdamW({.learning_rate = 0.01, .weight_decay = 0.1}),
          RmsProp({.learning_rate = 0.01})};
}

template <class T>
void equals_fit() {
  using Net = BasicNetwork<T>;
  const std::vector<std::vector<std::size_t>> sizes = {{3, 2}, {16, 16, 3}, {70, 33, 9, 4}};
  for (const auto& layers : sizes) {
    for (std::size_t rule = 0; rule < rules<T>().size(); ++rule) {
      const check::Case at("layers", layers.size(), "rule", rule);
      Net net(layers, {.output = softmax, .seed = 1}),
          other(layers, {.output = softmax, .seed = 1});
      Optimizer a = rules<T>()[rule], b = rules<T>()[rule];
      BasicTrainer<T> trainer(net, a);
      for (std::size_t i = 0; i < 6; ++i) {
        const std::vector<T> x = row_of<T>(layers.front(), i);
        const std::int32_t label = static_cast<std::int32_t>(i % layers.back());
        const double cost = trainer.step(x, label);
        double loss = 0.0;
        fit(other, {.x = {x.data(), 1, x.size()}, .labels = std::span(&label, 1)}, b,
            {.batch_size = 1}, {.on_epoch = [&](const EpochReport& report) {
              loss = report.training.loss;
              return true;
            }});
        CHECK_EQ(cost, loss);
        CHECK(same(net, other));
        CHECK_EQ(a.steps(), b.steps());
      }
    }
  }
}

void takes_values() {
  Network64 net({4, 5, 2}, {.seed = 2}), other({4, 5, 2}, {.seed = 2});
  Optimizer a = Adam({.learning_rate = 0.01}), b = Adam({.learning_rate = 0.01});
  Trainer64 trainer(net, a, huber(0.5));
  for (std::size_t i = 0; i < 5; ++i) {
    const std::vector<double> x = row_of<double>(4, i), y = row_of<double>(2, i + 3);
    (void)trainer.step(x, std::span<const double>(y));
    fit(other, {.x = {x.data(), 1, 4}, .y = {y.data(), 1, 2}}, b,
        {.batch_size = 1, .loss = huber(0.5)});
    CHECK(same(net, other));
  }
}

void takes_no_memory() {
  Network net({30, 20, 3}, {.output = softmax, .seed = 1});
  Optimizer adam = Adam({.learning_rate = 0.01});
  Trainer trainer(net, adam);
  const std::vector<float> x = row_of<float>(30, 0);
  (void)trainer.step(x, 1);
  const std::size_t before = in_use;
  peak = before;
  for (int i = 0; i < 100; ++i) (void)trainer.step(x, i % 3);
  CHECK_EQ(peak.load(), before);
  CHECK_EQ(in_use.load(), before);
}

/// Somebody else uses the network or the optimizer between two steps.
void goes_on_after_others() {
  Network net({5, 4, 2}, {.output = softmax, .seed = 1}), other({5, 4, 2}, {.output = softmax});
  Optimizer adam = Adam({.learning_rate = 0.01});
  Trainer trainer(net, adam);
  const std::vector<float> x = row_of<float>(5, 0);
  (void)trainer.step(x, 1);
  adam.restore(Optimizer(adam).progress());  // its state is somewhere else now
  (void)trainer.step(x, 1);
  CHECK_EQ(adam.steps(), std::uint64_t{2});
  adam = Optimizer(Sgd({.learning_rate = 0.1}));  // and a rule without state
  (void)trainer.step(x, 0);
  CHECK_EQ(adam.steps(), std::uint64_t{1});
  adam.set_learning_rate(0.0);
  const std::vector<float> before(net.parameters().begin(), net.parameters().end());
  (void)trainer.step(x, 0);
  CHECK(std::equal(before.begin(), before.end(), net.parameters().begin()));
  adam.reset();
  Optimizer& same_optimizer = adam;
  const std::int32_t label = 0;
  fit(other, {.x = {x.data(), 1, 5}, .labels = std::span(&label, 1)}, same_optimizer);
  CHECK_THROWS(std::invalid_argument, trainer.step(x, 0), "belongs to another network");
}

void schedules_are_their_rate() {
  Network net({3, 2}, {.output = softmax, .seed = 1}),
      other({3, 2}, {.output = softmax, .seed = 1});
  Optimizer a = Sgd({.learning_rate = Cosine{.rate = 0.5}}), b = Sgd({.learning_rate = 0.5});
  Trainer one(net, a), two(other, b);
  const std::vector<float> x = row_of<float>(3, 0);
  for (int i = 0; i < 3; ++i) CHECK_EQ(one.step(x, 0), two.step(x, 0));
  CHECK(same(net, other));
}

void refuses() {
  Network net({3, 2}, {.output = softmax, .seed = 1});
  Optimizer sgd = Sgd({.learning_rate = 0.1}), lbfgs = Lbfgs();
  CHECK_THROWS(std::invalid_argument, Trainer(net, lbfgs), "expected a rule for one step");
  CHECK_THROWS(std::invalid_argument, Trainer(net, sgd, poisson(1.0)), "poisson");
  Trainer trainer(net, sgd);
  const std::vector<float> before(net.parameters().begin(), net.parameters().end());
  const std::vector<float> x = row_of<float>(3, 0), two = {0.5f, 0.5f}, wrong = {0.5f, 0.25f};
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> infinite = {infinity, 0.0f, 0.0f};
  CHECK_THROWS(std::invalid_argument, trainer.step(two, 0), "x: expected 3 numbers, got 2");
  CHECK_THROWS(std::invalid_argument, trainer.step(x, 2), "labels: expected integers in 0 .. 1");
  CHECK_THROWS(std::invalid_argument, trainer.step(x, -1), "labels: expected integers in 0 .. 1");
  CHECK_THROWS(std::invalid_argument, trainer.step(x, std::span<const float>(x)), "y: expected 2");
  CHECK_THROWS(std::invalid_argument, trainer.step(x, std::span<const float>(wrong)), "sum to 1");
  CHECK_THROWS(Diverged, trainer.step(infinite, 0), "first suspect: the scale of column 0");
  CHECK(std::equal(before.begin(), before.end(), net.parameters().begin()));
  CHECK_EQ(sgd.steps(), std::uint64_t{0});
  CHECK_EQ(net.epoch(), std::uint64_t{0});
  (void)trainer.step(x, std::span<const float>(two));
  CHECK_EQ(sgd.steps(), std::uint64_t{1});
}

}  // namespace

int main() {
  equals_fit<float>();
  equals_fit<double>();
  for (const std::size_t threads : {1, 3}) {
    set_threads(threads);
    takes_values();
  }
  takes_no_memory();
  goes_on_after_others();
  schedules_are_their_rate();
  refuses();
  return check::report();
}
