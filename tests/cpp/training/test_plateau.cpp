// ReduceOnPlateau in fits: when it reduces the rate, by which cost, and that its state is in
// positions and checkpoints.
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "filbert/checkpoint.hpp"
#include "filbert/filbert.hpp"
#include "support/check.hpp"
#include "support/files.hpp"

using namespace filbert;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double x[2] = {}, y[2] = {1, 1};

/// A fit of a bias, of which each epoch has one step, with validation costs that are made up.
struct Fit {
  Network64 net{{1, 1}};
  Optimizer sgd;
  std::vector<double> costs;
  FitPosition position = {};
  std::vector<double> steps = {};      // what each epoch has moved the bias by: rate * (1 - b)
  std::vector<FitPosition> next = {};  // after each epoch

  Fit(const Schedule& schedule, std::vector<double> of_validation)
      : sgd(Sgd{.learning_rate = schedule}), costs(std::move(of_validation)) {}

  bool run(std::size_t epochs, bool validates = true) {
    double before = net.b(1)[0];
    std::size_t asked = position.epoch;
    FitHooks hooks{.position = &position};
    if (validates) hooks.val_loss = [&] { return costs[asked++]; };
    hooks.on_epoch = [&](const EpochReport& report) {
      const double b = net.b(1)[0];
      steps.push_back((b - before) / (1.0 - before));
      before = b;
      next.push_back(report.next);
      return true;
    };
    const FitOptions options{.epochs = epochs, .batch_size = 2, .loss = half_squared_error};
    return fit(net, {.x = {x, 2, 1}, .y = {y, 2, 1}}, sgd, options, hooks);
  }
};

void has_rates(const Fit& fit, const std::vector<double>& rates) {
  if (!CHECK_EQ(fit.steps.size(), rates.size())) return;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    const check::Case at("epoch", i);
    CHECK(std::abs(fit.steps[i] - rates[i]) < 1e-12);
  }
}

constexpr ReduceOnPlateau quick{.rate = 0.5, .factor = 0.5, .patience = 1, .threshold = 0.0};

void reductions() {
  // Two bad epochs one after another reduce the rate of the next one.
  Fit fit(quick, {5, 4, 4, 3, 3, 3, 2, 7, 7, 7, 7});
  CHECK(fit.run(11));
  has_rates(fit, {.5, .5, .5, .5, .5, .5, .25, .25, .25, .125, .125});
  // With a threshold, a little less is no lower cost; that of negative costs is of their size.
  Fit little({ReduceOnPlateau{.rate = 0.5, .factor = 0.5, .patience = 0, .threshold = 0.5}},
             {4, 3, 1.9, -1, -1.4, -1.6});
  CHECK(little.run(6));
  has_rates(little, {.5, .5, .25, .25, .25, .125});
  Fit cooling(ReduceOnPlateau{.rate = 0.5, .factor = 0.5, .patience = 0, .cooldown = 2},
              {1, 1, 1, 1, 1, 1, 1});
  CHECK(cooling.run(7));
  has_rates(cooling, {.5, .5, .25, .25, .25, .125, .125});
  Fit least(ReduceOnPlateau{.rate = 0.5, .factor = 0.5, .patience = 0, .min_rate = 0.2},
            {1, 1, 1, 1});
  CHECK(least.run(4));
  has_rates(least, {.5, .5, .25, .2});
  Fit below(ReduceOnPlateau{.rate = 0.5, .factor = 0.5, .patience = 0, .min_rate = 0.75},
            {1, 1, 1});
  CHECK(below.run(3));
  has_rates(below, {.5, .5, .5});
  Fit lost(ReduceOnPlateau{.rate = 0.5, .factor = 0.5, .patience = 0},
           {infinity, std::nan(""), 1, 1});
  CHECK(lost.run(4));
  has_rates(lost, {.5, .25, .125, .125});
  Fit warm(ReduceOnPlateau{.rate = 0.5, .factor = 0.5, .patience = 0, .warmup = 4.0, .length = 5.0},
           {1, 2, 3, 4, 5, 6, 7});
  CHECK(warm.run(7));  // no reduction after the length
  has_rates(warm, {0.0, .125, .125, .09375, .0625, .03125, .03125});
}

/// The cost of the training falls in each epoch, that of the validation never.
void monitors() {
  for (const auto& [monitor, validates, falls] : {std::tuple{Monitor::automatic, true, false},
                                                  {Monitor::automatic, false, true},
                                                  {Monitor::val_loss, true, false},
                                                  {Monitor::loss, true, true},
                                                  {Monitor::loss, false, true}}) {
    const check::Case at(to_string(monitor), validates);
    ReduceOnPlateau schedule = quick;
    schedule.monitor = monitor;
    Fit fit(schedule, std::vector<double>(5, 1.0));
    CHECK(fit.run(5, validates));
    CHECK_EQ(fit.next.back().plateau->rate, falls ? 0.5 : 0.125);
  }
  ReduceOnPlateau schedule = quick;
  schedule.monitor = Monitor::val_loss;
  Fit none(schedule, {});
  CHECK_THROWS(std::invalid_argument, none.run(1, false),
               "monitor: expected 'loss' without validation data, got 'val_loss'");
  CHECK_EQ(none.sgd.steps(), std::size_t{0});
}

void fits_begin_again() {
  Fit fit(quick, std::vector<double>(6, 1.0));
  CHECK(fit.run(6));
  CHECK_EQ(fit.position.plateau->rate, 0.125);
  fit.position = {};
  fit.net.b(1)[0] = 0.0;
  fit.steps.clear();
  CHECK(fit.run(1));
  has_rates(fit, {.5});
}

void another_schedule_begins_again() {
  Fit fit(quick, std::vector<double>(8, 1.0));
  CHECK(fit.run(4));
  ReduceOnPlateau other = quick;
  other.rate = 0.75;
  fit.sgd.set_learning_rate(other);
  CHECK(fit.run(8));
  has_rates(fit, {.5, .5, .5, .25, .75, .75, .75, .375});
  fit.sgd.set_learning_rate(0.5);
  fit.costs.push_back(1.0);
  CHECK(fit.run(9));
  CHECK(!fit.position.plateau);
}

/// After each epoch, a checkpoint goes on to the same bits.
void checkpoints() {
  const std::vector<double> costs = {3, infinity, 2, 2, 2, 2, 1, 1, 1, 1};
  ReduceOnPlateau schedule = quick;
  schedule.cooldown = 1;
  Fit whole(schedule, costs);
  CHECK(whole.run(costs.size()));
  for (std::size_t done = 0; done < costs.size(); ++done) {
    const check::Case at("after", done, "epochs");
    Fit first(schedule, costs);
    CHECK(first.run(done));
    const files::Folder folder("plateau");
    const std::filesystem::path path = folder / "plateau.safetensors";
    save_checkpoint(first.net, first.sgd, {.position = first.position, .rows = 2}, path);
    const Checkpoint held = load_checkpoint(path);
    CHECK(held.training.position.plateau == first.position.plateau);
    Fit rest(schedule, costs);
    rest.net = std::get<Network64>(held.network);
    rest.sgd = held.optimizer;
    rest.position = held.training.position;
    CHECK(rest.run(costs.size()));
    CHECK_EQ(rest.net.b(1)[0], whole.net.b(1)[0]);
    CHECK(rest.position.plateau == whole.position.plateau);
  }
}

/// A state that is not of the optimizer's schedule is not written.
void no_state_of_another_schedule() {
  Fit fit(quick, {1, 1, 1});
  CHECK(fit.run(3));
  const files::Folder folder("plateau");
  const std::filesystem::path path = folder / "plateau.safetensors";
  fit.sgd.set_learning_rate(0.25);
  save_checkpoint(fit.net, fit.sgd, {.position = fit.position, .rows = 2}, path);
  CHECK(!load_checkpoint(path).training.position.plateau);
}

/// The first step of L-BFGS that costs falling too little have reduced is shorter.
void with_lbfgs() {
  const auto trained = [](const Schedule& schedule, std::size_t epochs) {
    Fit fit(schedule, std::vector<double>(4, 1.0));
    fit.sgd = Optimizer(Lbfgs{.learning_rate = schedule, .max_evaluations = 1});
    CHECK(fit.run(epochs));
    return fit;
  };
  const ReduceOnPlateau schedule{.rate = 0.125, .factor = 0.5, .patience = 0, .threshold = 0.0};
  const Fit reduced = trained(schedule, 3), constant = trained(0.125, 3);
  CHECK_EQ(reduced.position.plateau->rate, 0.03125);
  CHECK(!constant.position.plateau);
  CHECK_EQ(reduced.steps[0], constant.steps[0]);
  CHECK_EQ(reduced.steps[1], constant.steps[1]);
  CHECK(std::abs(reduced.steps[2] - 0.5 * constant.steps[2]) < 1e-12);
  ReduceOnPlateau monitors = schedule;
  monitors.monitor = Monitor::val_loss;
  Fit none(monitors, {});
  none.sgd = Optimizer(Lbfgs{.learning_rate = monitors});
  CHECK_THROWS(std::invalid_argument, none.run(1, false),
               "monitor: expected 'loss' without validation data, got 'val_loss'");
}

/// Fits keep no state for other options than the learning rate.
void other_options() {
  const std::string message =
      ": expected a number or a schedule that depends on the time alone, got reduce_on_plateau, "
      "which only learning_rate may be";
  CHECK_THROWS(std::invalid_argument, Optimizer(AdamW{.beta2 = quick}), "beta2" + message);
  CHECK_THROWS(std::invalid_argument, Optimizer(Sgd{.weight_decay = quick}),
               "weight_decay" + message);
}

}  // namespace

int main() {
  reductions();
  monitors();
  fits_begin_again();
  another_schedule_begins_again();
  checkpoints();
  no_state_of_another_schedule();
  with_lbfgs();
  other_options();
  return check::report();
}
