#include "training/lbfgs.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "kernels/vec/sum.hpp"
#include "system/check.hpp"
#include "training/diverged.hpp"
#include "training/line_search.hpp"
#include "training/plateau.hpp"
#include "training/report_epoch.hpp"
#include "training/update.hpp"
#include "training/whole_cost.hpp"

namespace filbert {
namespace {

using Vector = std::vector<double>;

/// The sum of products, in the order of clause 3 of docs/numerics.md, in double.
template <class A, class B>
double dot(std::span<const A> a, std::span<const B> b) {
  return sum<double>(a.size(), [&](std::size_t i) {
    return static_cast<double>(a[i]) * static_cast<double>(b[i]);
  });
}
double dot(const Vector& a, const Vector& b) {
  return dot(std::span<const double>(a), std::span<const double>(b));
}

/// The largest absolute value; a NaN if there is one.
template <class T>
double largest(std::span<const T> numbers) {
  double most = 0.0;
  for (const T number : numbers) {
    const double size = std::abs(static_cast<double>(number));
    if (std::isnan(size)) return size;
    most = std::max(most, size);
  }
  return most;
}

/// The cost with its penalties, and the gradient of that, in double.
struct Point {
  double cost = 0.0;
  Vector gradient;
};

}  // namespace

/// One fit by L-BFGS.
template <class T>
class LbfgsFit {
 public:
  LbfgsFit(BasicNetwork<T>& net, const BasicData<T>& data, Optimizer& optimizer,
           const FitOptions& options, std::size_t threads)
      : net_(net),
        optimizer_(optimizer),
        rule_(std::get<Lbfgs>(optimizer.rule_)),
        trial_(net),
        whole_(net, data, *options.loss, threads),
        size_(net.parameters().size()),
        here_{.gradient = Vector(size_)},
        there_{.gradient = Vector(size_)},
        direction_(size_),
        penalty_(size_),
        products_(rule_.history) {}

  /// Makes the optimizer belong to this network. Before that, nothing of either has changed.
  void begin() {
    using State = Optimizer::State<T>;
    Optimizer::Progress& progress = optimizer_.progress_;
    if (!std::holds_alternative<State>(progress.state)) {
      State state;
      for (std::size_t i = 0; i < state_names(optimizer_.rule_).size(); ++i) {
        state.buffers.emplace_back(size_ * rule_.history);
      }
      progress.state = std::move(state);
    }
    optimizer_.network_ = net_.id();
    auto& buffers = std::get<State>(progress.state).buffers;
    steps_ = buffers[0].data();
    changes_ = buffers[1].data();
    for (std::size_t i = 0; i < rule_.history; ++i) products_[i] = dot(step(i), change(i));
  }

  bool converged() const { return optimizer_.progress_.converged; }

  /// One iteration, for an epoch that begins at this time. Returns false if the watch has ended it:
  /// nothing has changed then. An exception of the watch changes nothing either. totals: are given
  /// the sums over the data before the step. counts: whether the first evaluation is a new one, and
  /// not that of a fit which this one goes on with.
  [[nodiscard]] bool iterate(Watch& watch, const FitTime* time, bool counts, FitPosition& totals) {
    rule_ = std::get<Lbfgs>(optimizer_.rule_);  // a callback may have set the learning rate
    const StepOptions at = step_options(optimizer_.rule_, time);
    set_penalties(at.weight_decay);
    evaluations_ = 0;
    if (!known_ || !std::ranges::equal(trial_.parameters(), net_.parameters())) {
      std::ranges::copy(net_.parameters(), trial_.parameters().begin());
      if (!evaluate(watch)) return false;
      if (!known_ && !counts) evaluations_ = 0;
      known_ = true;
    }
    take_point(here_);
    if (!std::isfinite(here_.cost) || !is_finite(net_)) throw_diverged(totals);
    const FitPosition before = whole_.totals();
    bool converged = false;
    Outcome outcome = Outcome::stays;
    if (largest(std::span<const double>(here_.gradient)) <= rule_.tolerance_gradient) {
      converged = true;
    } else if (at.learning_rate > 0.0) {
      const bool has_pairs = set_direction();
      outcome = search(watch, at.learning_rate, has_pairs);
      if (outcome == Outcome::interrupted) {
        known_ = false;
        return false;
      }
      if (outcome == Outcome::failed) {
        // Without pairs it was the steepest descent that led nowhere.
        converged = !has_pairs;
        if (!converged) {
          std::ranges::copy(net_.parameters(), trial_.parameters().begin());
          if (!evaluate(watch)) {
            known_ = false;
            return false;
          }
        }
      }
    }
    commit(outcome, converged);
    totals.cost = before.cost;
    totals.hits = before.hits;
    totals.weight = before.weight;
    return true;
  }

 private:
  enum class Outcome { stays, moved, failed, interrupted };

  std::span<const T> step(std::size_t i) const { return {steps_ + i * size_, size_}; }
  std::span<const T> change(std::size_t i) const { return {changes_ + i * size_, size_}; }

  /// The cost is not finite where the epoch begins; nowhere else does a line search stop.
  [[noreturn]] void throw_diverged(const FitPosition& at) const {
    Divergence where{.epoch = at.epoch + 1, .cost = whole_.totals().cost, .kept = at.epoch};
    diagnose<T>(where, net_, whole_.x());
    throw Diverged(where);
  }

  void set_penalties(double weight_decay) {
    for (std::size_t l = 1; l <= net_.depth(); ++l) {
      const Layer& layer = net_.layers()[l - 1];
      const auto weights = penalty_.begin() + static_cast<std::ptrdiff_t>(net_.offset(l));
      const auto biases = weights + static_cast<std::ptrdiff_t>(layer.inputs * layer.outputs);
      std::fill(weights, biases, weight_decay + 2.0 * rule_.l2);
      std::fill_n(biases, layer.outputs, weight_decay);
    }
    penalised_ = weight_decay != 0.0 || rule_.l2 != 0.0;
  }

  /// Computes the cost of the data at the parameters of trial_.
  [[nodiscard]] bool evaluate(Watch& watch) {
    if (!whole_.compute(trial_, watch)) return false;
    ++evaluations_;
    return true;
  }

  /// Makes a point of what has been evaluated last: means, and the penalties.
  void take_point(Point& point) const {
    const double weight = whole_.totals().weight, scale = 1.0 / weight;
    const std::span<const T> sums = whole_.gradient();
    const std::span<const T> w = trial_.parameters();
    point.cost = whole_.totals().cost / weight;
    for (std::size_t i = 0; i < size_; ++i) {
      point.gradient[i] = static_cast<double>(sums[i]) * scale;
    }
    if (!penalised_) return;
    for (std::size_t i = 0; i < size_; ++i) {
      point.gradient[i] += penalty_[i] * static_cast<double>(w[i]);
    }
    point.cost += 0.5 * sum<double>(size_, [&](std::size_t i) {
                    return penalty_[i] * (static_cast<double>(w[i]) * static_cast<double>(w[i]));
                  });
  }

  /// Sets the direction to -H gradient, by the two loops of Nocedal (1980). Returns whether there
  /// is a pair that H is made of; without one, H is the identity.
  bool set_direction() {
    Vector& q = direction_;
    q = here_.gradient;
    Vector along(rule_.history);
    double size_of_h = 1.0;
    bool has_pairs = false;
    for (std::size_t i = 0; i < rule_.history; ++i) {
      if (!(products_[i] > 0.0)) continue;
      if (!has_pairs) size_of_h = products_[i] / dot(change(i), change(i));
      has_pairs = true;
      along[i] = dot(step(i), std::span<const double>(q)) / products_[i];
      add(q, -along[i], change(i));
    }
    for (double& number : q) number *= size_of_h;
    for (std::size_t i = rule_.history; i-- > 0;) {
      if (!(products_[i] > 0.0)) continue;
      const double back = dot(change(i), std::span<const double>(q)) / products_[i];
      add(q, along[i] - back, step(i));
    }
    for (double& number : q) number = -number;
    return has_pairs;
  }

  static void add(Vector& to, double factor, std::span<const T> vector) {
    for (std::size_t i = 0; i < to.size(); ++i) {
      to[i] += factor * static_cast<double>(vector[i]);
    }
  }

  /// Evaluates the cost after a step, into there_ and point.
  [[nodiscard]] bool try_step(Watch& watch, double length, SearchPoint& point) {
    const std::span<const T> from = net_.parameters();
    const std::span<T> to = trial_.parameters();
    for (std::size_t i = 0; i < size_; ++i) {
      to[i] = static_cast<T>(static_cast<double>(from[i]) + length * direction_[i]);
    }
    if (!evaluate(watch)) return false;
    take_point(there_);
    point = {length, there_.cost, dot(there_.gradient, direction_)};
    return true;
  }

  /// Goes along the direction, to where trial_ and there_ are afterwards.
  Outcome search(Watch& watch, double rate, bool has_pairs) {
    const SearchPoint start{0.0, here_.cost, dot(here_.gradient, direction_)};
    if (!(start.slope < 0.0)) return Outcome::failed;
    double first = has_pairs ? rate : rate / std::sqrt(-start.slope);
    LineSearch line(start, first);
    SearchPoint point;
    for (std::size_t tried = 0; tried < rule_.max_evaluations && line.step() > 0.0; ++tried) {
      if (!try_step(watch, line.step(), point)) return Outcome::interrupted;
      if (!std::isfinite(point.cost) || !std::isfinite(point.slope)) {
        first = 0.1 * line.step();  // too far: begin again, nearer
        line = LineSearch(start, first);
        continue;
      }
      const LineSearch::Answer answer = line.take(point.cost, point.slope);
      if (answer == LineSearch::Answer::found) return Outcome::moved;
      if (answer == LineSearch::Answer::no_more) break;
    }
    if (point.cost < start.cost) return Outcome::moved;
    if (!(line.best().step > 0.0) || !(line.best().cost < start.cost)) return Outcome::failed;
    return try_step(watch, line.best().step, point) ? Outcome::moved : Outcome::interrupted;
  }

  /// Changes the network and the optimizer, which nothing may interrupt.
  void commit(Outcome outcome, bool converged) {
    Optimizer::Progress& progress = optimizer_.progress_;
    if (outcome == Outcome::moved) {
      converged = add_pair() <= rule_.tolerance_change ||
                  largest(std::span<const double>(there_.gradient)) <= rule_.tolerance_gradient ||
                  is_flat();
      std::ranges::copy(trial_.parameters(), net_.parameters().begin());
    } else if (outcome == Outcome::failed) {
      std::fill_n(steps_, rule_.history * size_, T(0));
      std::fill_n(changes_, rule_.history * size_, T(0));
      std::ranges::fill(products_, 0.0);
    }
    ++progress.steps;
    progress.evaluations += evaluations_;
    progress.converged = converged;
    net_.set_epoch(net_.epoch() + 1);
  }

  /// Whether the step has lowered the cost by no more than the tolerance.
  bool is_flat() const {
    if (rule_.tolerance_cost == 0.0) return false;
    const double size = std::max({std::abs(here_.cost), std::abs(there_.cost), 1.0});
    return here_.cost - there_.cost <= rule_.tolerance_cost * size;
  }

  /// Puts the step from net_ to trial_ and the change of the gradient before the other pairs, if
  /// the cost curves upwards along it. Returns the largest change of a parameter.
  double add_pair() {
    const std::span<const T> from = net_.parameters();
    const std::span<const T> to = static_cast<const BasicNetwork<T>&>(trial_).parameters();
    std::vector<T> s(size_), y(size_);
    for (std::size_t i = 0; i < size_; ++i) {
      s[i] = static_cast<T>(static_cast<double>(to[i]) - static_cast<double>(from[i]));
      y[i] = static_cast<T>(there_.gradient[i] - here_.gradient[i]);
    }
    const std::span<const T> steps(s), changes(y);
    const double product = dot(steps, changes);
    if (product > 0x1p-52 * dot(changes, changes)) {
      const std::size_t kept = (rule_.history - 1) * size_;
      std::copy_backward(steps_, steps_ + kept, steps_ + kept + size_);
      std::copy_backward(changes_, changes_ + kept, changes_ + kept + size_);
      std::ranges::copy(s, steps_);
      std::ranges::copy(y, changes_);
      std::rotate(products_.begin(), products_.end() - 1, products_.end());
      products_[0] = product;
    }
    return largest(steps);
  }

  BasicNetwork<T>& net_;
  Optimizer& optimizer_;
  Lbfgs rule_;
  BasicNetwork<T> trial_;  // where the cost has been evaluated last
  WholeCost<T> whole_;
  std::size_t size_;
  Point here_, there_;
  Vector direction_;
  Vector penalty_;  // of each parameter: twice its factor in the sum of squares
  bool penalised_ = false;
  Vector products_;  // of the step and the change of each pair; 0: there is none
  T *steps_ = nullptr, *changes_ = nullptr;
  bool known_ = false;           // whether whole_ is of the parameters of trial_
  std::size_t evaluations_ = 0;  // of this iteration
};

template <class T>
bool fit_lbfgs(BasicNetwork<T>& net, const BasicData<T>& data, Optimizer& optimizer,
               const FitOptions& options, const FitHooks& hooks) {
  const std::size_t rows = example_count(data);
  require(*options.batch_size >= rows, "batch_size: expected all ", rows, " rows with ",
          to_string(optimizer.rule()), ", got ", *options.batch_size);
  FitPosition start;
  FitPosition& at = hooks.position == nullptr ? start : *hooks.position;
  require(at.batch <= 1, "position: expected at most 1 batches of an epoch, got ", at.batch);
  optimizer.require_fits(net);
  if (hooks.scheduled) {
    require_monitored(optimizer.learning_rate(), static_cast<bool>(hooks.val_loss));
  }
  LbfgsFit<T> run(net, data, optimizer, options, hooks.threads);
  if (hooks.on_start) hooks.on_start();
  run.begin();
  Watch watch(hooks.keep_going);
  const bool goes_on = at.epoch > 0;  // with a fit whose last evaluation has been counted
  if (goes_on && at.batch == 0 && run.converged()) return true;
  const bool classifies = traits_of(net.output()).classifies;
  while (at.epoch < options.epochs) {
    if (at.batch == 0) {
      const FitTime time{.epoch = static_cast<double>(at.epoch),
                         .epochs = static_cast<double>(options.epochs),
                         .plateau = at.plateau};
      if (!run.iterate(watch, hooks.scheduled ? &time : nullptr, !goes_on, at)) return false;
      at.batch = 1;
    }
    EpochReport report{.epoch = at.epoch + 1,
                       .training = means({.cost = at.cost, .hits = at.hits, .weight = at.weight},
                                         classifies, net.outputs(), *options.loss),
                       .penalty = 0.0,
                       .val_loss = {},
                       .next = {.epoch = at.epoch + 1},
                       .last = run.converged() || at.epoch + 1 == options.epochs};
    if (!report_epoch(report, hooks, optimizer, options, at)) return false;
    if (report.last) break;
  }
  return true;
}

template bool fit_lbfgs(Network& net, const Data& data, Optimizer& optimizer,
                        const FitOptions& options, const FitHooks& hooks);
template bool fit_lbfgs(Network64& net, const Data64& data, Optimizer& optimizer,
                        const FitOptions& options, const FitHooks& hooks);

}  // namespace filbert
