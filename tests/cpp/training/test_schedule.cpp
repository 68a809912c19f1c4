// Schedules of the learning rate: what tables, checks and files know of each, and that every step
// of a fit has the rate of its time, also after an interruption.
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "filbert/filbert.hpp"
#include "files/description.hpp"
#include "support/check.hpp"
#include "support/schedules.hpp"
#include "system/names.hpp"

using namespace filbert;

namespace {

using Bad = std::invalid_argument;

void tables() {
  CHECK_EQ(schedule_names().size(), std::variant_size_v<Schedule::Any>);
  for (std::size_t i = 0; i < schedule_names().size(); ++i) {
    const check::Case at(schedule_names()[i]);
    const Schedule schedule = varied(schedule_names()[i]);
    CHECK_EQ(schedule.any().index(), i);
    CHECK(to_string(schedule) == schedule_names()[i]);
    CHECK_EQ(schedule.rate(), 0.4375);
    CHECK(!schedule.is_constant());
    CHECK(schedule == varied(schedule_names()[i]));
    CHECK(schedule != schedule_from_string(schedule_names()[i]));
  }
  CHECK(Schedule(0.5) == Constant{0.5});
  CHECK_THROWS(Bad, schedule_from_string("?"),
               "schedule: expected " + list_names(schedule_names()) + ", got '?'");
}

/// An optimizer refuses the schedule wherever it gets it, and keeps the one that it has.
void refuses(const Schedule& schedule, const std::string& message) {
  CHECK_THROWS(Bad, require_in_range(schedule), message);
  CHECK_THROWS(Bad, Optimizer(Adam{.learning_rate = schedule}), message);
  Optimizer adam = Adam();
  CHECK_THROWS(Bad, adam.set_learning_rate(schedule), message);
  CHECK(adam.learning_rate() == 0.001);
}

void options_in_range() {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const std::string_view name : schedule_names()) {
    const auto try_all = [&]<class S>(const S& good) {
      for_each_option(good, [&]<class Value>(const auto& row, const Value&) {
        if constexpr (std::is_same_v<Value, double>) {
          for (const double bad : {-1.0, infinity, std::nan("")}) {
            const check::Case at(name, row.name, bad);
            S schedule = good;
            schedule.*std::get<double S::*>(row.member) = bad;
            refuses(schedule, std::string(row.name) + ": expected a ");
          }
        }
      });
    };
    const Schedule schedule = varied(name);
    require_in_range(schedule);
    std::visit(try_all, schedule.any());
  }
  refuses(Step{.rate = 1.0}, "every: expected a finite number > 0, got 0");
  refuses(Step{.rate = 1.0, .every = 1.0, .factor = 0.0}, "factor: expected a number in (0, 1], ");
  refuses(Step{.rate = 1.0, .every = 1.0, .factor = 1.5}, "factor: expected a number in (0, 1], ");
  refuses(Exponential{.rate = 1.0}, "factor: expected a number in (0, 1], got 0");
  refuses(OneCycle{.peak = 1.0, .pct_start = 1.0}, "pct_start: expected a number in [0, 1), got 1");
  refuses(OneCycle{.peak = 1.0, .div_factor = 0.5}, "div_factor: expected a finite number >= 1, ");
  refuses(Cosine{.rate = 1.0, .restarts = 0}, "restarts: expected an integer >= 1, got 0");
  const auto milestones = [](Milestones times) {
    return MultiStep{.rate = 1.0, .milestones = times};
  };
  refuses(milestones({}), "milestones: expected at least one number, got none");
  refuses(milestones({1.0, -2.0}), "milestones: expected a finite number >= 0, got -2");
  refuses(milestones({2.0, 1.0}), "milestones: expected increasing numbers, got 2 before 1");
  refuses(milestones({1.0, 1.0}), "milestones: expected increasing numbers, got 1 before 1");
  refuses(milestones({infinity}), "milestones: expected a finite number >= 0, got inf");
  const double many[Milestones::most + 1] = {};
  CHECK_THROWS(Bad, Milestones(many), "milestones: expected at most 16 of them, got 17");
  CHECK_THROWS(Bad, monitor_from_string("cost"),
               "monitor: expected auto, loss or val_loss, got 'cost'");
  CHECK_THROWS(Bad, Schedule(0.5).at(-1.0, 2.0), "epoch: expected a number >= 0, got -1");
  CHECK_THROWS(Bad, Schedule(0.5).at(std::nan(""), 2.0), "epoch: expected a number >= 0, got nan");
  CHECK_THROWS(Bad, Schedule(0.5).at(1.0, -2.0), "epochs: expected a number >= 0, got -2");
}

/// Only rates have to fit in the type of the network.
void rates_fit_the_type() {
  const Network net({1, 1});
  for (const std::string_view name : schedule_names()) {
    const auto try_all = [&]<class S>(const S& good) {
      for_each_option(good, [&]<class Value>(const auto& row, const Value&) {
        if constexpr (std::is_same_v<Value, double>) {
          if (row.range == OptionRange::fraction || row.range == OptionRange::factor) return;
          const check::Case at(name, row.name);
          S schedule = good;
          schedule.*std::get<double S::*>(row.member) = 1e300;
          const Optimizer sgd = Sgd{.learning_rate = schedule};
          if (row.range == OptionRange::rate) {
            CHECK_THROWS(Bad, sgd.require_fits(net), ": expected a number that fits in float32");
          } else {
            sgd.require_fits(net);
          }
        }
      });
    };
    std::visit(try_all, varied(name).any());
  }
}

void files() {
  for (const std::string_view name : schedule_names()) {
    const check::Case at(name);
    const Optimizer sgd = Sgd({.learning_rate = varied(name), .momentum = 0.5});
    const Optimizer again = optimizer_from_bytes(to_bytes(sgd));
    CHECK(again.learning_rate() == sgd.learning_rate());
    CHECK(to_bytes(again) == to_bytes(sgd));
  }
}

/// A description with a schedule in it is read; changed in one place it is not.
void crafted_files() {
  const std::string json =
      to_json({.optimizer = OptimizerDescription{
                   .rule = Sgd{.learning_rate = Cosine{.rate = 0.5}}, .running = {}, .state = {}}});
  parse_description(json);
  const auto broken = [&](const std::string& from, const std::string& to,
                          const std::string& message) {
    const check::Case change(from, "->", to);
    const std::size_t at = json.find(from);
    if (!CHECK(at != json.npos)) return;
    std::string changed = json;
    CHECK_THROWS(FormatError, parse_description(changed.replace(at, from.size(), to)), message);
  };
  const std::string named = R"("schedule":"cosine",)";
  broken(named, R"("schedule":"sine",)", "of a known schedule, got 'sine'");
  broken(named, "", "expected the schedule first, got another key");
  broken(named, named + named, "expected each key once, got 'schedule' twice");
  broken(R"("warmup")", R"("rise")", "every option, in order, got 'rise'");
  broken(R"(,"length":"0x0.0p+0")", "", "expected 5 options, got 4");
  const std::size_t begin = json.find(named);
  const std::string schedule = json.substr(begin, json.find("}}", begin) - begin);
  broken(schedule, R"("schedule":"constant","options":{"rate":"0x0.0p+0","warmup":"0x0.0p+0")",
         "expected a number for a constant rate, got an object");
  broken("{" + schedule + "}}", "1", "expected an object");
}

// One bias, whose gradient is b - 1 in every row: x is 0.
constexpr std::size_t rows = 5, epochs = 4;
constexpr double x[rows] = {}, y[rows] = {1, 1, 1, 1, 1};
const FitOptions options{.epochs = epochs, .batch_size = 1, .loss = filbert::half_squared_error};

/// The bias after a step of SGD with each of these rates.
double stepped(double b, double rate) { return std::fma(-rate, b - 1.0, b); }

bool fit_bias(Network64& net, Optimizer& optimizer, const FitHooks& hooks = {}) {
  return fit(net, {.x = {x, rows, 1}, .y = {y, rows, 1}}, optimizer, options, hooks);
}

/// The bias after steps begin .. end - 1.
double trained(double b, const Schedule& schedule, std::size_t begin, std::size_t end) {
  for (std::size_t step = begin; step < end; ++step) {
    const double batch = static_cast<double>(step % rows) / static_cast<double>(rows);
    b = stepped(b, schedule.at(static_cast<double>(step / rows) + batch, epochs));
  }
  return b;
}

constexpr std::size_t steps = epochs * rows;

void every_step_has_its_rate() {
  for (const std::string_view name : schedule_names()) {
    const check::Case at(name);
    const Schedule schedule = varied(name);
    Optimizer sgd = Sgd({.learning_rate = schedule});
    Network64 net({1, 1});
    for (int fits = 0; fits < 2; ++fits) {  // the second begins again
      net.b(1)[0] = 0.0;
      CHECK(fit_bias(net, sgd));
      CHECK_EQ(net.b(1)[0], trained(0.0, schedule, 0, steps));
      CHECK(sgd.learning_rate() == schedule);
    }
  }
}

void an_interrupted_fit_goes_on_on_the_curve() {
  for (const std::string_view name : schedule_names()) {
    const Schedule schedule = varied(name);
    for (std::size_t done = 0; done < steps; ++done) {
      const check::Case at(name, "after", done, "steps");
      Network64 net({1, 1});
      net.b(1)[0] = trained(0.0, schedule, 0, done);
      Optimizer sgd = Sgd({.learning_rate = schedule});
      FitPosition position{.epoch = done / rows, .batch = done % rows};
      CHECK(fit_bias(net, sgd, {.position = &position}));
      CHECK_EQ(net.b(1)[0], trained(0.0, schedule, 0, steps));
    }
  }
}

void a_schedule_may_be_set_during_a_fit() {
  for (const std::string_view name : schedule_names()) {
    const check::Case at(name);
    const Schedule schedule = varied(name);
    Network64 net({1, 1});
    Optimizer sgd = Sgd({.learning_rate = 0.0});
    const auto set = [&](const EpochReport& report) {
      if (report.epoch == 1) sgd.set_learning_rate(schedule);
      return true;
    };
    CHECK(fit_bias(net, sgd, {.on_epoch = set}));
    CHECK_EQ(net.b(1)[0], trained(0.0, schedule, rows, steps));
  }
}

void a_step_outside_of_a_fit_has_the_rate() {
  const double gradient[] = {0.0, 1.0};
  for (const std::string_view name : schedule_names()) {
    const check::Case at(name);
    Network64 net({1, 1});
    Optimizer sgd = Sgd({.learning_rate = varied(name)});
    sgd.step(net, gradient);
    CHECK_EQ(net.b(1)[0], -0.4375);
  }
}

}  // namespace

int main() {
  tables();
  options_in_range();
  rates_fit_the_type();
  files();
  crafted_files();
  every_step_has_its_rate();
  an_interrupted_fit_goes_on_on_the_curve();
  a_schedule_may_be_set_during_a_fit();
  a_step_outside_of_a_fit_has_the_rate();
  return check::report();
}
