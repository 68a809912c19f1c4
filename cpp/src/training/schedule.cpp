#include "filbert/schedule.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "kernels/functions.hpp"
#include "system/check.hpp"
#include "system/float_mode.hpp"
#include "system/names.hpp"
#include "training/table.hpp"

namespace filbert {
namespace {

using ScheduleTable = TableOf<Schedule::Any, ScheduleTraits>;

constexpr std::string_view monitor_names[] = {"auto", "loss", "val_loss"};  // in the enum's order

/// A time of a schedule, after its warm-up: `passed` of `length` epochs, at most all of them.
struct Time {
  double passed, length;

  /// From 0 at the beginning to 1 at the end.
  double part() const { return passed < length ? passed / length : 1.0; }
};

/// Returns the largest integer that is not above x, for x >= 0.
double whole_part(double x) {
  return x < 0x1p52 ? static_cast<double>(static_cast<std::int64_t>(x)) : x;
}

/// Returns the number on half a cosine wave from `from`, at t = 0, to `to`, at t = 1.
double wave(double from, double to, double t) {
  return to + (from - to) * ((1.0 + scalar::cos_pi(t)) * 0.5);
}

// rate_at gives the rate of a schedule at a time after its warm-up. The operations are those of
// docs/numerics.md, Schedules.

double rate_at(const Constant& schedule, Time /*time*/) { return schedule.rate; }

double rate_at(const Cosine& schedule, Time time) {
  const double part = time.part();
  if (part >= 1.0) return schedule.final;
  const double waves = part * static_cast<double>(schedule.restarts);
  return wave(schedule.rate, schedule.final, waves - whole_part(waves));
}

double rate_at(const Step& schedule, Time time) {
  return schedule.rate * scalar::pow(schedule.factor, whole_part(time.passed / schedule.every));
}

double rate_at(const MultiStep& schedule, Time time) {
  const std::span<const double> milestones = schedule.milestones.epochs();
  const auto done = std::ranges::count_if(milestones, [&](double m) { return m <= time.passed; });
  return schedule.rate * scalar::pow(schedule.factor, static_cast<double>(done));
}

double rate_at(const Exponential& schedule, Time time) {
  return schedule.rate * scalar::pow(schedule.factor, time.passed);
}

double rate_at(const InverseScaling& schedule, Time time) {
  return schedule.rate / scalar::pow(1.0 + schedule.decay * time.passed, schedule.power);
}

double rate_at(const Polynomial& schedule, Time time) {
  const double above = schedule.rate - schedule.final;
  return schedule.final + above * scalar::pow(1.0 - time.part(), schedule.power);
}

double rate_at(const OneCycle& schedule, Time time) {
  const double first = schedule.peak / schedule.div_factor, part = time.part();
  if (part < schedule.pct_start) return wave(first, schedule.peak, part / schedule.pct_start);
  return wave(schedule.peak, first / schedule.final_div_factor,
              (part - schedule.pct_start) / (1.0 - schedule.pct_start));
}

double rate_at(const CosLog4& schedule, Time time) {
  const double turns = 2.0 * scalar::log2(1.0 + 15.0 * time.part());  // half turns, in [0, 8]
  const double rest = turns - 2.0 * whole_part(0.5 * turns);
  return schedule.rate * ((1.0 - scalar::cos_pi(rest > 1.0 ? 2.0 - rest : rest)) * 0.5);
}

double rate_at(const FlatCosine& schedule, Time time) {
  const double part = time.part();
  if (part < schedule.flat) return schedule.rate;
  return wave(schedule.rate, schedule.final, (part - schedule.flat) / (1.0 - schedule.flat));
}

double rate_at(const ReduceOnPlateau& schedule, Time /*time*/) { return schedule.rate; }

/// Returns the rate to which a warm-up rises.
double start_of(const auto& schedule) { return schedule.rate; }
double start_of(const OneCycle& schedule) { return schedule.peak / schedule.div_factor; }
double start_of(const CosLog4& /*schedule*/) { return 0.0; }

/// Returns the rate at the time `epoch` of a fit of so many epochs.
double rate_at_epoch(const auto& schedule, double epoch, double epochs) {
  double end = epochs;
  if constexpr (requires { schedule.length; }) {
    if (schedule.length > 0.0) end = schedule.length;
  }
  const double warmup = schedule.warmup;
  if (epoch < warmup && epoch < end) return start_of(schedule) * (epoch / warmup);
  const double length = std::max(end - warmup, 0.0);
  return rate_at(schedule, {epoch < end ? epoch - warmup : length, length});
}

}  // namespace

Milestones::Milestones(std::span<const double> epochs) {
  require(epochs.size() <= most, "milestones: expected at most ", most, " of them, got ",
          epochs.size());
  count_ = epochs.size();
  std::ranges::copy(epochs, epochs_.begin());
}

std::string_view to_string(Monitor monitor) {
  return monitor_names[static_cast<std::size_t>(monitor)];
}

Monitor monitor_from_string(std::string_view name) {
  return from_name<Monitor>(name, monitor_names, "monitor");
}

double Schedule::at(double epoch, double epochs) const {
  require(epoch >= 0.0, "epoch: expected a number >= 0, got ", epoch);
  require(epochs >= 0.0, "epochs: expected a number >= 0, got ", epochs);
  const FloatMode mode;
  return std::visit([&](const auto& schedule) { return rate_at_epoch(schedule, epoch, epochs); },
                    any_);
}

std::string_view to_string(const Schedule& schedule) {
  return ScheduleTable::names[schedule.any().index()];
}

Schedule schedule_from_string(std::string_view name) {
  const auto& found =
      ScheduleTable::defaults[from_name<std::size_t>(name, ScheduleTable::names, "schedule")];
  return std::visit([](const auto& schedule) { return Schedule(schedule); }, found);
}

std::span<const std::string_view> schedule_names() { return ScheduleTable::names; }

}  // namespace filbert
