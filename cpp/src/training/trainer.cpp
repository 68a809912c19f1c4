#include "filbert/trainer.hpp"

#include <cmath>
#include <optional>
#include <vector>

#include "filbert/fit.hpp"
#include "kernels/dispatch.hpp"
#include "network/data.hpp"
#include "network/normalise.hpp"
#include "network/phases.hpp"
#include "system/check.hpp"
#include "system/float_mode.hpp"
#include "training/diverged.hpp"
#include "training/step.hpp"
#include "training/update.hpp"

namespace filbert {

template <class T>
struct TrainerWork {
  TrainerWork(BasicNetwork<T>& of, Optimizer& by, const Loss& loss)
      : net(of),
        optimizer(by),
        options(complete({.loss = loss}, of)),
        workspace(of, {.max_batch = 1}),
        step(of, workspace, options, position),
        threads(team_size(of, 1)),
        terms(of, loss),
        traits(traits_of(loss)),
        columns(target_columns(loss, of.outputs())),
        in_unit_interval(traits.targets == TargetRange::distributions ||
                         traits_of(of.output()).probabilities) {
    workspace.set_rows(1);
    row.resize(of.inputs());
    targets.resize(columns);
  }

  BasicNetwork<T>& net;
  Optimizer& optimizer;
  FitOptions options;
  BasicWorkspace<T> workspace;
  FitPosition position;
  FitStep<T> step;
  std::optional<Update<T>> update;
  std::size_t threads;
  OutputTerms<T> terms;
  LossTraits traits;
  std::size_t columns;
  bool in_unit_interval;
  std::vector<T> row, targets;  // of a network with a normalisation
};

template <class T>
BasicTrainer<T>::BasicTrainer(BasicNetwork<T>& net, Optimizer& optimizer,
                              const std::optional<Loss>& loss)
    : loss_(loss.value_or(default_loss(net.output()))) {
  require_loss_fits(loss_, net.output());
  require(!has_own_loop(optimizer.rule()), "optimizer: expected a rule for one step, got ",
          to_string(optimizer.rule()), ", which evaluates the cost itself: fit takes it");
  optimizer.require_fits(net);
  work_ = std::make_unique<TrainerWork<T>>(net, optimizer, loss_);
}

template <class T>
BasicTrainer<T>::~BasicTrainer() = default;

template <class T>
double BasicTrainer<T>::step(std::span<const T> x, std::span<const T> y) {
  require(y.size() == work_->columns, "y: expected ", work_->columns, " numbers, got ", y.size());
  const BasicMatrixView<const T> row(y.data(), 1, y.size());
  if (work_->in_unit_interval) require_unit_interval(row, {0, 1}, work_->net.output());
  if (work_->traits.targets != TargetRange::any) require_range(row, {0, 1}, work_->traits);
  return step(x, y.data(), 0);
}

template <class T>
double BasicTrainer<T>::step(std::span<const T> x, std::int32_t label) {
  require(work_->columns == work_->net.outputs(), "label: expected a y for ", work_->traits.name,
          ", got a label");
  require_labels(std::span(&label, 1), {0, 1}, work_->net.outputs());
  return step(x, nullptr, label);
}

template <class T>
double BasicTrainer<T>::step(std::span<const T> x, const T* y, std::int32_t label) {
  TrainerWork<T>& work = *work_;
  require(x.size() == work.net.inputs(), "x: expected ", work.net.inputs(), " numbers, got ",
          x.size());
  if (!work.update || !work.update->is_current()) {  // somebody has given the optimizer new state
    work.update.reset();
    work.update.emplace(work.optimizer, work.net, work.options);
    work.step.start(*work.update);
  }
  const Kernels<T>& kernels = active_kernels<T>();
  const T* rows[] = {x.data()};
  const T* targets[] = {y};
  if (const Normalisation* const by = input_normalisation(work.net)) {
    const FloatMode mode;
    normalise_row(*by, kernels, work.row.data(), x.data(), x.size());
    rows[0] = work.row.data();
  }
  const Normalisation* const by = target_normalisation(work.net);
  if (by != nullptr && y != nullptr) {
    const FloatMode mode;
    normalise_target_row(*by, work.targets.data(), y, work.columns);
    targets[0] = work.targets.data();
  }
  work.update->begin_step(1.0, nullptr);
  double cost = 0.0;
  run_team(work.threads, [&](Worker& worker) {
    Watch nobody;
    if (!forward_phases(worker, nobody, kernels, work.net, rows, work.workspace, true, true) ||
        !output_phase<T>(worker, nobody, kernels, work.net, y == nullptr ? nullptr : targets,
                         &label, nullptr, work.terms, work.workspace, nullptr)) {
      return;
    }
    const auto of_row = static_cast<double>(work.workspace.cost()[0]);
    if (worker.index() == 0) cost = of_row;
    if (!std::isfinite(of_row)) return;  // every worker sees it
    (void)work.step.run(worker, nobody, kernels, rows, {}, *work.update, [](const ClipNorm<T>&) {});
  });
  if (!std::isfinite(cost)) {
    Divergence where{.cost = cost};
    diagnose<T>(where, work.net, std::span<const T* const>(rows));
    throw Diverged(where);
  }
  work.update->end_step();
  work.net.set_epoch(work.net.epoch() + 1);
  return cost;
}

template class BasicTrainer<float>;
template class BasicTrainer<double>;

}  // namespace filbert
