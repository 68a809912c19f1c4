// An update rule at work: from the gradient of the mean cost to new parameters. It sees two flat
// buffers and never hears of layers. docs/numerics.md gives every rounding of each rule.
#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "filbert/aligned.hpp"
#include "filbert/export.h"
#include "filbert/network.hpp"
#include "filbert/rules.hpp"
#include "filbert/schedule.hpp"

namespace filbert {

template <class T>
class LbfgsFit;  // training/lbfgs.hpp

/// An update rule with its state (velocity or moments) and ONE step counter. It belongs to the
/// first network that it steps.
///
///     Optimizer optimizer = Sgd({.learning_rate = 0.1, .momentum = 0.9});
class Optimizer {
 public:
  /// What an update rule remembers from step to step.
  template <class T>
  struct State {
    std::vector<AlignedBuffer<T>> buffers;  ///< those of state_names(rule)
  };
  struct Progress {
    std::uint64_t steps = 0;
    std::vector<double> running = {};  ///< running_products(rule) of them, 1 before the first step
    std::variant<std::monostate, State<float>, State<double>> state = {};
    // Of a rule with a loop of its own (has_own_loop), which counts an iteration as a step:
    std::uint64_t evaluations = 0;  ///< how often it has computed the cost and its gradient
    bool converged = false;         ///< whether its last iteration met a tolerance
  };

  /// Throws std::invalid_argument, naming the option, if one is out of its range.
  FILBERT_API Optimizer(const Rule& rule);
  template <class R>
    requires requires { RuleTraits<R>::name; }
  Optimizer(const R& rule) : Optimizer(Rule(rule)) {}

  const Rule& rule() const { return rule_; }
  FILBERT_API const Schedule& learning_rate() const;
  /// May be called in the callbacks of a fit as well: the next step takes the new rate. Throws
  /// std::invalid_argument if it is out of its range, or does not fit in the type of the network
  /// that this optimizer has stepped.
  FILBERT_API void set_learning_rate(const Schedule& learning_rate);

  std::uint64_t steps() const { return progress_.steps; }
  const Progress& progress() const { return progress_; }
  /// Goes on from a progress of the past; the next network that it steps is the one it belongs to.
  FILBERT_API void restore(Progress progress);

  /// Forgets everything but its options: no state, no steps, and it belongs to nobody.
  FILBERT_API void reset();

  /// One update, with the rate of the schedule (Schedule::rate). gradient: of the cost to be
  /// minimised, laid out like net.parameters(), such as gradients.flat(); taken as it is (no mean).
  /// Throws std::invalid_argument if it has another size, if the optimizer belongs to another
  /// network, or if it has a loop of its own, which is for fit alone.
  FILBERT_API void step(Network& net, std::span<const float> gradient);
  FILBERT_API void step(Network64& net, std::span<const double> gradient);

  /// Throws std::invalid_argument if this optimizer cannot step that network. Changes nothing.
  FILBERT_API void require_fits(const Network& net) const;
  FILBERT_API void require_fits(const Network64& net) const;

 private:
  template <class T>
  friend class Update;  // one step in parts, for threads (src/update.hpp)
  template <class T>
  friend class LbfgsFit;

  template <class T>
  void require_fits_network(const BasicNetwork<T>& net) const;

  Rule rule_;
  Progress progress_;
  std::uint64_t network_ = 0;  // id of the network that it belongs to, 0 before the first step
};

}  // namespace filbert
