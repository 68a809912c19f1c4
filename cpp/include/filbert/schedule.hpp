// The learning rate as a function of time, which is counted in epochs: what schedules there are,
// the options of each, and its table.
#pragma once

#include <span>
#include <string_view>
#include <type_traits>
#include <variant>

#include "filbert/export.h"
#include "filbert/option_table.hpp"

namespace filbert {

/// What is known of the schedule whose options S are. There is a specialisation for each, with the
/// members `name` and `options`.
template <class S>
struct ScheduleTraits;

/// A row of the table of options of the schedule S. Every schedule has an option `rate`.
template <class S>
using ScheduleOption = Option<S, double>;

/// The same rate all the time.
struct Constant {
  double rate = 0.0;  ///< finite, not negative

  friend bool operator==(const Constant&, const Constant&) = default;
};

template <>
struct ScheduleTraits<Constant> {
  static constexpr std::string_view name = "constant";
  static constexpr ScheduleOption<Constant> options[] = {
      {"rate", &Constant::rate, OptionRange::rate},
  };
};

/// Half a cosine wave, from `rate` down to `final` (Loshchilov and Hutter 2017), after a warm-up.
struct Cosine {
  double rate = 0.0;   ///< finite, not negative
  double final = 0.0;  ///< the same; what comes after `length`, too
  double warmup =
      0.0;  ///< epochs in which the rate rises from 0 in a straight line, part of length
  double length = 0.0;  ///< epochs; 0: the whole fit

  friend bool operator==(const Cosine&, const Cosine&) = default;
};

template <>
struct ScheduleTraits<Cosine> {
  static constexpr std::string_view name = "cosine";
  static constexpr ScheduleOption<Cosine> options[] = {
      {"rate", &Cosine::rate, OptionRange::rate},
      {"final", &Cosine::final, OptionRange::rate},
      {"warmup", &Cosine::warmup, OptionRange::epochs},
      {"length", &Cosine::length, OptionRange::epochs},
  };
};

/// Any schedule, a value. A number is the same rate all the time.
class Schedule {
 public:
  /// Every schedule there is. Files and bindings go by its name.
  using Any = std::variant<Constant, Cosine>;

  constexpr Schedule(double rate) : any_(Constant{rate}) {}
  template <class S>
    requires requires { ScheduleTraits<S>::name; }
  constexpr Schedule(const S& schedule) : any_(schedule) {}

  constexpr const Any& any() const { return any_; }
  constexpr Any& any() { return any_; }

  constexpr bool is_constant() const { return std::holds_alternative<Constant>(any_); }

  /// The rate before any warm-up and decay: that of a step outside of a fit.
  constexpr double rate() const {
    return std::visit([](const auto& schedule) { return schedule.rate; }, any_);
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

/// The schedule of that name with the default of every option.
/// Throws std::invalid_argument, listing the valid names, if there is no such schedule.
FILBERT_API Schedule schedule_from_string(std::string_view name);

/// All names, in the order of Schedule::Any.
FILBERT_API std::span<const std::string_view> schedule_names();

/// Throws std::invalid_argument, naming the option, if one is out of its range.
FILBERT_API void require_in_range(const Schedule& schedule);

}  // namespace filbert
