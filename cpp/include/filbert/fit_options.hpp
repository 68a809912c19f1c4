// What a fit is asked for: plain values, which a checkpoint keeps and a resumed fit compares.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>

#include "filbert/loss.hpp"

namespace filbert {

struct FitOptions {
  std::size_t epochs = 1;  ///< in total, those before `FitHooks::position` included
  /// Rows; the last batch of an epoch may be smaller. none: default_batch_size, which is 32, or all
  /// rows for rules that need them.
  std::optional<std::size_t> batch_size = {};
  std::optional<Loss> loss = {};           ///< none: default_loss(net.output())
  bool shuffle = true;                     ///< a new order each epoch, by seed and net.epoch()
  std::optional<std::uint64_t> seed = {};  ///< key of that order; none: net.seed()

  friend bool operator==(const FitOptions&, const FitOptions&) = default;
};

/// A row of the table of these options, by which files and bindings go.
template <class Value>
struct FitOption {
  std::string_view name;
  Value FitOptions::* member;
  bool may_change = false;  ///< whether a fit that resumes may be asked for something else
};

inline constexpr std::tuple fit_options{
    FitOption<std::size_t>{"epochs", &FitOptions::epochs, true},
    FitOption<std::optional<std::size_t>>{"batch_size", &FitOptions::batch_size},
    FitOption<std::optional<Loss>>{"loss", &FitOptions::loss},
    FitOption<bool>{"shuffle", &FitOptions::shuffle},
    FitOption<std::optional<std::uint64_t>>{"seed", &FitOptions::seed},
};

/// Calls f(row, option) for each of them; const or not as `options` is.
template <class Options, class Function>
void for_each_fit_option(Options& options, Function f) {
  std::apply([&](const auto&... row) { (f(row, options.*row.member), ...); }, fit_options);
}

}  // namespace filbert
