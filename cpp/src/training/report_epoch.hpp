// The end of an epoch, which every loop of fit reports in the same way.
#pragma once

#include "filbert/fit.hpp"
#include "filbert/optimizer.hpp"
#include "training/plateau.hpp"

namespace filbert {

/// Asks for the cost of validation data, follows it with the state of a ReduceOnPlateau, and calls
/// on_epoch. at: where the fit stands, which is at the next epoch afterwards. Returns whether
/// training goes on.
[[nodiscard]] inline bool report_epoch(EpochReport& report, const FitHooks& hooks,
                                       const Optimizer& optimizer, const FitOptions& options,
                                       FitPosition& at) {
  if (hooks.val_loss) report.val_loss = hooks.val_loss();
  if (hooks.scheduled) {
    report.next.plateau = state_after_epoch(
        optimizer.learning_rate(), at.plateau, static_cast<double>(at.epoch),
        static_cast<double>(options.epochs), report.training.loss, report.val_loss);
  }
  const bool goes_on = !hooks.on_epoch || hooks.on_epoch(report);
  at = report.next;
  return goes_on;
}

}  // namespace filbert
