// Schedules with unusual options, by the tables of the library.
#pragma once

#include <string_view>
#include <type_traits>
#include <variant>

#include "filbert/filbert.hpp"

/// The schedule of that name, with another value for each option. It has no plateau within four
/// epochs.
inline filbert::Schedule varied(std::string_view name) {
  using filbert::OptionRange;
  filbert::Schedule schedule = filbert::schedule_from_string(name);
  double next = 0.5;  // of numbers in (0, 1)
  const auto set = [&](const auto& row, auto& option) {
    using Value = std::remove_reference_t<decltype(option)>;
    if constexpr (std::is_same_v<Value, double>) {
      next *= 0.875;
      const bool of_one = row.range == OptionRange::ratio || row.name == "length";
      option = of_one ? 3.0 + next : next;
    } else if constexpr (std::is_same_v<Value, std::size_t>) {
      option += 6;
    } else if constexpr (std::is_same_v<Value, filbert::Milestones>) {
      option = {0.5, 1.25};
    } else {
      option = filbert::Monitor::loss;
    }
  };
  std::visit([&](auto& options) { filbert::for_each_option(options, set); }, schedule.any());
  return schedule;
}
