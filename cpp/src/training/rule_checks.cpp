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
    case OptionRange::factor:
      require(value > 0.0 && value <= 1.0, name, ": expected a number in (0, 1], got ", value);
      break;
    case OptionRange::ratio:
      require(finite && value >= 1.0, name, ": expected a finite number >= 1, got ", value);
      break;
    case OptionRange::count:
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

template <class Row, class Value>
void require_option_in_range(const Row& row, const Value& value) {
  if constexpr (std::is_same_v<Value, Schedule>) {
    if (value.is_constant()) {
      require_in(row.range, row.name, value.rate());
    } else {
      require_in_range(value);
    }
  } else if constexpr (std::is_same_v<Value, Milestones>) {
    const std::span<const double> epochs = value.epochs();
    require(!epochs.empty(), row.name, ": expected at least one number, got none");
    for (std::size_t i = 0; i < epochs.size(); ++i) {
      require_in(row.range, row.name, epochs[i]);
      require(i == 0 || epochs[i - 1] < epochs[i], row.name, ": expected increasing numbers, got ",
              epochs[i - 1], " before ", epochs[i]);
    }
  } else {
    require_in(row.range, row.name, static_cast<double>(value));
  }
}

/// Calls f(row, number) for each number of an option that steps compute with. In the place of a
/// learning rate come the options of its schedule, or the rate itself if it is constant.
template <class Row, class Value, class Function>
void for_each_number_of_steps(const Row& row, const Value& value, Function f) {
  if constexpr (std::is_same_v<Value, Schedule>) {
    if (value.is_constant()) return f(row, value.rate());
    const auto of_option = [&](const auto& own, const auto& option) {
      for_each_number_of_steps(own, option, f);
    };
    std::visit([&](const auto& schedule) { for_each_option(schedule, of_option); }, value.any());
  } else if constexpr (std::is_arithmetic_v<Value>) {
    if (enters_steps(row.range)) f(row, static_cast<double>(value));
  }
}

}  // namespace

void require_in_range(const Schedule& schedule) {
  const auto check = [](const auto& row, const auto& value) {
    require_option_in_range(row, value);
  };
  std::visit([&](const auto& options) { for_each_option(options, check); }, schedule.any());
}

void require_in_range(const Rule& rule) {
  const auto check = [](const auto& row, const auto& value) {
    require_option_in_range(row, value);
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
  const char* const type = sizeof(T) == 4 ? "float32" : "float64";
  const auto largest = static_cast<double>(std::numeric_limits<T>::max());
  const auto check = [&](const auto& row, double number) {
    require(number <= largest / row.multiple, row.name, ": expected a number that fits in ", type,
            ", got ", number);
    require(row.range != OptionRange::positive || static_cast<T>(number) > T(0), row.name,
            ": expected a number > 0 in ", type, ", got ", number);
  };
  const auto of_option = [&](const auto& row, const auto& value) {
    for_each_number_of_steps(row, value, check);
  };
  std::visit([&](const auto& options) { for_each_option(options, of_option); }, rule);
}

template void require_fits_type<float>(const Rule& rule);
template void require_fits_type<double>(const Rule& rule);

}  // namespace filbert
