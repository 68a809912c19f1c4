// The learning rate as a function of time, which is counted in epochs.
#pragma once

#include <span>
#include <string_view>
#include <type_traits>
#include <variant>

#include "filbert/export.h"
#include "filbert/schedules.hpp"

namespace filbert {

/// Any schedule, a value. A number is the same rate all the time.
class Schedule {
 public:
  using Any = AnySchedule;

  constexpr Schedule(double rate) : any_(Constant{rate}) {}
  template <class S>
    requires requires { ScheduleTraits<S>::name; }
  constexpr Schedule(const S& schedule) : any_(schedule) {}

  constexpr const Any& any() const { return any_; }
  constexpr Any& any() { return any_; }

  /// Whether it is the same rate all the time, without a warm-up.
  constexpr bool is_constant() const {
    const auto* constant = std::get_if<Constant>(&any_);
    return constant != nullptr && constant->warmup >= 0.0 && constant->warmup <= 0.0;
  }

  /// The first option: the rate of a step outside of a fit.
  constexpr double rate() const {
    return std::visit(
        []<class S>(const S& schedule) {
          return schedule.*std::get<double S::*>(ScheduleTraits<S>::options[0].member);
        },
        any_);
  }

  /// The rate of a step at that time of a fit of so many epochs: epoch is how many are done, with
  /// the fraction of the batches of the next one. Throws std::invalid_argument if one is negative
  /// or not a number.
  FILBERT_API double at(double epoch, double epochs) const;

  friend bool operator==(const Schedule&, const Schedule&) = default;

 private:
  Any any_;
};

/// Calls f(row, option) for each option of a schedule; const or not as the schedule is.
template <class S, class Function>
  requires requires { ScheduleTraits<std::remove_const_t<S>>::name; }
void for_each_option(S& schedule, Function f) {
  for_each_row(ScheduleTraits<std::remove_const_t<S>>::options, schedule, f);
}

/// The name that schedule_from_string takes, such as "constant".
FILBERT_API std::string_view to_string(const Schedule& schedule);

/// The schedule of that name with the default of every option. Options that are to be given have
/// defaults out of their range.
/// Throws std::invalid_argument, listing the valid names, if there is no such schedule.
FILBERT_API Schedule schedule_from_string(std::string_view name);

/// All names, in the order of AnySchedule.
FILBERT_API std::span<const std::string_view> schedule_names();

/// Throws std::invalid_argument, naming the option, if one is out of its range.
FILBERT_API void require_in_range(const Schedule& schedule);

}  // namespace filbert
