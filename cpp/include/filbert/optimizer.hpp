// Update rules: from the gradient of the mean cost to new parameters. They see two flat buffers and
// never hear of layers. docs/numerics.md gives every rounding of each rule.
#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "filbert/aligned.hpp"
#include "filbert/export.h"
#include "filbert/network.hpp"

namespace filbert {

/// Stochastic gradient descent as in PyTorch: v = momentum v + g, w -= learning_rate v.
struct SgdOptions {
  double learning_rate = 0.01;  ///< finite, not negative
  double momentum = 0.0;        ///< in [0, 1)
  bool nesterov = false;        ///< step along g + momentum v (Sutskever et al. 2013)
  double weight_decay = 0.0;    ///< adds weight_decay * w to g, for every parameter
  double l1 = 0.0;              ///< adds the gradient of l1 * sum |w|, for weights only
  double l2 = 0.0;              ///< adds the gradient of l2 * sum w^2, for weights only
};

/// Adam (Kingma and Ba 2015), with bias correction.
struct AdamOptions {
  double learning_rate = 0.001;  ///< finite, not negative
  double beta1 = 0.9;            ///< in [0, 1)
  double beta2 = 0.999;          ///< in [0, 1)
  double epsilon = 1e-8;         ///< positive
  double weight_decay = 0.0;     ///< as in SgdOptions
  double l1 = 0.0;
  double l2 = 0.0;
};

/// An update rule with its state (velocity or moments) and ONE step counter. It belongs to the
/// first network that it steps.
class Optimizer {
 public:
  using Rule = std::variant<SgdOptions, AdamOptions>;

  /// What an update rule remembers from step to step.
  template <class T>
  struct State {
    std::vector<AlignedBuffer<T>> buffers;  ///< velocity; or first, then second moment
  };
  struct Progress {
    std::uint64_t steps = 0;
    double beta1_power = 1.0;  ///< beta1^steps, a running product
    double beta2_power = 1.0;
    std::variant<std::monostate, State<float>, State<double>> state;
  };

  /// Throws std::invalid_argument, naming the option, if one is out of its range.
  FILBERT_API explicit Optimizer(const Rule& rule);

  const Rule& rule() const { return rule_; }
  FILBERT_API double learning_rate() const;
  /// May be called in the callbacks of a fit as well: the next step takes the new rate. Throws
  /// std::invalid_argument if it is out of its range, or does not fit in the type of the network
  /// that this optimizer has stepped.
  FILBERT_API void set_learning_rate(double learning_rate);

  std::uint64_t steps() const { return progress_.steps; }
  const Progress& progress() const { return progress_; }
  /// Goes on from a progress of the past; the next network that it steps is the one it belongs to.
  FILBERT_API void restore(Progress progress);

  /// One update. gradient: of the cost to be minimised, laid out like net.parameters(), such as
  /// gradients.flat(); taken as it is (no mean).
  /// Throws std::invalid_argument if it has another size, or the optimizer belongs to another
  /// network.
  FILBERT_API void step(Network& net, std::span<const float> gradient);
  FILBERT_API void step(Network64& net, std::span<const double> gradient);

  /// Throws std::invalid_argument if this optimizer cannot step that network. Changes nothing.
  FILBERT_API void require_fits(const Network& net) const;
  FILBERT_API void require_fits(const Network64& net) const;

 private:
  template <class T>
  friend class Update;  // one step in parts, for threads (src/update.hpp)

  template <class T>
  void require_fits_network(const BasicNetwork<T>& net) const;

  Rule rule_;
  Progress progress_;
  std::uint64_t network_ = 0;  // id of the network that it belongs to, 0 before the first step
};

/// Optimizer sgd = Sgd({.learning_rate = 0.1, .momentum = 0.9});
FILBERT_API Optimizer Sgd(const SgdOptions& options = {});
FILBERT_API Optimizer Adam(const AdamOptions& options = {});

}  // namespace filbert
