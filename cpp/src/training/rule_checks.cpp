#include "training/rule_checks.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <type_traits>
#include <variant>

#include "system/check.hpp"

namespace filbert {
namespace {

void require_in(OptionRange range, std::string_view name, double value) {
  switch (range) {
    case OptionRange::rate:
    case OptionRange::epochs:
      require(std::isfinite(value) && value >= 0.0, name, ": expected a finite number >= 0, got ",
              value);
      break;
    case OptionRange::fraction:
      require(value >= 0.0 && value < 1.0, name, ": expected a number in [0, 1), got ", value);
      break;
    case OptionRange::positive:
      require(std::isfinite(value) && value > 0.0, name, ": expected a finite number > 0, got ",
              value);
      break;
    case OptionRange::count:
      require(value >= 1.0 && value <= static_cast<double>(most_count), name,
              ": expected an integer in 1 .. ", most_count, ", got ", value);
      break;
    case OptionRange::flag:
      break;
  }
}

/// What is known of a number among the options: a row of a table without its member.
struct NumberRow {
  std::string_view name;
  OptionRange range;
  double multiple;
};

template <class Options, class Function>
void for_each_number(const Options& options, Function f);

/// The numbers of an option that may be a schedule: the constant value, or the options of the
/// schedule. The values that a schedule goes between have to be in the range of the option, and a
/// message about them names the option, unless it is the learning rate, whose schedule's own names
/// say enough.
template <class Row, class Function>
void for_each_number_of(const Row& row, const Schedule& option, Function f) {
  if (option.is_constant()) return f(NumberRow{row.name, row.range, row.multiple}, option.rate());
  const auto each = [&](NumberRow inner, double value) {
    const bool is_value = inner.range == OptionRange::rate && row.name != "learning_rate";
    f(is_value ? NumberRow{row.name, row.range, row.multiple} : inner, value);
  };
  std::visit([&](const auto& schedule) { for_each_number(schedule, each); }, option.any());
}

/// Calls f(row, number) for each option of a rule or schedule, with the numbers of schedules.
template <class Options, class Function>
void for_each_number(const Options& options, Function f) {
  const auto of_option = [&](const auto& row, const auto& option) {
    if constexpr (std::is_same_v<decltype(option), const Schedule&>) {
      for_each_number_of(row, option, f);
    } else {
      f(NumberRow{row.name, row.range, row.multiple}, static_cast<double>(option));
    }
  };
  for_each_option(options, of_option);
}

void require_numbers_in_range(const auto& options) {
  for_each_number(options,
                  [](NumberRow row, double value) { require_in(row.range, row.name, value); });
}

}  // namespace

void require_in_range(const Schedule& schedule) {
  std::visit([](const auto& options) { require_numbers_in_range(options); }, schedule.any());
}

void require_in_range(const Rule& rule) {
  const auto check = [](const auto& options) {
    require_numbers_in_range(options);
    const char* wrong = RuleTraits<std::remove_cvref_t<decltype(options)>>::contradiction(options);
    if (wrong != nullptr) throw std::invalid_argument(wrong);
  };
  std::visit(check, rule);
}

template <class T>
void require_fits_type(const Rule& rule) {
  const char* const type = sizeof(T) == 4 ? "float32" : "float64";
  const auto largest = static_cast<double>(std::numeric_limits<T>::max());
  const auto check = [&](NumberRow row, double number) {
    // No step computes in T with lengths of time and counts.
    if (row.range == OptionRange::epochs || row.range == OptionRange::count) return;
    require(number <= largest / row.multiple, row.name, ": expected a number that fits in ", type,
            ", got ", number);
    require(row.range != OptionRange::positive || static_cast<T>(number) > T(0), row.name,
            ": expected a number > 0 in ", type, ", got ", number);
  };
  std::visit([&](const auto& options) { for_each_number(options, check); }, rule);
}

template void require_fits_type<float>(const Rule& rule);
template void require_fits_type<double>(const Rule& rule);

}  // namespace filbert
