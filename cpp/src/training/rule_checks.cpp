#include "training/rule_checks.hpp"

#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <variant>

#include "system/check.hpp"

namespace filbert {
namespace {

void require_in(OptionRange range, std::string_view name, double value) {
  const bool finite = std::isfinite(value);
  switch (range) {
    case OptionRange::rate:
    case OptionRange::epochs:
    case OptionRange::times:
    case OptionRange::number:
      require(finite && value >= 0.0, name, ": expected a finite number >= 0, got ", value);
      break;
    case OptionRange::fraction:
      require(value >= 0.0 && value < 1.0, name, ": expected a number in [0, 1), got ", value);
      break;
    case OptionRange::positive:
    case OptionRange::period:
      require(finite && value > 0.0, name, ": expected a finite number > 0, got ", value);
      break;
    case OptionRange::count:
      require(value >= 1.0 && value <= static_cast<double>(most_count), name,
              ": expected an integer in 1 .. ", most_count, ", got ", value);
      break;
    case OptionRange::factor:
      require(value > 0.0 && value <= 1.0, name, ": expected a number in (0, 1], got ", value);
      break;
    case OptionRange::ratio:
      require(finite && value >= 1.0, name, ": expected a finite number >= 1, got ", value);
      break;
    case OptionRange::repeats:
      require(value >= 1.0, name, ": expected an integer >= 1, got ", value);
      break;
    case OptionRange::whole:
    case OptionRange::flag:
    case OptionRange::choice:
      break;
  }
}

/// Whether steps compute with an option of that range, in the type of the network.
bool enters_steps(OptionRange range) {
  return range == OptionRange::rate || range == OptionRange::fraction ||
         range == OptionRange::positive || range == OptionRange::flag;
}

/// What is known of a number among the options: a row of a table without its member.
struct NumberRow {
  std::string_view name;
  OptionRange range;
  double multiple;
};

NumberRow number_row(const auto& row) { return {row.name, row.range, row.multiple}; }

/// What is known of an option of the schedule that is an option of a rule. The values that a
/// schedule goes between have to be in the range of the rule's option, and a message about them
/// names that, unless it is the learning rate, whose schedule's own names say enough.
const NumberRow& row_within(const NumberRow& rule_row, const NumberRow& row) {
  const bool is_value = row.range == OptionRange::rate && rule_row.name != "learning_rate";
  return is_value ? rule_row : row;
}

template <class Value>
void require_option_in_range(const NumberRow& row, const Value& value) {
  if constexpr (std::is_same_v<Value, Milestones>) {
    const std::span<const double> epochs = value.epochs();
    require(!epochs.empty(), row.name, ": expected at least one number, got none");
    for (std::size_t i = 0; i < epochs.size(); ++i) {
      require_in(row.range, row.name, epochs[i]);
      if (i == 0) continue;  // what a message says is read even if it is not needed
      require(epochs[i - 1] < epochs[i], row.name, ": expected increasing numbers, got ",
              epochs[i - 1], " before ", epochs[i]);
    }
  } else {
    require_in(row.range, row.name, static_cast<double>(value));
  }
}

/// A fit keeps one state of a ReduceOnPlateau, that of the learning rate.
void require_of_time_alone(std::string_view name, const Schedule& schedule) {
  require(name == "learning_rate" || !std::holds_alternative<ReduceOnPlateau>(schedule.any()), name,
          ": expected a number or a schedule that depends on the time alone, got ",
          to_string(schedule), ", which only learning_rate may be");
}

void require_schedule_in_range(const NumberRow& rule_row, const Schedule& schedule) {
  if (schedule.is_constant()) return require_in(rule_row.range, rule_row.name, schedule.rate());
  require_of_time_alone(rule_row.name, schedule);
  const auto check = [&](const auto& row, const auto& value) {
    require_option_in_range(row_within(rule_row, number_row(row)), value);
  };
  std::visit([&](const auto& options) { for_each_option(options, check); }, schedule.any());
}

/// Throws std::invalid_argument unless a number that steps compute with fits in the type T.
template <class T>
void require_number_fits(const NumberRow& row, double number) {
  const char* const type = sizeof(T) == 4 ? "float32" : "float64";
  const auto largest = static_cast<double>(std::numeric_limits<T>::max());
  require(number <= largest / row.multiple, row.name, ": expected a number that fits in ", type,
          ", got ", number);
  require(row.range != OptionRange::positive || static_cast<T>(number) > T(0), row.name,
          ": expected a number > 0 in ", type, ", got ", number);
}

/// The same of an option of a rule or of a schedule, if steps compute with it.
template <class T, class Value>
void require_option_fits(const NumberRow& row, const Value& value) {
  if constexpr (std::is_arithmetic_v<Value>) {
    if (enters_steps(row.range)) require_number_fits<T>(row, static_cast<double>(value));
  }
}

/// The same of a schedule that is an option of a rule: of all its options, or of its value if it is
/// constant.
template <class T>
void require_schedule_fits(const NumberRow& rule_row, const Schedule& schedule) {
  if (schedule.is_constant()) return require_number_fits<T>(rule_row, schedule.rate());
  const auto check = [&](const auto& row, const auto& value) {
    require_option_fits<T>(row_within(rule_row, number_row(row)), value);
  };
  std::visit([&](const auto& options) { for_each_option(options, check); }, schedule.any());
}

}  // namespace

void require_in_range(const Schedule& schedule) {
  const auto check = [](const auto& row, const auto& value) {
    require_option_in_range(number_row(row), value);
  };
  std::visit([&](const auto& options) { for_each_option(options, check); }, schedule.any());
}

void require_in_range(const Rule& rule) {
  const auto check = []<class Value>(const auto& row, const Value& value) {
    if constexpr (std::is_same_v<Value, Schedule>) {
      require_schedule_in_range(number_row(row), value);
    } else {
      require_option_in_range(number_row(row), value);
    }
  };
  const auto check_all = [&](const auto& options) {
    for_each_option(options, check);
    const char* wrong = RuleTraits<std::remove_cvref_t<decltype(options)>>::contradiction(options);
    if (wrong != nullptr) throw std::invalid_argument(wrong);
  };
  std::visit(check_all, rule);
}

template <class T>
void require_fits_type(const Rule& rule) {
  const auto check = []<class Value>(const auto& row, const Value& value) {
    if constexpr (std::is_same_v<Value, Schedule>) {
      require_schedule_fits<T>(number_row(row), value);
    } else {
      require_option_fits<T>(number_row(row), value);
    }
  };
  std::visit([&](const auto& options) { for_each_option(options, check); }, rule);
}

template void require_fits_type<float>(const Rule& rule);
template void require_fits_type<double>(const Rule& rule);

}  // namespace filbert
