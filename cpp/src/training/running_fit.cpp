#include "training/running_fit.hpp"

#include <cmath>
#include <functional>
#include <span>

#include "kernels/dispatch.hpp"
#include "network/data.hpp"
#include "network/phases.hpp"
#include "network/random.hpp"
#include "system/check.hpp"
#include "system/compiler.hpp"
#include "training/complete.hpp"
#include "training/diverged.hpp"
#include "training/own_cost.hpp"
#include "training/plateau.hpp"
#include "training/report_epoch.hpp"

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

}  // namespace

template <class T>
std::optional<FitOptions> checked_options(const BasicNetwork<T>& net, const BasicData<T>& data,
                                          const BasicBatchSource<T>* source,
                                          const Optimizer& optimizer, const FitOptions& asked,
                                          const FitHooks& hooks) {
  FitOptions options = complete(asked, net, optimizer.rule(), example_count(data));
  const BasicOwnCost<T>& own = own_cost<T>(hooks);
  require(options.own_cost == static_cast<bool>(own), "own_cost: expected ",
          own ? "true, as there is a function, got false" : "a function, got none");
  require(options.own_order == static_cast<bool>(hooks.order), "own_order: expected ",
          hooks.order ? "true, as there is a function, got false" : "a function, got none");
  require(source == nullptr || !hooks.order, "order: expected none for batches of a source");
  require(source == nullptr || !has_own_loop(optimizer.rule()),
          "optimizer: expected one that takes batches, got ", to_string(optimizer.rule()));
  if (has_own_loop(optimizer.rule())) {
    require_plain(options, optimizer.rule());
    require(hooks.publisher == nullptr && hooks.publisher64 == nullptr,
            "publish: expected none with ", to_string(optimizer.rule()), ", got some");
  }
  Watch checking(hooks.keep_going);
  const Loss* const loss = own ? nullptr : &*options.loss;
  if (!require_data(net, data, loss, checking, source != nullptr)) return {};
  return options;
}
template std::optional<FitOptions> checked_options(const Network& net, const Data& data,
                                                   const BatchSource* source,
                                                   const Optimizer& optimizer,
                                                   const FitOptions& asked, const FitHooks& hooks);
template std::optional<FitOptions> checked_options(const Network64& net, const Data64& data,
                                                   const BatchSource64* source,
                                                   const Optimizer& optimizer,
                                                   const FitOptions& asked, const FitHooks& hooks);

template <class T>
RunningFit<T>::RunningFit(BasicNetwork<T>& net, const BasicData<T>& data,
                          BasicBatchSource<T>* source, Optimizer& optimizer,
                          const FitOptions& options, const FitHooks& hooks, LastFinite<T>& kept)
    : net_(net),
      data_(data),
      source_(source),
      optimizer_(optimizer),
      options_(options),
      hooks_(hooks),
      kept_(kept),
      kernels_(active_kernels<T>()),
      loss_(options.own_cost ? Loss{} : *options.loss),
      batches_(net, data, source != nullptr ? example_count(data) : *options.batch_size, loss_),
      at_(hooks.position == nullptr ? start_ : *hooks.position),
      step_(net, batches_.workspace(), options_, at_),
      publishing_(net, hooks, step_.average()),
      penalty_(net, options.alpha),
      listed_(hooks.order ? example_count(data) : 0) {
  if (options.own_cost) batches_.set_own_cost(net, own_cost<T>(hooks));
  require(source != nullptr || at_.batch <= batches_.count(), "position: expected at most ",
          batches_.count(), " batches of an epoch, got ", at_.batch);
  batches_.set_totals(at_);
  if (source != nullptr) batches_.set_source(*source);
  optimizer.require_fits(net);
  if (hooks.scheduled) {
    require_monitored(optimizer.learning_rate(), static_cast<bool>(hooks.val_loss));
  }
  if (hooks.on_start) hooks.on_start();
  update_.emplace(optimizer, net, options);
  if (source == nullptr && options.epochs == at_.epoch + 1 && batches_.count() == 1) {
    kept.mark(at_.epoch);
  } else {
    kept.keep(at_.epoch);
  }
  publishing_.start();
  step_.start(*update_);
  if (hooks.keep_going) {
    keep_going_ = [this] {
      const bool goes_on = hooks_.keep_going();
      // It may have set the learning rate: a step that has not begun to change W takes the new one.
      begin_step();
      return goes_on;
    };
  }
  watch_.emplace(keep_going_);
}

template <class T>
FILBERT_HOT void RunningFit<T>::begin_step() {
  if (!hooks_.scheduled) return update_->begin_step(scale_, nullptr, l2_);
  const FitTime time{.epoch = static_cast<double>(at_.epoch) + batches_.part(batch_of_step_),
                     .epochs = static_cast<double>(options_.epochs),
                     .plateau = at_.plateau};
  update_->begin_step(scale_, &time, l2_);
}

/// Sets the numbers of a step from the weight of a batch. first: whether the step begins with it.
template <class T>
void RunningFit<T>::weigh_step(std::size_t batch, double weight, bool first) {
  if (first) batch_of_step_ = batch;
  weight_ = first ? weight : weight_ + weight;
  scale_ = weight_ > 0.0 ? 1.0 / weight_ : 0.0;
  l2_ = 0.5 * options_.alpha * scale_;
}

template <class T>
void RunningFit<T>::diverged(std::size_t batch, bool prepared) {
  const T* const* const x = batches_.x(batch);
  const std::size_t rows = prepared ? batches_.rows(batch) : 0;
  throw_diverged(net_, batches_, batch, std::span(x, rows), options_, at_.epoch, kept_.epoch());
}

template <class T>
void RunningFit<T>::begin_epoch() {
  if (hooks_.order) {
    batches_.order().set(rows_in_order(hooks_, at_.epoch, listed_));
  } else if (options_.shuffle && source_ == nullptr) {
    order_ = epoch_permutation(example_count(data_), *options_.seed, net_.epoch());
    batches_.order().set(&order_);
  }
  batches_.begin_epoch(at_.batch);
}

template <class T>
void RunningFit<T>::run_batches() {
  const std::size_t threads = team_size(net_, batches_.workspace().max_batch(), hooks_.threads);
  const std::size_t start_batch = at_.batch;
  const std::function<void()> grow = [this] { step_.resize(); };
  const typename FitStep<T>::Rescale clip = [this](const ClipNorm<T>& norm) {
    scale_ *= norm.factor(scale_);
    begin_step();
  };
  Watch& watch = *watch_;
  Standing<T> standing{net_, batches_, at_, start_batch};
  run_team(threads, [&](Worker& worker) FILBERT_HOT {
    const bool first = worker.index() == 0;
    std::size_t batch = start_batch;
    if (!batches_.receive(worker, watch, net_, loss_, batch, grow)) return;
    if (batch == batches_.count() || !batches_.prepare(worker, watch, kernels_, batch)) return;
    worker.sync();
    for (BatchOfStep place; batch < batches_.count(); ++batch, place.first = place.last) {
      if (batches_.is_unfit(batch)) return;
      const std::size_t next = batch + 1;
      if (!batches_.receive(worker, watch, net_, loss_, next, grow)) return;
      place.last = ends_step(next);
      double weight = 0.0;
      if (first) {
        publishing_.between_steps();
        batches_.workspace().set_rows(batches_.rows(batch));
        weight = batches_.weight(batch);
        weigh_step(batch, weight, place.first);
        step_.begin(net_.epoch(), batches_.position(batch));
        begin_step();
      }
      if (!watch.sync(worker, 0)) return;
      if (place.first) penalty_.sum(worker, kernels_);  // barriers follow before W changes
      if (next < batches_.count() && !batches_.prepare(worker, watch, kernels_, next)) return;
      if (!batches_.forward(worker, watch, kernels_, net_, batch, step_.dropout())) return;
      // Every worker sees it, before anything changes. The first worker needs the sum in any case,
      // and if that is finite, so are all costs.
      const double cost = first ? batches_.cost_with(batch) : 0.0;
      if (!(first && std::isfinite(cost)) && !all_finite<T>(batches_.workspace().cost())) {
        if (first) bad_batch_ = batch;
        return;
      }
      if (!step_.run(worker, watch, kernels_, batches_.x(batch), place, *update_, clip)) return;
      if (first) {
        batches_.count_batch(batch, weight, cost);
        if (place.first) batches_.count_penalty(penalty_.cost());
        if (place.last) {
          update_->end_step();
          step_.end();
          standing.step_done(next);
          publishing_.step_done();
        }
      }
      worker.sync();
    }
  });
}

template <class T>
bool RunningFit<T>::end_epoch() {
  publishing_.between_steps();
  publishing_.rethrow();
  batches_.refuse_unfit(at_.epoch);
  if (watch_->stopped()) return false;
  if (bad_batch_ != no_batch) diverged(bad_batch_, true);
  require(at_.batch > 0, "X: expected batches in each epoch, got none in epoch ", at_.epoch + 1,
          ": what yields them has to begin anew when it is asked for the next epoch");
  const double mean_penalty = batches_.mean_penalty();
  EpochReport report{.epoch = at_.epoch + 1,
                     .training = batches_.report(net_.outputs(), loss_),
                     .penalty = mean_penalty,
                     .val_loss = {},
                     .next = {.epoch = at_.epoch + 1, .trained = at_.trained},
                     .last = at_.epoch + 1 == options_.epochs};
  step_.average().show();
  const std::size_t last_batch = at_.batch - 1;
  // Of a source it is known how many rows the first batch has.
  const std::size_t rows =
      source_ == nullptr ? example_count(data_) : at_.batch * example_count(data_);
  const bool keeps = kept_.count(rows) && !report.last;
  if (!std::isfinite(report.training.loss) || ((keeps || report.last) && !is_finite(net_))) {
    diverged(last_batch, false);
  }
  if (!report_epoch(report, hooks_, optimizer_, options_, at_)) {
    if (!is_finite(net_)) diverged(last_batch, false);
    return false;
  }
  if (keeps) kept_.keep(at_.epoch);
  step_.average().hide();
  return true;
}

template <class T>
bool RunningFit<T>::begin_batch(Worker& worker) {
  const std::size_t batch = at_.batch;
  Watch nobody;
  if (!batches_.prepare(worker, nobody, kernels_, batch) || batches_.is_unfit(batch)) return false;
  weigh_step(batch, batches_.weight(batch), true);
  begin_step();
  return true;
}

template <class T>
void RunningFit<T>::end_batch(const T* cost, const std::int32_t* correct, std::size_t stride) {
  const std::size_t batch = at_.batch;
  batches_.count_batch(batch, weight_, cost, correct, stride);
  update_->end_step();
  Standing<T>{net_, batches_, at_, batch}.step_done(batch + 1);
}

template class RunningFit<float>;
template class RunningFit<double>;

}  // namespace filbert
