#include "training/member.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "network/data.hpp"
#include "system/check.hpp"
#include "system/float_mode.hpp"
#include "training/lanes.hpp"
#include "training/last_finite.hpp"
#include "training/running_fit.hpp"

namespace filbert {
namespace {

/// Thrown by a callback to leave a fit, by whoever has called it and catches this.
struct Left : std::exception {};

bool is_cost(EpochNumber monitor) {
  return monitor == EpochNumber::loss || monitor == EpochNumber::val_loss;
}

bool is_of_validation(EpochNumber monitor) {
  return monitor == EpochNumber::val_loss || monitor == EpochNumber::val_accuracy;
}

template <class T>
void require_patience(const BasicMember<T>& member, const Patience& patience, const Loss& loss) {
  require(patience.epochs > 0, "patience: expected at least 1 epoch, got 0");
  require(patience.rules.min_delta >= 0.0 && std::isfinite(patience.rules.min_delta),
          "min_delta: expected a finite number >= 0, got ", patience.rules.min_delta);
  require(member.validation || !is_of_validation(patience.monitor),
          "monitor: expected a number of the training data, as there are no validation data, got ",
          "one of validation data");
  require(is_cost(patience.monitor) || classifies(loss, member.net->output()),
          "monitor: expected a cost, as the network does not classify, got an accuracy");
}

template <class T>
void check_one(const BasicMember<T>& member) {
  require(member.net != nullptr, "net: expected a network, got null");
  require(member.optimizer != nullptr, "optimizer: expected one, got null");
  const BasicNetwork<T>& net = *member.net;
  const Loss loss = member.options.loss.value_or(default_loss(net.output()));
  if (member.validation) {
    Watch nobody;
    try {
      static_cast<void>(require_data(net, *member.validation, &loss, nobody));
    } catch (const std::invalid_argument& error) {
      refuse("validation ", error.what());
    }
  }
  if (member.patience) require_patience(member, *member.patience, loss);
  FitPosition start;
  FitHooks hooks{.on_start = [] { throw Left(); }, .threads = 1, .position = &start};
  if (member.validation) hooks.val_loss = [] { return 0.0; };
  try {
    fit(*member.net, member.data, *member.optimizer, member.options, hooks);
  } catch (const Left&) {  // all checks have passed
  }
}

/// As many members have to be trained side by side, or they are faster one after another.
std::size_t least_in_lanes(std::size_t lanes) { return lanes / 2 + 1; }

double monitored(EpochNumber monitor, const Evaluation& training, const Evaluation& validation) {
  const Evaluation& of = is_of_validation(monitor) ? validation : training;
  return is_cost(monitor) ? of.loss
                          : of.accuracy.value_or(std::numeric_limits<double>::quiet_NaN());
}

/// A member while it is trained.
template <class T>
class Training {
 public:
  Training(const BasicMember<T>& member, Progress& progress, std::size_t until, Worker& worker,
           Watch& watch);
  Training(const Training&) = delete;
  Training& operator=(const Training&) = delete;

  /// Trains it alone.
  void run() {
    settle([&] {
      return fit(*member_.net, member_.data, *member_.optimizer, member_.options, hooks_);
    });
  }

  // Or an epoch at a time.
  void start();
  void begin_epoch();
  /// Does what is left of the epoch, and ends it.
  void end_epoch();
  /// The fit while it goes on, or null.
  RunningFit<T>* fit_on_its_way() { return goes_on_ ? &*fit_ : nullptr; }

 private:
  /// Calls work, which returns whether training has come to its end, and notes what has ended it.
  template <class Work>
  void settle(Work work);

  bool tell(const EpochReport& report);

  const BasicMember<T>& member_;
  Progress& progress_;
  std::size_t until_;
  Worker& worker_;
  Watch& watch_;
  bool asks_ = false, stops_ = false, goes_on_ = false;
  FitHooks hooks_;
  std::optional<FitOptions> options_;
  std::optional<LastFinite<T>> kept_;
  std::optional<RunningFit<T>> fit_;
};

template <class T>
Training<T>::Training(const BasicMember<T>& member, Progress& progress, std::size_t until,
                      Worker& worker, Watch& watch)
    : member_(member), progress_(progress), until_(until), worker_(worker), watch_(watch) {
  hooks_.threads = 1;
  hooks_.position = &progress.position;
  hooks_.keep_going = [this] {
    asks_ = true;  // and still is, if the callback throws
    const bool goes_on = watch_.go_on(worker_, look_now);
    asks_ = false;
    return goes_on;
  };
  hooks_.on_epoch = [this](const EpochReport& report) { return tell(report); };
  if (!member.validation) return;
  hooks_.val_loss = [this] {
    const Evaluation of_epoch =
        evaluate(*member_.net, *member_.validation,
                 {.loss = member_.options.loss, .keep_going = hooks_.keep_going});
    if (!hooks_.keep_going()) throw Left();
    progress_.outcome.validation.push_back(of_epoch);
    return of_epoch.loss;
  };
}

/// Takes what fit tells after an epoch. Returns whether training goes on.
template <class T>
bool Training<T>::tell(const EpochReport& report) {
  MemberOutcome& outcome = progress_.outcome;
  outcome.training.push_back(report.training);
  if (member_.options.alpha > 0.0) outcome.penalties.push_back(report.penalty);
  if (member_.patience) {
    const Patience& patience = *member_.patience;
    const Evaluation validation = member_.validation ? outcome.validation.back() : Evaluation();
    const double value = monitored(patience.monitor, report.training, validation);
    count_epoch(progress_.best, patience.rules, *member_.net, report.epoch, value);
    stops_ = progress_.best.bad >= patience.epochs;
  }
  return !stops_ && (report.last || report.epoch < until_);
}

template <class T>
template <class Work>
void Training<T>::settle(Work work) {
  try {
    const bool finished = work();
    if (stops_) return progress_.end(Ending::stopped);
    if (finished) return progress_.end(Ending::finished);
  } catch (const Left&) {
    goes_on_ = false;
  } catch (const std::exception& error) {
    if (asks_) throw;
    goes_on_ = false;
    MemberOutcome& outcome = progress_.outcome;
    if (const auto* const diverged = dynamic_cast<const Diverged*>(&error)) {
      outcome.divergence = diverged->where();
    }
    outcome.error = error.what();
    progress_.end(Ending::failed);
  }
}

template <class T>
void Training<T>::start() {
  settle([&] {
    BasicNetwork<T>& net = *member_.net;
    Optimizer& optimizer = *member_.optimizer;
    options_ = checked_options<T>(net, member_.data, nullptr, optimizer, member_.options, hooks_);
    if (!options_) return false;
    kept_.emplace(net, optimizer, true);
    fit_.emplace(net, member_.data, nullptr, optimizer, *options_, hooks_, *kept_);
    goes_on_ = !fit_->is_done();
    return !goes_on_;
  });
}

template <class T>
void Training<T>::begin_epoch() {
  settle([&] {
    fit_->begin_epoch();
    return false;
  });
}

template <class T>
void Training<T>::end_epoch() {
  settle([&] {
    return back_if_diverged(*kept_, *member_.optimizer, hooks_, [&] {
      if (fit_->batch() < fit_->batches().count()) fit_->run_batches();
      const bool told_to_go_on = fit_->end_epoch();
      goes_on_ = told_to_go_on && !fit_->is_done();
      return told_to_go_on && fit_->is_done();
    });
  });
}

/// Trains members side by side. Those that are left when most have ended go on alone.
template <class T>
void train_unit(std::span<const BasicMember<T>> members, const Unit& unit,
                std::vector<Progress>& all, std::size_t until, Worker& worker, Watch& watch) {
  const FloatMode mode;
  std::vector<std::unique_ptr<Training<T>>> trainings;
  for (const std::size_t i : unit) {
    trainings.push_back(std::make_unique<Training<T>>(members[i], all[i], until, worker, watch));
    trainings.back()->start();
  }
  std::optional<Lanes<T>> lanes;
  std::vector<RunningFit<T>*> fits(Lanes<T>::count());
  for (;;) {
    std::size_t going = 0;
    for (std::size_t i = 0; i < unit.size(); ++i) {
      fits[i] = trainings[i]->fit_on_its_way();
      if (fits[i] == nullptr) continue;
      ++going;
      if (!lanes) lanes.emplace(*fits[i], members[unit[i]].data);
      trainings[i]->begin_epoch();
      fits[i] = trainings[i]->fit_on_its_way();
    }
    if (going == 0) return;
    if (going >= least_in_lanes(fits.size()) && !lanes->run_batches(fits, worker, watch)) return;
    for (std::size_t i = 0; i < unit.size(); ++i) {
      if (fits[i] != nullptr) trainings[i]->end_epoch();
    }
  }
}

template <class T>
class MembersOf final : public Members {
 public:
  explicit MembersOf(std::span<const BasicMember<T>> members) : members_(members) {}

  std::size_t size() const override { return members_.size(); }
  const void* net(std::size_t i) const override { return members_[i].net; }
  const void* optimizer(std::size_t i) const override { return members_[i].optimizer; }
  double work(std::size_t i) const override {
    const BasicMember<T>& member = members_[i];
    return static_cast<double>(member.options.epochs) *
           static_cast<double>(example_count(member.data)) *
           static_cast<double>(member.net->parameters().size());
  }
  void check(std::size_t i) const override { check_one(members_[i]); }
  std::vector<Unit> units(const std::vector<std::size_t>& members,
                          std::size_t threads) const override {
    struct Class {                     // members with one key
      std::size_t left = 0;            // that are in no unit yet
      std::size_t unit = 0, room = 0;  // the last unit, and for how many it has room
    };
    std::map<std::string, Class> classes;
    std::vector<Class*> class_of;
    for (const std::size_t i : members) {
      const BasicMember<T>& member = members_[i];
      class_of.push_back(
          &classes[lanes_key(*member.net, member.data, member.optimizer->rule(), member.options)]);
      ++class_of.back()->left;
    }
    const std::size_t lanes = Lanes<T>::count(), least = least_in_lanes(lanes);
    const std::size_t most = std::min(lanes, members.size() / threads);
    const auto alone = classes.find({});
    std::vector<Unit> units;
    for (std::size_t at = 0; at < members.size(); ++at) {
      Class& its = *class_of[at];
      const std::size_t left = its.left--;
      if (its.room == 0) {
        its.unit = units.size();
        units.emplace_back();
        const bool shares = alone == classes.end() || &its != &alone->second;
        its.room = shares && std::min(left, most) >= least ? most : 1;
      }
      units[its.unit].push_back(members[at]);
      --its.room;
    }
    return units;
  }
  void train(const Unit& unit, std::vector<Progress>& all, std::size_t until, Worker& worker,
             Watch& watch) const override {
    if (unit.size() > 1) return train_unit(members_, unit, all, until, worker, watch);
    const std::size_t i = unit.front();
    Training<T>(members_[i], all[i], until, worker, watch).run();
  }
  void put_back(std::size_t i, const BestEpoch& best) const override {
    filbert::put_back(best, *members_[i].net);
  }

 private:
  std::span<const BasicMember<T>> members_;
};

}  // namespace

double Progress::score() const {
  const std::vector<Evaluation>& epochs =
      outcome.validation.empty() ? outcome.training : outcome.validation;
  const std::size_t epoch = best.epoch > 0 ? best.epoch : epochs.size();
  if (outcome.ending == Ending::failed || epoch == 0) return FitOptions::unlimited;
  const double loss = epochs[epoch - 1].loss;
  return std::isnan(loss) ? FitOptions::unlimited : loss;
}

void Progress::end(Ending ending) {
  ended = true;
  outcome.ending = ending;
  outcome.best_epoch = best.epoch;
  outcome.score = score();
}

std::unique_ptr<const Members> as_members(std::span<const Member> members) {
  return std::make_unique<MembersOf<float>>(members);
}
std::unique_ptr<const Members> as_members(std::span<const Member64> members) {
  return std::make_unique<MembersOf<double>>(members);
}

}  // namespace filbert
