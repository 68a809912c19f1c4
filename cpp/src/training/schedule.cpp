#include "filbert/schedule.hpp"

#include <cstddef>

#include "system/check.hpp"
#include "system/float_mode.hpp"
#include "system/names.hpp"
#include "training/table.hpp"

namespace filbert {
namespace {

using ScheduleTable = TableOf<Schedule::Any, ScheduleTraits>;

// rate_at gives the rate of a schedule at the time `epoch` of a fit of so many epochs. The
// operations are those of docs/numerics.md, Schedules.

double rate_at(const Constant& schedule, double /*epoch*/, double /*epochs*/) {
  return schedule.rate;
}

/// Returns the sum of c[i] z^(n - 1 - i), by Horner's rule.
template <std::size_t n>
double polynomial(const double (&c)[n], double z) {
  double sum = c[0];
  for (std::size_t i = 1; i < n; ++i) sum = sum * z + c[i];
  return sum;
}

// cos x and sin x for |x| <= pi / 4. The polynomials are those of fdlibm (Sun Microsystems, 1993:
// k_cos.c and k_sin.c), written with the highest power first.

double small_cos(double x) {
  constexpr double c[] = {-0x1.8fae9be8838d4p-37, 0x1.1ee9ebdb4b1c4p-29,  -0x1.27e4f809c52adp-22,
                          0x1.a01a019cb1590p-16,  -0x1.6c16c16c15177p-10, 0x1.555555555554cp-5};
  const double z = x * x, half = 0.5 * z, w = 1.0 - half;
  return w + (((1.0 - w) - half) + z * (z * polynomial(c, z)));
}

double small_sin(double x) {
  constexpr double c[] = {0x1.5d93a5acfd57cp-33,  -0x1.ae5e68a2b9cebp-26, 0x1.71de357b1fe7dp-19,
                          -0x1.a01a019c161d5p-13, 0x1.111111110f8a6p-7,   -0x1.5555555555549p-3};
  const double z = x * x;
  return x + (z * x) * polynomial(c, z);
}

/// Returns cos(pi t) for t in [0, 1], to 1.7 ulp. The differences 0.5 - t and 1.0 - t are exact.
double cos_pi(double t) {
  constexpr double pi = 0x1.921fb54442d18p+1;
  if (t <= 0.25) return small_cos(pi * t);
  if (t < 0.75) return small_sin(pi * (0.5 - t));
  return -small_cos(pi * (1.0 - t));
}

double rate_at(const Cosine& schedule, double epoch, double epochs) {
  const double end = schedule.length > 0.0 ? schedule.length : epochs;
  if (epoch >= end) return schedule.final;
  if (epoch < schedule.warmup) return schedule.rate * (epoch / schedule.warmup);
  const double t = (epoch - schedule.warmup) / (end - schedule.warmup);
  const double above = schedule.rate - schedule.final;
  return schedule.final + above * ((1.0 + cos_pi(t)) * 0.5);
}

}  // namespace

double Schedule::at(double epoch, double epochs) const {
  require(epoch >= 0.0, "epoch: expected a number >= 0, got ", epoch);
  require(epochs >= 0.0, "epochs: expected a number >= 0, got ", epochs);
  const FloatMode mode;
  return std::visit([&](const auto& schedule) { return rate_at(schedule, epoch, epochs); }, any_);
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
