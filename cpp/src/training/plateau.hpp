// ReduceOnPlateau in a fit: the one schedule that depends on costs, and has a state.
#pragma once

#include <optional>

#include "filbert/fit_position.hpp"
#include "filbert/schedule.hpp"

namespace filbert {

/// Throws std::invalid_argument if a schedule monitors the cost of validation data, and there are
/// none.
void require_monitored(const Schedule& schedule, bool validates);

/// Returns the rate of a step at a time of a fit, as Schedule::at does, with the reductions so far.
/// A state that is of another schedule does not count.
double rate_in_fit(const Schedule& schedule, const std::optional<PlateauState>& state, double epoch,
                   double epochs);

/// Returns the state once the cost of an epoch is known. done: the epochs before it. epochs: those
/// of the fit. Throws as require_monitored does.
std::optional<PlateauState> state_after_epoch(const Schedule& schedule,
                                              const std::optional<PlateauState>& state, double done,
                                              double epochs, double loss,
                                              std::optional<double> val_loss);

}  // namespace filbert
