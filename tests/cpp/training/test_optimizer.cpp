// Update rules against steps worked out by hand, their state and their errors.
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "filbert/filbert.hpp"
#include "support/check.hpp"
#include "support/rules.hpp"
#include "system/names.hpp"

using namespace filbert;

namespace {

/// One weight of 2 and one bias of 3, after steps along the gradients 0.5 and 0.25.
struct Result {
  double w, b;
};

Result after(Optimizer optimizer, int steps) {
  Network64 net({1, 1});
  net.parameters()[0] = 2.0;
  net.parameters()[1] = 3.0;
  const double gradient[] = {0.5, 0.25};
  for (int i = 0; i < steps; ++i) optimizer.step(net, gradient);
  CHECK_EQ(optimizer.steps(), static_cast<std::uint64_t>(steps));
  return {net.parameters()[0], net.parameters()[1]};
}

bool near(Result result, double w, double b) {
  return std::abs(result.w - w) < 1e-14 && std::abs(result.b - b) < 1e-14;
}

void sgd() {
  CHECK(near(after(Sgd({.learning_rate = 0.1}), 1), 1.95, 2.975));
  CHECK(near(after(Sgd({.learning_rate = 0.1}), 2), 1.90, 2.95));
  // v1 = g, v2 = 0.5 g + g: steps 1 and 1.5
  CHECK(near(after(Sgd({.learning_rate = 0.1, .momentum = 0.5}), 2), 2 - 0.05 * 2.5,
             3 - 0.025 * 2.5));
  // g + 0.5 v: steps 1.5 and 1.75
  CHECK(near(after(Sgd({.learning_rate = 0.1, .momentum = 0.5, .nesterov = true}), 2),
             2 - 0.05 * 3.25, 3 - 0.025 * 3.25));
  // With a constant rate the velocity may have it or not.
  for (const bool nesterov : {false, true}) {
    const Sgd rule{.learning_rate = 0.1, .momentum = 0.5, .nesterov = nesterov};
    Sgd same = rule;
    same.rate_in_velocity = true;
    const Result result = after(rule, 3);
    CHECK(near(after(same, 3), result.w, result.b));
  }
  CHECK(near(after(Sgd({.learning_rate = 0.1, .weight_decay = 0.01}), 1), 2 - 0.1 * 0.52,
             3 - 0.1 * 0.28));
  CHECK(near(after(Sgd({.learning_rate = 0.1, .l1 = 0.01}), 1), 2 - 0.1 * 0.51, 2.975));
  CHECK(near(after(Sgd({.learning_rate = 0.1, .l2 = 0.01}), 1), 2 - 0.1 * 0.54, 2.975));
}

void adam() {
  // The first step is learning_rate * sign(g), as both corrections cancel.
  CHECK(near(after(Adam({.learning_rate = 0.1, .epsilon = 1e-300}), 1), 1.9, 2.9));
  // m2 = 0.9 * 0.1 g + 0.1 g = 0.19 g, v2 likewise: a constant gradient keeps that step.
  CHECK(near(after(Adam({.learning_rate = 0.1, .epsilon = 1e-300}), 5), 1.5, 2.5));
  const double step = 0.1 * 0.5 / (0.5 + 0.25);  // epsilon stands beside sqrt(v)
  const Result result = after(Adam({.learning_rate = 0.1, .epsilon = 0.25}), 1);
  CHECK(std::abs(result.w - (2 - step)) < 1e-14);
}

void adamw() {
  // Decay: w (1 - 0.1 * 0.01) before the step of Adam, which is learning_rate * sign(g).
  CHECK(near(after(AdamW({.learning_rate = 0.1, .epsilon = 1e-300}), 1), 1.998 - 0.1, 2.997 - 0.1));
  const double w = (1.998 - 0.1) * 0.999 - 0.1, b = (2.997 - 0.1) * 0.999 - 0.1;
  CHECK(near(after(AdamW({.learning_rate = 0.1, .epsilon = 1e-300}), 2), w, b));
  const Result without = after(AdamW({.learning_rate = 0.1, .weight_decay = 0.0, .l2 = 0.1}), 3),
               plain = after(Adam({.learning_rate = 0.1, .l2 = 0.1}), 3);
  CHECK_EQ(without.w, plain.w);
  CHECK_EQ(without.b, plain.b);
}

void state_below_normal_is_zero() {
  Network64 net({1, 1});
  Optimizer optimizer = Sgd({.learning_rate = 0.1, .momentum = 0.9});
  const double tiny[] = {1e-300, std::numeric_limits<double>::denorm_min()};
  optimizer.step(net, tiny);
  const double none[] = {0.0, 0.0};
  for (int i = 0; i < 300; ++i) optimizer.step(net, none);
  const auto& state = std::get<Optimizer::State<double>>(optimizer.progress().state);
  CHECK(state.buffers[0].data()[0] == 0.0);
  CHECK(state.buffers[0].data()[1] == 0.0);
}

void belongs_to_one_network() {
  Network net({2, 1}), other({2, 1});
  Network64 wide({2, 1});
  const float gradient[] = {1.0F, 2.0F, 3.0F};
  const double gradient64[] = {1.0, 2.0, 3.0};
  Optimizer optimizer = Adam();
  optimizer.step(net, gradient);
  CHECK_THROWS(std::invalid_argument, optimizer.step(other, gradient), "another network");
  CHECK_THROWS(std::invalid_argument, optimizer.step(wide, gradient64), "another network");
  CHECK_THROWS(std::invalid_argument, optimizer.step(net, std::span(gradient, 2)),
               "gradient: expected 3 numbers, got 2");
  CHECK_EQ(optimizer.steps(), std::uint64_t{1});
  // A progress from elsewhere goes on with any network of that size.
  Optimizer again = Adam();
  CHECK_EQ(again.progress().running.size(), std::size_t{2});
  again.restore(optimizer.progress());
  Network copy = net;
  again.step(copy, gradient);
  optimizer.step(net, gradient);
  for (std::size_t i = 0; i < 3; ++i) CHECK(copy.parameters()[i] == net.parameters()[i]);
  Network larger({3, 1});
  const float longer[] = {1.0F, 2.0F, 3.0F, 4.0F};
  Optimizer third = Adam();
  third.restore(optimizer.progress());
  CHECK_THROWS(std::invalid_argument, third.step(larger, longer), "state for 4 parameters, got 3");
  Optimizer::Progress progress = optimizer.progress();
  Optimizer sgd = Sgd();
  CHECK_THROWS(std::invalid_argument, sgd.restore(progress),
               "running: expected 0 running products, got 2");
  progress.running.clear();
  CHECK_THROWS(std::invalid_argument, sgd.restore(progress), "state: expected 0 buffers, got 2");
}

/// Every option of every rule, by its range.
void options_in_range() {
  const double infinity = std::numeric_limits<double>::infinity(), none = std::nan("");
  const auto bad_values = [&](OptionRange range) -> std::vector<double> {
    switch (range) {
      case OptionRange::rate:
      case OptionRange::epochs:
        return {-1.0, infinity, none};
      case OptionRange::fraction:
        return {-0.5, 1.0, infinity, none};
      case OptionRange::positive:
        return {-1.0, 0.0, infinity, none};
      case OptionRange::count:
        return {0.0, 1000001.0};
      default:
        break;  // flags, and options of schedules alone (test_schedule.cpp)
    }
    return {};
  };
  for (const std::string_view name : rule_names()) {
    const auto try_all = [&]<class R>(const R& defaults) {
      for_each_option(defaults, [&](const auto& row, const auto&) {
        for (const double bad : bad_values(row.range)) {
          R rule = defaults;
          const auto set = [&]<class Value>(Value R::* member) {
            rule.*member = static_cast<Value>(bad);
          };
          std::visit(set, row.member);
          const std::string expected = std::string(row.name) + ": expected a";
          const check::Case at(RuleTraits<R>::name, bad);
          CHECK_THROWS(std::invalid_argument, Optimizer(rule), expected);
        }
      });
    };
    std::visit(try_all, rule_from_string(name));
  }
}

void errors() {
  using Bad = std::invalid_argument;
  CHECK_THROWS(Bad, Optimizer(Sgd{.momentum = 1.0}),
               "momentum: expected a number in [0, 1), got 1");
  CHECK_THROWS(Bad, Optimizer(Sgd{.learning_rate = -1.0}),
               "learning_rate: expected a finite number >= 0, got -1");
  CHECK_THROWS(Bad, Optimizer(Adam{.epsilon = 0.0}),
               "epsilon: expected a finite number > 0, got 0");
  CHECK_THROWS(Bad, Optimizer(Sgd{.nesterov = true}), "nesterov: expected momentum > 0 with it");
  CHECK_THROWS(Bad, rule_from_string("?"),
               "rule: expected " + list_names(rule_names()) + ", got '?'");
  Optimizer optimizer = Sgd({.learning_rate = 0.5});
  CHECK_THROWS(Bad, optimizer.set_learning_rate(-1.0), "learning_rate");
  CHECK_EQ(optimizer.learning_rate(), 0.5);
}

/// What files, bindings and kernels know of a rule.
void tables() {
  CHECK(to_string(Rule(Adam{})) == "adam");
  CHECK_EQ(rule_names().size(), std::variant_size_v<Rule>);
  for (std::size_t i = 0; i < rule_names().size(); ++i) {
    const check::Case at(rule_names()[i]);
    const Rule rule = rule_from_string(rule_names()[i]);
    CHECK_EQ(rule.index(), i);
    CHECK(to_string(rule) == rule_names()[i]);
  }
  const auto names = [](const Rule& rule) { return state_names(rule); };
  using Names = std::vector<std::string_view>;
  CHECK(names(Sgd{}) == Names{});
  CHECK(names(Sgd{.momentum = 0.5}) == Names{"velocity"});
  CHECK((names(Adam{}) == Names{"first_moment", "second_moment"}));
  CHECK_EQ(running_products(Sgd{}), std::size_t{0});
  CHECK_EQ(running_products(Adam{}), std::size_t{2});
}

/// Options are doubles; what a network of floats computes with has to be a number too.
void options_fit_the_type() {
  Network net({1, 1});
  Network64 wide({1, 1});
  const float g[] = {1.0F, 1.0F};
  const double g64[] = {1.0, 1.0};
  using Bad = std::invalid_argument;
  const auto step = [&](Optimizer optimizer) { optimizer.step(net, g); };
  const auto step_wide = [&](Optimizer optimizer) { optimizer.step(wide, g64); };
  Optimizer large = Sgd({.learning_rate = 1e300});
  CHECK_THROWS(Bad, large.step(net, g), "learning_rate: expected a number that fits in float32");
  CHECK_THROWS(Bad, step(Sgd({.l1 = 4e38})), "l1: expected a number that fits in float32");
  CHECK_THROWS(Bad, step(Sgd({.l2 = 2e38})), "l2: expected a number that fits in float32");
  CHECK_THROWS(Bad, step_wide(Sgd({.l2 = 1e308})), "l2: expected a number that fits in float");
  CHECK_THROWS(Bad, step(Adam({.weight_decay = 1e39})), "weight_decay: expected");
  CHECK_THROWS(Bad, step(Adam({.epsilon = 1e-60})), "epsilon: expected a number > 0 in flo");
  CHECK_THROWS(Bad, step(Adam({.epsilon = 1e39})), "epsilon: expected a number that fits in float");
  CHECK_EQ(large.steps(), std::uint64_t{0});
  large.step(wide, g64);  // it still belongs to nobody

  Optimizer narrow = Sgd({.learning_rate = 0.5});
  narrow.set_learning_rate(1e300);  // perhaps for a network of doubles
  narrow.set_learning_rate(0.5);
  narrow.step(net, g);
  CHECK_THROWS(Bad, narrow.set_learning_rate(1e300),
               "learning_rate: expected a number that fits in float32");
  CHECK_EQ(narrow.learning_rate(), 0.5);
}

}  // namespace

int main() {
  sgd();
  adam();
  adamw();
  state_below_normal_is_zero();
  belongs_to_one_network();
  options_in_range();
  errors();
  tables();
  options_fit_the_type();
  return check::report();
}
