#include "training/member.hpp"

#include <cmath>
#include <exception>
#include <limits>
#include <stdexcept>
#include <vector>

#include "network/data.hpp"
#include "system/check.hpp"

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

double monitored(EpochNumber monitor, const Evaluation& training, const Evaluation& validation) {
  const Evaluation& of = is_of_validation(monitor) ? validation : training;
  return is_cost(monitor) ? of.loss
                          : of.accuracy.value_or(std::numeric_limits<double>::quiet_NaN());
}

template <class T>
void train_one(const BasicMember<T>& member, Progress& progress, std::size_t until, Worker& worker,
               Watch& watch) {
  BasicNetwork<T>& net = *member.net;
  MemberOutcome& outcome = progress.outcome;
  bool asks = false, stops = false;
  const KeepGoing keep_going = [&] {
    asks = true;  // and still is, if the callback throws
    const bool goes_on = watch.go_on(worker, look_now);
    asks = false;
    return goes_on;
  };
  FitHooks hooks{.on_epoch =
                     [&](const EpochReport& report) {
                       outcome.training.push_back(report.training);
                       if (member.options.alpha > 0.0) outcome.penalties.push_back(report.penalty);
                       if (member.patience) {
                         const Patience& patience = *member.patience;
                         const Evaluation validation =
                             member.validation ? outcome.validation.back() : Evaluation();
                         const double value =
                             monitored(patience.monitor, report.training, validation);
                         count_epoch(progress.best, patience.rules, net, report.epoch, value);
                         stops = progress.best.bad >= patience.epochs;
                       }
                       return !stops && (report.last || report.epoch < until);
                     },
                 .keep_going = keep_going,
                 .threads = 1,
                 .position = &progress.position};
  if (member.validation) {
    hooks.val_loss = [&] {
      const Evaluation of_epoch = evaluate(net, *member.validation,
                                           {.loss = member.options.loss, .keep_going = keep_going});
      if (!keep_going()) throw Left();
      outcome.validation.push_back(of_epoch);
      return of_epoch.loss;
    };
  }
  try {
    const bool finished = fit(net, member.data, *member.optimizer, member.options, hooks);
    if (stops) return progress.end(Ending::stopped);
    if (finished) return progress.end(Ending::finished);
  } catch (const Left&) {
  } catch (const std::exception& error) {
    if (asks) throw;
    if (const auto* const diverged = dynamic_cast<const Diverged*>(&error)) {
      outcome.divergence = diverged->where();
    }
    outcome.error = error.what();
    progress.end(Ending::failed);
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
  void train(std::size_t i, Progress& progress, std::size_t until, Worker& worker,
             Watch& watch) const override {
    train_one(members_[i], progress, until, worker, watch);
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
