// Update rules other than SGD, Adam and AdamW, which test_optimizer.cpp has, against steps worked
// out by hand; and schedules of options beside the learning rate.
#include <cmath>
#include <initializer_list>
#include <optional>

#include "filbert/filbert.hpp"
#include "support/check.hpp"
#include "training/update.hpp"

using namespace filbert;

namespace {

constexpr double none = 1e-300;  // an epsilon that makes no difference

/// A weight of 2, with a bias whose gradient is 0, after steps along these gradients.
double after(Optimizer optimizer, std::initializer_list<double> gradients) {
  Network64 net({1, 1});
  net.parameters()[0] = 2.0;
  for (const double g : gradients) {
    const double gradient[] = {g, 0.0};
    optimizer.step(net, gradient);
  }
  return net.parameters()[0];
}

bool near(double got, double expected) { return std::abs(got - expected) < 1e-14; }

void adam() {
  const Adam plain{.learning_rate = 0.1, .beta1 = 0.0, .beta2 = 0.0, .epsilon = none};
  Adam amsgrad = plain;
  amsgrad.amsgrad = true;
  CHECK(near(after(plain, {0.5, 0.25}), 2 - 0.2));  // each step is as long as the learning rate
  CHECK(near(after(amsgrad, {0.5, 0.25}), 2 - 0.1 - 0.1 * 0.25 / 0.5));
  CHECK(near(after(amsgrad, {0.25, 0.5}), 2 - 0.2));
  // v = 0.25 * 0.25, and its root is 1/4; corrected it is 1/2.
  const Adam outside{.learning_rate = 0.1, .beta1 = 0.0, .beta2 = 0.75, .epsilon = 0.25};
  Adam inside = outside;
  inside.epsilon_inside = true;
  CHECK(near(after(outside, {0.5}), 2 - 0.1 * 0.5 / (0.5 + 0.25)));
  CHECK(near(after(inside, {0.5}), 2 - 0.1 * 0.5 * 0.5 / (0.25 + 0.25)));
  const AdamW decayed{.learning_rate = 0.1,
                      .beta1 = 0.0,
                      .beta2 = 0.0,
                      .epsilon = none,
                      .amsgrad = true,
                      .weight_decay = 0.5};
  CHECK(near(after(decayed, {0.5, 0.25}), (2 * 0.95 - 0.1) * 0.95 - 0.05));
}

void nadam() {
  // Without a decay of the momentum it is beta1 / 2 = 0.4 in each step, and the root is |g|.
  const NAdam rule{
      .learning_rate = 0.1, .beta1 = 0.8, .beta2 = 0.0, .epsilon = none, .momentum_decay = 0.0};
  const double first = 0.1 * (0.6 / 0.6 + 0.4 / (1 - 0.16) * 0.2);
  CHECK(near(after(rule, {0.5}), 2 - first));
  // m = 0.8 * 0.2 g + 0.2 g = 0.36 g.
  const double second = 0.1 * (0.6 / (1 - 0.16) + 0.4 / (1 - 0.064) * 0.36);
  CHECK(near(after(rule, {0.5, 0.5}), 2 - first - second));
  // 0.96^1 is 0.96: the momentum is 0.8 (1 - 0.48), and the next one 0.8 (1 - 0.4608).
  NAdam decaying = rule;
  decaying.momentum_decay = 1.0;
  const double now = 0.8 * 0.52, next = 0.8 * (1 - 0.5 * 0.9216);
  CHECK(near(after(decaying, {0.5}), 2 - 0.1 * (1.0 + next / (1 - now * next) * 0.2)));
}

void adamax() {
  const Adamax rule{.learning_rate = 0.1, .beta1 = 0.5, .beta2 = 0.25, .epsilon = none};
  CHECK(near(after(rule, {0.5}), 1.9));
  CHECK(near(after(rule, {0.5, 0.5}), 1.8));
  // m = 0.5 * 0.25 + 0.5 * 0.0625 over 1 - 0.25, and u = max(0.25 * 0.5, 0.0625).
  CHECK(near(after(rule, {0.5, 0.0625}), 1.9 - 0.1 * (0.15625 / 0.75) / 0.125));
  const Adamax wide{.learning_rate = 0.1, .beta1 = 0.5, .beta2 = 0.25, .epsilon = 0.5};
  CHECK(near(after(wide, {0.5}), 2 - 0.1 * 0.5 / (0.5 + 0.5)));
}

void rmsprop() {
  const RmsProp plain{.learning_rate = 0.1, .rho = 0.75, .epsilon = 0.25};
  CHECK(near(after(plain, {0.5}), 2 - 0.1 * 0.5 / (0.25 + 0.25)));
  const RmsProp momentum{.learning_rate = 0.1, .rho = 0.0, .epsilon = none, .momentum = 0.5};
  CHECK(near(after(momentum, {0.5, 0.25}), 2 - 0.1 * 2.5));  // steps of 1 and 1.5
  const RmsProp centered{.learning_rate = 0.1, .rho = 0.75, .epsilon = none, .centered = true};
  CHECK(near(after(centered, {0.5}), 2 - 0.1 * 0.5 / std::sqrt(0.0625 - 0.125 * 0.125)));
  RmsProp both = centered;
  both.momentum = 0.5;
  const double d = 0.5 / std::sqrt(0.0625 - 0.125 * 0.125);
  const double m = 0.75 * 0.125 + 0.125, v = 0.75 * 0.0625 + 0.0625;
  const double second = 0.5 * d + 0.5 / std::sqrt(v - m * m);
  CHECK(near(after(both, {0.5, 0.5}), 2 - 0.1 * (d + second)));
}

void adagrad() {
  const Adagrad rule{.learning_rate = 0.1, .epsilon = 0.25};
  CHECK(near(after(rule, {0.5}), 2 - 0.1 * 0.5 / 0.75));
  CHECK(near(after(rule, {0.5, 1.0}), 2 - 0.1 * 0.5 / 0.75 - 0.1 / (std::sqrt(1.25) + 0.25)));
}

void adadelta() {
  const Adadelta rule{.rho = 0.75, .epsilon = 0.25};
  const double first = std::sqrt(0.25 / (0.0625 + 0.25)) * 0.5;
  CHECK(near(after(rule, {0.5}), 2 - first));
  const double v = 0.75 * 0.0625 + 0.0625, u = 0.25 * first * first;
  CHECK(near(after(rule, {0.5, 0.5}), 2 - first - std::sqrt((u + 0.25) / (v + 0.25)) * 0.5));
}

void lion() {
  const Lion rule{.learning_rate = 0.1, .beta1 = 0.5, .beta2 = 0.75, .weight_decay = 0.5};
  CHECK(near(after(rule, {0.5}), 2 * 0.95 - 0.1));
  // m = 0.125: a gradient of -0.0625 does not turn the sign, and one of -0.25 does.
  CHECK(near(after(rule, {0.5, -0.0625}), 1.8 * 0.95 - 0.1));
  CHECK(near(after(rule, {0.5, -0.25}), 1.8 * 0.95 + 0.1));
  CHECK(near(after(rule, {0.0}), 2 * 0.95));  // a sign of 0
}

void rprop() {
  const RProp rule{.learning_rate = 0.1};
  CHECK(near(after(rule, {0.5}), 1.9));
  CHECK(near(after(rule, {0.5, 9.0}), 1.9 - 0.12));
  CHECK(near(after(rule, {0.5, 9.0, -1.0}), 1.78));  // waits, with half the size
  CHECK(near(after(rule, {0.5, 9.0, -1.0, -1.0}), 1.78 + 0.06));
  const RProp narrow{.learning_rate = 0.1, .smallest_step = 0.2, .largest_step = 0.21};
  CHECK(near(after(narrow, {1.0, 1.0}), 2 - 0.2 - 0.21));
  CHECK_THROWS(std::invalid_argument, Optimizer(RProp{.eta_plus = 1.0}), "eta_plus: expected");
  CHECK_THROWS(std::invalid_argument, Optimizer(RProp{.smallest_step = 2.0, .largest_step = 1.0}),
               "smallest_step: expected at most largest_step");
}

/// The values of the time of a step, and the product of those of beta2.
void schedules_of_options() {
  const AdamW rule{.learning_rate = 0.1,
                   .beta2 = Cosine{.rate = 0.5, .final = 0.75},
                   .weight_decay = Cosine{.rate = 0.25, .final = 0.125}};
  const std::optional<PlateauState> no_plateau;
  const FitTime middle{.epoch = 2.0, .epochs = 4.0, .plateau = no_plateau},
      end{.epoch = 4.0, .epochs = 4.0, .plateau = no_plateau};
  const auto at = [&](const FitTime* time) { return step_options(rule, time); };
  CHECK_EQ(at(nullptr).beta2, 0.5);
  CHECK_EQ(at(nullptr).weight_decay, 0.25);
  CHECK(near(at(&middle).beta2, 0.625));
  CHECK(near(at(&middle).weight_decay, 0.1875));
  CHECK_EQ(at(&end).beta2, 0.75);
  double running[] = {1.0, 1.0};
  advance_running(running, rule, at(nullptr));
  advance_running(running, rule, at(&end));
  CHECK(near(running[0], 0.81));
  CHECK_EQ(running[1], 0.5 * 0.75);

  // A number and a schedule that is always that number are one.
  CHECK_EQ(after(Adam{.beta2 = Cosine{.rate = 0.5, .final = 0.5}}, {1.0, 2.0}),
           after(Adam{.beta2 = 0.5}, {1.0, 2.0}));
  using Bad = std::invalid_argument;
  CHECK_THROWS(Bad, Optimizer(Adam{.beta2 = Cosine{.rate = 0.5, .final = 1.0}}),
               "beta2: expected a number in [0, 1), got 1");
  CHECK_THROWS(Bad, Optimizer(Sgd{.weight_decay = Cosine{.rate = -1.0}}),
               "weight_decay: expected a finite number >= 0, got -1");
  Network net({1, 1});
  const float g[] = {1.0F, 1.0F};
  Optimizer large = Sgd({.weight_decay = Cosine{.rate = 0.0, .final = 1e300}});
  CHECK_THROWS(Bad, large.step(net, g), "weight_decay: expected a number that fits in float32");
}

}  // namespace

int main() {
  adam();
  nadam();
  adamax();
  rmsprop();
  adagrad();
  adadelta();
  lion();
  rprop();
  schedules_of_options();
  return check::report();
}
