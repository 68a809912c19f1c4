#include "filbert/schedule.hpp"

#include "system/check.hpp"
#include "system/float_mode.hpp"
#include "system/names.hpp"
#include "training/table.hpp"

namespace filbert {
namespace {

using Table = TableOf<Schedule::Any, ScheduleTraits>;

// The rate of each schedule at a time of a fit of so many epochs: docs/numerics.md, Schedules.

double rate_at(const Constant& schedule, double /*epoch*/, double /*epochs*/) {
  return schedule.rate;
}

}  // namespace

double Schedule::at(double epoch, double epochs) const {
  require(epoch >= 0.0, "epoch: expected a number >= 0, got ", epoch);
  require(epochs >= 0.0, "epochs: expected a number >= 0, got ", epochs);
  const FloatMode mode;
  return std::visit([&](const auto& schedule) { return rate_at(schedule, epoch, epochs); }, any_);
}

std::string_view to_string(const Schedule& schedule) {
  return Table::names[schedule.any().index()];
}

Schedule schedule_from_string(std::string_view name) {
  const auto& found = Table::defaults[from_name<std::size_t>(name, Table::names, "schedule")];
  return std::visit([](const auto& schedule) { return Schedule(schedule); }, found);
}

std::span<const std::string_view> schedule_names() { return Table::names; }

}  // namespace filbert
