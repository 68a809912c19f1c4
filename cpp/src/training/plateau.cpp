#include "training/plateau.hpp"

#include <algorithm>
#include <limits>
#include <variant>

#include "system/check.hpp"

namespace filbert {
namespace {

/// Returns the state once the cost of one more epoch is known. The order is that of PyTorch.
PlateauState next_state(PlateauState state, double cost) {
  const ReduceOnPlateau& schedule = state.schedule;
  const double sign = state.best < 0.0 ? -1.0 : 1.0;
  if (cost < state.best * (1.0 - sign * schedule.threshold)) {
    state.best = cost;
    state.bad = 0;
  } else {
    ++state.bad;
  }
  if (state.cooldown > 0) {
    --state.cooldown;
    state.bad = 0;
  }
  if (state.bad > schedule.patience) {
    const double reduced = std::max(state.rate * schedule.factor, schedule.min_rate);
    state.rate = std::min(state.rate, reduced);
    state.cooldown = schedule.cooldown;
    state.bad = 0;
  }
  return state;
}

}  // namespace

void require_monitored(const Schedule& schedule, bool validates) {
  const auto* plateau = std::get_if<ReduceOnPlateau>(&schedule.any());
  require(plateau == nullptr || plateau->monitor != Monitor::val_loss || validates,
          "monitor: expected 'loss' without validation data, got 'val_loss'");
}

double rate_in_fit(const Schedule& schedule, const std::optional<PlateauState>& state, double epoch,
                   double epochs) {
  if (!state || schedule != state->schedule) return schedule.at(epoch, epochs);
  ReduceOnPlateau reduced = state->schedule;
  reduced.rate = state->rate;
  return Schedule(reduced).at(epoch, epochs);
}

std::optional<PlateauState> state_after_epoch(const Schedule& schedule,
                                              const std::optional<PlateauState>& state, double done,
                                              double epochs, double loss,
                                              std::optional<double> val_loss) {
  const auto* plateau = std::get_if<ReduceOnPlateau>(&schedule.any());
  if (plateau == nullptr) return {};
  require_monitored(schedule, val_loss.has_value());
  const bool validation = plateau->monitor != Monitor::loss && val_loss.has_value();
  PlateauState before{
      .schedule = *plateau, .best = std::numeric_limits<double>::infinity(), .rate = plateau->rate};
  if (state && state->schedule == *plateau) before = *state;
  if (done >= (plateau->length > 0.0 ? plateau->length : epochs)) return before;
  return next_state(before, validation ? *val_loss : loss);
}

}  // namespace filbert
