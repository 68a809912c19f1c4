#include "training/rule_checks.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include "system/check.hpp"

namespace filbert {
namespace {

void require_in(OptionRange range, std::string_view name, double value) {
  switch (range) {
    case OptionRange::rate:
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
    case OptionRange::flag:
      break;
  }
}

}  // namespace

void require_in_range(const Rule& rule) {
  const auto check = [](const auto& options) {
    for_each_option(options, [](const auto& row, auto value) {
      require_in(row.range, row.name, static_cast<double>(value));
    });
    const char* wrong = RuleTraits<std::remove_cvref_t<decltype(options)>>::contradiction(options);
    if (wrong != nullptr) throw std::invalid_argument(wrong);
  };
  std::visit(check, rule);
}

void require_learning_rate(double learning_rate) {
  require_in(OptionRange::rate, "learning_rate", learning_rate);
}

template <class T>
void require_fits_type(const Rule& rule) {
  const char* const type = sizeof(T) == 4 ? "float32" : "float64";
  const auto largest = static_cast<double>(std::numeric_limits<T>::max());
  const auto check = [&](const auto& row, auto value) {
    const auto number = static_cast<double>(value);
    require(number <= largest / row.multiple, row.name, ": expected a number that fits in ", type,
            ", got ", number);
    require(row.range != OptionRange::positive || static_cast<T>(number) > T(0), row.name,
            ": expected a number > 0 in ", type, ", got ", number);
  };
  std::visit([&](const auto& options) { for_each_option(options, check); }, rule);
}

template void require_fits_type<float>(const Rule& rule);
template void require_fits_type<double>(const Rule& rule);

}  // namespace filbert
