#include "filbert/fit.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "kernels/dispatch.hpp"
#include "network/data.hpp"
#include "network/phases.hpp"
#include "network/random.hpp"
#include "system/check.hpp"
#include "system/float_mode.hpp"
#include "system/watch.hpp"
#include "training/alpha_penalty.hpp"
#include "training/batches.hpp"
#include "training/complete.hpp"
#include "training/diverged.hpp"
#include "training/first_batch.hpp"
#include "training/last_finite.hpp"
#include "training/lbfgs.hpp"
#include "training/own_cost.hpp"
#include "training/plateau.hpp"
#include "training/publishing.hpp"
#include "training/report_epoch.hpp"
#include "training/step.hpp"
#include "training/update.hpp"

namespace filbert {
namespace {

/// Says at its end, whatever has ended the team of an epoch, where the fit stands.
template <class T>
struct Standing {
  BasicNetwork<T>& net;
  const Batches<T>& batches;
  FitPosition& at;
  std::size_t done;  // batches of the epoch, those of a step that is not done left out

  /// So many batches are done, and the last step with them.
  void step_done(std::size_t batches_done) {
    done = batches_done;
    batches.get_totals(at);
  }

  ~Standing() {
    // An epoch whose last batch is done counts for the network, reported or not.
    if (at.batch < done && done == batches.count()) net.set_epoch(net.epoch() + 1);
    at.batch = done;
  }
};

/// Throws std::invalid_argument, naming the option, unless a step does nothing beside the rule: one
/// with a loop of its own searches along a line for the lowest cost, which has to stay a function
/// of the parameters alone.
void require_plain(const FitOptions& options, const Rule& rule) {
  FitOptions plain;
  plain.epochs = options.epochs;
  plain.batch_size = options.batch_size;
  plain.loss = options.loss;
  plain.shuffle = options.shuffle;
  plain.seed = options.seed;
  for_each_fit_option(options, [&](const auto& row, const auto& value) {
    require(value == plain.*row.member, row.name, ": expected the default with ", to_string(rule),
            ", got another value");
  });
}

/// The rows of an epoch in the caller's order, which `rows` has room for.
std::span<const std::uint64_t> rows_in_order(const FitHooks& hooks, std::size_t epoch,
                                             std::vector<std::uint64_t>& rows) {
  hooks.order(epoch, rows);
  for (const std::uint64_t row : rows) {
    require(row < rows.size(), "order: expected rows below ", rows.size(), ", got ", row);
  }
  return rows;
}

/// The numbers of a network, or of its cost, are not finite: throws Diverged. batch: the one in
/// which this shows. x: its rows as the first layer takes them, or none where they are gone.
template <class T>
[[noreturn]] void throw_diverged(const BasicNetwork<T>& net, Batches<T>& batches, std::size_t batch,
                                 std::span<const T* const> x, const FitOptions& options,
                                 std::size_t epoch, std::size_t kept) {
  Divergence where{.epoch = epoch + 1, .step = batch / options.accumulate + 1, .kept = kept};
  for (const T cost : batches.workspace().cost()) where.cost += static_cast<double>(cost);
  diagnose<T>(where, net, x);
  throw Diverged(where);
}

/// fit, but that a network which has diverged stays as it is then. source: null if data are all
/// there is; else data are its first batch. kept: the parameters to go back to.
template <class T>
bool train(BasicNetwork<T>& net, const BasicData<T>& data, BasicBatchSource<T>* source,
           Optimizer& optimizer, const FitOptions& asked, const FitHooks& hooks,
           LastFinite<T>& kept) {
  const FloatMode mode;
  const FitOptions options = complete(asked, net, optimizer.rule(), example_count(data));
  const BasicOwnCost<T>& own = own_cost<T>(hooks);
  require(options.own_cost == static_cast<bool>(own), "own_cost: expected ",
          own ? "true, as there is a function, got false" : "a function, got none");
  require(options.own_order == static_cast<bool>(hooks.order), "own_order: expected ",
          hooks.order ? "true, as there is a function, got false" : "a function, got none");
  require(source == nullptr || !hooks.order, "order: expected none for batches of a source");
  const Loss loss = own ? Loss{} : *options.loss;
  require(source == nullptr || !has_own_loop(optimizer.rule()),
          "optimizer: expected one that takes batches, got ", to_string(optimizer.rule()));
  if (has_own_loop(optimizer.rule())) {
    require_plain(options, optimizer.rule());
    require(hooks.publisher == nullptr && hooks.publisher64 == nullptr,
            "publish: expected none with ", to_string(optimizer.rule()), ", got some");
  }
  Watch checking(hooks.keep_going);
  if (!require_data(net, data, own ? nullptr : &loss, checking, source != nullptr)) return false;
  if (has_own_loop(optimizer.rule())) return fit_lbfgs(net, data, optimizer, options, hooks);
  const Kernels<T>& kernels = active_kernels<T>();
  Batches<T> batches(net, data, source != nullptr ? example_count(data) : *options.batch_size,
                     loss);
  if (own) batches.set_own_cost(net, own);
  FitPosition start;
  FitPosition& at = hooks.position == nullptr ? start : *hooks.position;
  require(source != nullptr || at.batch <= batches.count(), "position: expected at most ",
          batches.count(), " batches of an epoch, got ", at.batch);
  batches.set_totals(at);
  if (source != nullptr) batches.set_source(*source);
  FitStep<T> step(net, batches.workspace(), options, at);
  Publishing<T> publishing(net, hooks, step.average());
  optimizer.require_fits(net);
  if (hooks.scheduled) {
    require_monitored(optimizer.learning_rate(), static_cast<bool>(hooks.val_loss));
  }
  if (hooks.on_start) hooks.on_start();
  Update<T> update(optimizer, net, options);
  if (source == nullptr && options.epochs == at.epoch + 1 && batches.count() == 1) {
    kept.mark(at.epoch);
  } else {
    kept.keep(at.epoch);
  }
  publishing.start();
  step.start(update);
  AlphaPenalty<T> penalty(net, options.alpha);
  double scale = 1.0, weight_of_step = 0.0, l2 = 0.0;  // these are of the step
  std::size_t batch_of_step = 0;
  const auto begin_step = [&] {
    const FitTime time{.epoch = static_cast<double>(at.epoch) + batches.part(batch_of_step),
                       .epochs = static_cast<double>(options.epochs),
                       .plateau = at.plateau};
    update.begin_step(scale, hooks.scheduled ? &time : nullptr, l2);
  };
  KeepGoing keep_going;
  if (hooks.keep_going) {
    keep_going = [&] {
      const bool goes_on = hooks.keep_going();
      // It may have set the learning rate: a step that has not begun to change W takes the new one.
      begin_step();
      return goes_on;
    };
  }
  Watch watch(keep_going);
  const typename FitStep<T>::Rescale clip = [&](const ClipNorm<T>& norm) {
    scale *= norm.factor(scale);
    begin_step();
  };
  const auto ends_step = [&](std::size_t next) {
    return options.accumulate == 1 || next % options.accumulate == 0 || next == batches.count();
  };
  const std::function<void()> grow = [&] { step.resize(); };
  std::vector<std::uint64_t> listed(hooks.order ? example_count(data) : 0);
  const auto diverged = [&](std::size_t batch, bool prepared) {
    const T* const* const x = batches.x(batch);
    const std::size_t rows = prepared ? batches.rows(batch) : 0;
    throw_diverged(net, batches, batch, std::span(x, rows), options, at.epoch, kept.epoch());
  };
  constexpr std::size_t no_batch = std::numeric_limits<std::size_t>::max();

  while (at.epoch < options.epochs) {
    const Permutation order = epoch_permutation(example_count(data), *options.seed, net.epoch());
    batches.order().set(options.shuffle && source == nullptr ? &order : nullptr);
    if (hooks.order) batches.order().set(rows_in_order(hooks, at.epoch, listed));
    batches.begin_epoch(at.batch);
    const std::size_t threads = team_size(net, batches.workspace().max_batch(), hooks.threads);
    std::size_t bad_batch = no_batch;  // whose cost is not finite
    {
      const std::size_t start_batch = at.batch;
      Standing<T> standing{net, batches, at, start_batch};
      run_team(threads, [&](Worker& worker) {
        const bool first = worker.index() == 0;
        std::size_t batch = start_batch;
        if (!batches.receive(worker, watch, net, loss, batch, grow)) return;
        if (batch == batches.count() || !batches.prepare(worker, watch, kernels, batch)) return;
        worker.sync();
        for (BatchOfStep place; batch < batches.count(); ++batch, place.first = place.last) {
          if (batches.is_unfit(batch)) return;
          const std::size_t next = batch + 1;
          if (!batches.receive(worker, watch, net, loss, next, grow)) return;
          place.last = ends_step(next);
          double weight = 0.0;
          if (first) {
            publishing.between_steps();
            batches.workspace().set_rows(batches.rows(batch));
            weight = batches.weight(batch);
            if (place.first) batch_of_step = batch;
            weight_of_step = place.first ? weight : weight_of_step + weight;
            scale = weight_of_step > 0.0 ? 1.0 / weight_of_step : 0.0;
            l2 = 0.5 * options.alpha * scale;
            step.begin(net.epoch(), batches.position(batch));
            begin_step();
          }
          if (!watch.sync(worker, 0)) return;
          if (place.first) penalty.sum(worker, kernels);  // barriers follow before W changes
          if (next < batches.count() && !batches.prepare(worker, watch, kernels, next)) return;
          if (!batches.forward(worker, watch, kernels, net, loss, batch, step.dropout())) return;
          if (!all_finite<T>(
                  batches.workspace().cost())) {  // every worker sees it, before anything changes
            if (first) bad_batch = batch;
            return;
          }
          if (!step.run(worker, watch, kernels, batches.x(batch), place, update, clip)) return;
          if (first) {
            batches.count_batch(batch, weight);
            if (place.first) batches.count_penalty(penalty.cost());
            if (place.last) {
              update.end_step();
              step.end();
              standing.step_done(next);
              publishing.step_done();
            }
          }
          worker.sync();
        }
      });
    }
    publishing.between_steps();
    publishing.rethrow();
    batches.refuse_unfit(at.epoch);
    if (watch.stopped()) return false;
    if (bad_batch != no_batch) diverged(bad_batch, true);
    require(at.batch > 0, "X: expected batches in each epoch, got none in epoch ", at.epoch + 1,
            ": what yields them has to begin anew when it is asked for the next epoch");
    const double mean_penalty = batches.mean_penalty();
    EpochReport report{.epoch = at.epoch + 1,
                       .training = batches.report(net.outputs(), loss),
                       .penalty = mean_penalty,
                       .val_loss = {},
                       .next = {.epoch = at.epoch + 1, .trained = at.trained},
                       .last = at.epoch + 1 == options.epochs};
    step.average().show();
    const std::size_t last_batch = at.batch - 1;
    // Of a source it is known how many rows the first batch has.
    const std::size_t rows =
        source == nullptr ? example_count(data) : at.batch * example_count(data);
    const bool keeps = kept.count(rows) && !report.last;
    if (!std::isfinite(report.training.loss) || ((keeps || report.last) && !is_finite(net))) {
      diverged(last_batch, false);
    }
    if (!report_epoch(report, hooks, optimizer, options, at)) {
      if (!is_finite(net)) diverged(last_batch, false);
      return false;
    }
    if (keeps) kept.keep(at.epoch);
    step.average().hide();
  }
  return true;
}

/// data, source: as in train.
template <class T>
bool fit_network(BasicNetwork<T>& net, const BasicData<T>& data, BasicBatchSource<T>* source,
                 Optimizer& optimizer, const FitOptions& options, const FitHooks& hooks) {
  LastFinite<T> kept(net, optimizer, static_cast<bool>(hooks.on_epoch));
  try {
    return train(net, data, source, optimizer, options, hooks, kept);
  } catch (const Diverged&) {
    kept.put_back(optimizer);
    if (hooks.position != nullptr) *hooks.position = {.epoch = kept.epoch()};
    throw;
  }
}

/// The same for batches of a source, of which the first one is looked at before everything begins.
template <class T>
bool fit_source(BasicNetwork<T>& net, BasicBatchSource<T>& source, Optimizer& optimizer,
                const FitOptions& options, const FitHooks& hooks) {
  FirstBatch<T> from_first(source, hooks.position == nullptr ? 0 : hooks.position->batch);
  return fit_network<T>(net, from_first.data(), &from_first, optimizer, options, hooks);
}

}  // namespace

bool fit(Network& net, const Data& data, Optimizer& optimizer, const FitOptions& options,
         const FitHooks& hooks) {
  return fit_network<float>(net, data, nullptr, optimizer, options, hooks);
}
bool fit(Network64& net, const Data64& data, Optimizer& optimizer, const FitOptions& options,
         const FitHooks& hooks) {
  return fit_network<double>(net, data, nullptr, optimizer, options, hooks);
}

bool fit(Network& net, BatchSource& source, Optimizer& optimizer, const FitOptions& options,
         const FitHooks& hooks) {
  return fit_source(net, source, optimizer, options, hooks);
}
bool fit(Network64& net, BatchSource64& source, Optimizer& optimizer, const FitOptions& options,
         const FitHooks& hooks) {
  return fit_source(net, source, optimizer, options, hooks);
}

std::uint64_t epoch_order(std::uint64_t position, std::uint64_t examples, std::uint64_t seed,
                          std::uint64_t epoch) {
  require(position < examples, "position: expected below ", examples, ", got ", position);
  std::uint64_t row = 0;
  active_kernels<float>().permute(&row, epoch_permutation(examples, seed, epoch), position, 1);
  return row;
}

}  // namespace filbert
