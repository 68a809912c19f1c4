// Schedules of the learning rate: what tables, checks and files know of each, and that every step
// of a fit has the rate of its time, also after an interruption.
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "filbert/filbert.hpp"
#include "files/description.hpp"
#include "support/check.hpp"
#include "system/names.hpp"

using namespace filbert;

namespace {

using Bad = std::invalid_argument;

/// The schedule of that name, with another value for each option.
Schedule varied(std::string_view name) {
  Schedule schedule = schedule_from_string(name);
  double next = 0.5;
  const auto set = [&](const auto&, double& option) { option = std::exchange(next, next + 0.25); };
  std::visit([&](auto& options) { for_each_option(options, set); }, schedule.any());
  return schedule;
}

void tables() {
  CHECK_EQ(schedule_names().size(), std::variant_size_v<Schedule::Any>);
  for (std::size_t i = 0; i < schedule_names().size(); ++i) {
    const check::Case at(schedule_names()[i]);
    const Schedule schedule = varied(schedule_names()[i]);
    CHECK_EQ(schedule.any().index(), i);
    CHECK(to_string(schedule) == schedule_names()[i]);
    CHECK_EQ(schedule.rate(), 0.5);
    CHECK(schedule == varied(schedule_names()[i]));
    CHECK(schedule != schedule_from_string(schedule_names()[i]));
  }
  CHECK(Schedule(0.5) == Constant{0.5});
  CHECK_THROWS(Bad, schedule_from_string("?"),
               "schedule: expected " + list_names(schedule_names()) + ", got '?'");
}

void options_in_range() {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const std::string_view name : schedule_names()) {
    const auto try_all = [&]<class S>(const S& good) {
      for_each_option(good, [&](const auto& row, const double&) {
        for (const double bad : {-1.0, infinity, std::nan("")}) {
          const check::Case at(name, row.name, bad);
          S schedule = good;
          schedule.*std::get<0>(row.member) = bad;
          CHECK_THROWS(Bad, require_in_range(schedule),
                       std::string(row.name) + ": expected a finite number >= 0, got ");
          CHECK_THROWS(Bad, Optimizer(Adam{.learning_rate = schedule}),
                       std::string(row.name) + ": expected a finite number >= 0, got ");
          Optimizer adam = Adam();
          CHECK_THROWS(Bad, adam.set_learning_rate(schedule), ": expected a finite number");
          CHECK(adam.learning_rate() == 0.001);
        }
      });
    };
    const Schedule schedule = varied(name);
    require_in_range(schedule);
    std::visit(try_all, schedule.any());
  }
  CHECK_THROWS(Bad, Schedule(0.5).at(-1.0, 2.0), "epoch: expected a number >= 0, got -1");
  CHECK_THROWS(Bad, Schedule(0.5).at(std::nan(""), 2.0), "epoch: expected a number >= 0, got nan");
  CHECK_THROWS(Bad, Schedule(0.5).at(1.0, -2.0), "epochs: expected a number >= 0, got -2");
}

/// Only the rate has to fit in the type of the network.
void rates_fit_the_type() {
  const Network net({1, 1});
  for (const std::string_view name : schedule_names()) {
    const auto try_all = [&]<class S>(const S& good) {
      for_each_option(good, [&](const auto& row, const double&) {
        const check::Case at(name, row.name);
        S schedule = good;
        schedule.*std::get<0>(row.member) = 1e300;
        const Optimizer sgd = Sgd{.learning_rate = schedule};
        if (row.range == OptionRange::epochs) {
          sgd.require_fits(net);
        } else {
          CHECK_THROWS(Bad, sgd.require_fits(net), ": expected a number that fits in float32");
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
  const auto refuses = [&](const std::string& from, const std::string& to,
                           const std::string& message) {
    const check::Case change(from, "->", to);
    const std::size_t at = json.find(from);
    if (!CHECK(at != json.npos)) return;
    std::string changed = json;
    CHECK_THROWS(FormatError, parse_description(changed.replace(at, from.size(), to)), message);
  };
  const std::string named = R"("schedule":"cosine",)";
  refuses(named, R"("schedule":"sine",)", "of a known schedule, got 'sine'");
  refuses(named, "", "expected the schedule first, got another key");
  refuses(named, named + named, "expected each key once, got 'schedule' twice");
  refuses(R"("warmup")", R"("rise")", "every option, in order, got 'rise'");
  refuses(R"(,"length":"0x0.0p+0")", "", "expected 4 options, got 3");
  const std::size_t begin = json.find(named);
  const std::string schedule = json.substr(begin, json.find("}}", begin) - begin);
  refuses(schedule, R"("schedule":"constant","options":{"rate":"0x0.0p+0")",
          "expected a number for a constant rate, got an object");
  refuses("{" + schedule + "}}", "1", "expected an object");
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
    CHECK_EQ(net.b(1)[0], -0.5);
  }
}

void the_cosine() {
  const Schedule whole = Cosine{.rate = 2.0};
  CHECK_EQ(whole.at(0.0, 4.0), 2.0);
  CHECK_EQ(whole.at(1.0, 4.0), 0x1.b504f333f9de6p+0);
  CHECK_EQ(whole.at(2.0, 4.0), 1.0);
  CHECK_EQ(whole.at(3.0, 4.0), 0x1.2bec333018866p-2);
  CHECK_EQ(whole.at(4.0, 4.0), 0.0);
  CHECK_EQ(whole.at(5.0, 4.0), 0.0);
  CHECK_EQ(whole.at(0.0, 0.0), 0.0);

  const Schedule all = Cosine{.rate = 4.0, .final = 1.0, .warmup = 2.0, .length = 6.0};
  const double expected[] = {0.0, 2.0, 4.0, 1.0 + 1.5 * 0x1.b504f333f9de6p+0, 2.5, -1.0, 1.0, 1.0};
  for (int epoch = 0; epoch < 8; ++epoch) {
    const check::Case at("epoch", epoch);
    if (expected[epoch] >= 0.0) CHECK_EQ(all.at(epoch, 100.0), expected[epoch]);
  }
  CHECK_EQ(all.at(0.5, 1.0), 1.0);  // a rise of a quarter
  const Schedule rise = Cosine{.rate = 4.0, .final = 1.0, .warmup = 2.0};
  CHECK_EQ(rise.at(0.999, 1.0), 4.0 * (0.999 / 2.0));  // a fit that ends before the warm-up does
  const Schedule up = Cosine{.rate = 0.0, .final = 1.0, .warmup = 3.0, .length = 1.0};
  CHECK_EQ(up.at(1.0, 9.0), 1.0);
}

/// The bits are the same everywhere: FNV-1a over a million times.
void golden_bits() {
  const Schedule schedule = Cosine{.rate = 1.5, .final = 0.1, .warmup = 0.125};
  std::uint64_t hash = 0xcbf29ce484222325;
  for (int i = 0; i < 1000000; ++i) {
    const auto bits = std::bit_cast<std::uint64_t>(schedule.at(i * 0x1p-20, 1.0));
    hash = (hash ^ bits) * 0x100000001b3;
  }
  CHECK_EQ(hash, std::uint64_t{0x3f954f67611e2057});
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
  the_cosine();
  golden_bits();
  return check::report();
}
