#include "filbert/optimizer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "check.hpp"
#include "float_mode.hpp"
#include "kernels/dispatch.hpp"
#include "team.hpp"
#include "update.hpp"

namespace filbert {
namespace {

void require_rate(const char* name, double value) {
  require(std::isfinite(value) && value >= 0.0, name, ": expected a finite number >= 0, got ",
          value);
}

void require_fraction(const char* name, double value) {
  require(value >= 0.0 && value < 1.0, name, ": expected a number in [0, 1), got ", value);
}

void check(const SgdOptions& options) {
  require_fraction("momentum", options.momentum);
  require(!options.nesterov || options.momentum > 0.0,
          "nesterov: expected momentum > 0 with it, got momentum 0");
}

void check(const AdamOptions& options) {
  require_fraction("beta1", options.beta1);
  require_fraction("beta2", options.beta2);
  require(std::isfinite(options.epsilon) && options.epsilon > 0.0,
          "epsilon: expected a finite number > 0, got ", options.epsilon);
}

/// Options are finite doubles; a network of floats computes with them as floats.
template <class T>
void require_fits_type(const Optimizer::Rule& rule) {
  constexpr const char* type = sizeof(T) == 4 ? "float32" : "float64";
  const auto fits = [&](const char* name, double value, double factor = 1.0) {
    require(value <= static_cast<double>(std::numeric_limits<T>::max()) / factor, name,
            ": expected a number that fits in ", type, ", got ", value);
  };
  const auto check_rates = [&](const auto& options) {
    fits("learning_rate", options.learning_rate);
    fits("weight_decay", options.weight_decay);
    fits("l1", options.l1);
    fits("l2", options.l2, 2.0);
  };
  std::visit(check_rates, rule);
  if (const auto* adam = std::get_if<AdamOptions>(&rule)) {
    require(static_cast<T>(adam->epsilon) > T(0), "epsilon: expected a number > 0 in ", type,
            ", got ", adam->epsilon);
  }
}

/// Buffers of state that a rule keeps.
std::size_t state_count(const Optimizer::Rule& rule) {
  if (const auto* sgd = std::get_if<SgdOptions>(&rule)) return sgd->momentum > 0.0 ? 1 : 0;
  return 2;
}

}  // namespace

Optimizer::Optimizer(const Rule& rule) : rule_(rule) {
  const auto check_all = [](const auto& options) {
    require_rate("learning_rate", options.learning_rate);
    require_rate("weight_decay", options.weight_decay);
    require_rate("l1", options.l1);
    require_rate("l2", options.l2);
    check(options);
  };
  std::visit(check_all, rule);
}

double Optimizer::learning_rate() const {
  return std::visit([](const auto& options) { return options.learning_rate; }, rule_);
}

void Optimizer::set_learning_rate(double learning_rate) {
  require_rate("learning_rate", learning_rate);
  Rule changed = rule_;
  std::visit([&](auto& options) { options.learning_rate = learning_rate; }, changed);
  if (std::holds_alternative<State<float>>(progress_.state)) require_fits_type<float>(changed);
  rule_ = changed;
}

void Optimizer::restore(Progress progress) {
  const auto check_state = [&](const auto& state) {
    require(state.buffers.size() == state_count(rule_), "state: expected ", state_count(rule_),
            " buffers, got ", state.buffers.size());
    for (const auto& buffer : state.buffers) {
      require(buffer.size() == state.buffers.front().size(),
              "state: expected buffers of one size, got ", buffer.size(), " and ",
              state.buffers.front().size());
    }
  };
  if (const auto* state = std::get_if<State<float>>(&progress.state)) check_state(*state);
  if (const auto* state = std::get_if<State<double>>(&progress.state)) check_state(*state);
  progress_ = std::move(progress);
  network_ = 0;
}

template <class T>
void Optimizer::require_fits_network(const BasicNetwork<T>& net) const {
  require(network_ == 0 || network_ == net.id(),
          "optimizer: expected one that is new or has stepped this network, got one that belongs "
          "to another network");
  require_fits_type<T>(rule_);
  if (std::holds_alternative<std::monostate>(progress_.state)) return;
  const auto* state = std::get_if<State<T>>(&progress_.state);
  require(state != nullptr, "optimizer: expected state of the network's dtype, got the other one");
  for (const AlignedBuffer<T>& buffer : state->buffers) {
    require(buffer.size() == net.parameters().size(), "optimizer: expected state for ",
            net.parameters().size(), " parameters, got ", buffer.size());
  }
}

void Optimizer::require_fits(const Network& net) const { require_fits_network(net); }
void Optimizer::require_fits(const Network64& net) const { require_fits_network(net); }

template <class T>
Update<T>::Update(Optimizer& optimizer, BasicNetwork<T>& net)
    : optimizer_(optimizer), parameters_(net.parameters().data()) {
  optimizer.require_fits(net);
  using State = Optimizer::State<T>;
  if (!std::holds_alternative<State>(optimizer.progress_.state)) {
    State state;
    for (std::size_t i = 0; i < state_count(optimizer.rule_); ++i) {
      state.buffers.emplace_back(net.parameters().size());
    }
    optimizer.progress_.state = std::move(state);
  }
  optimizer.network_ = net.id();
  auto& buffers = std::get<State>(optimizer.progress_.state).buffers;
  if (buffers.size() > 0) first_ = buffers[0].data();
  if (buffers.size() > 1) second_ = buffers[1].data();
  for (std::size_t l = 1; l <= net.depth(); ++l) {
    const Layer& layer = net.layers()[l - 1];
    const std::size_t biases = net.offset(l) + layer.inputs * layer.outputs;
    spans_.push_back({net.offset(l), biases, true});
    spans_.push_back({biases, biases + layer.outputs, false});
  }
}

template <class T>
void Update<T>::begin_step(double scale) {
  const Optimizer::Progress& progress = optimizer_.progress_;
  const auto* sgd = std::get_if<SgdOptions>(&optimizer_.rule_);
  const auto* adam = std::get_if<AdamOptions>(&optimizer_.rule_);
  beta1_power_ = progress.beta1_power;
  beta2_power_ = progress.beta2_power;
  if (adam != nullptr) {
    beta1_power_ *= adam->beta1;
    beta2_power_ *= adam->beta2;
  }
  for (const bool weights : {false, true}) {
    if (sgd != nullptr) {
      sgd_[weights] = {.scale = static_cast<T>(scale),
                       .weight_decay = static_cast<T>(sgd->weight_decay),
                       .l1 = static_cast<T>(weights ? sgd->l1 : 0.0),
                       .l2_twice = static_cast<T>(weights ? 2.0 * sgd->l2 : 0.0),
                       .momentum = static_cast<T>(sgd->momentum),
                       .learning_rate = static_cast<T>(sgd->learning_rate),
                       .nesterov = sgd->nesterov};
    } else {
      adam_[weights] = {
          .scale = static_cast<T>(scale),
          .weight_decay = static_cast<T>(adam->weight_decay),
          .l1 = static_cast<T>(weights ? adam->l1 : 0.0),
          .l2_twice = static_cast<T>(weights ? 2.0 * adam->l2 : 0.0),
          .beta1 = static_cast<T>(adam->beta1),
          .beta1_rest = static_cast<T>(1.0 - adam->beta1),
          .beta2 = static_cast<T>(adam->beta2),
          .beta2_rest = static_cast<T>(1.0 - adam->beta2),
          .epsilon = static_cast<T>(adam->epsilon),
          .correction = static_cast<T>(1.0 / std::sqrt(1.0 - beta2_power_)),
          .learning_rate = static_cast<T>(adam->learning_rate / (1.0 - beta1_power_))};
    }
  }
}

template <class T>
void Update<T>::end_step() {
  Optimizer::Progress& progress = optimizer_.progress_;
  ++progress.steps;
  progress.beta1_power = beta1_power_;
  progress.beta2_power = beta2_power_;
}

/// gradients: of parameters begin .. end - 1.
template <class T>
void Update<T>::apply_span(const Kernels<T>& kernels, const T* gradients, std::size_t begin,
                           std::size_t end, bool weights) {
  if (std::holds_alternative<SgdOptions>(optimizer_.rule_)) {
    kernels.sgd(parameters_ + begin, first_ == nullptr ? nullptr : first_ + begin, gradients,
                sgd_[weights], end - begin);
  } else {
    kernels.adam(parameters_ + begin, first_ + begin, second_ + begin, gradients, adam_[weights],
                 end - begin);
  }
}

template <class T>
void Update<T>::apply(const Kernels<T>& kernels, const T* gradients, std::size_t begin,
                      std::size_t end) {
  for (const ParameterSpan& span : spans_) {
    const std::size_t from = std::max(begin, span.begin), to = std::min(end, span.end);
    if (from < to) apply_span(kernels, gradients + from, from, to, span.weights);
  }
}

template <class T>
void Update<T>::apply_fused(const Worker& worker, const Kernels<T>& kernels, std::size_t l, Range p,
                            const T* const* x, BasicMatrixView<const T> dz, T* db) {
  const ParameterSpan &weights = spans_[2 * (l - 1)], &biases = spans_[2 * (l - 1) + 1];
  const std::size_t n = dz.cols(), begin = weights.begin + p.begin * n;
  if (std::holds_alternative<SgdOptions>(optimizer_.rule_)) {
    kernels.backward_weights_sgd(parameters_ + begin, first_ == nullptr ? nullptr : first_ + begin,
                                 sgd_[true], x, p.begin, dz.data(), dz.stride(), dz.rows(),
                                 p.size(), n, worker.scratch<T>());
  } else {
    kernels.backward_weights_adam(parameters_ + begin, first_ + begin, second_ + begin, adam_[true],
                                  x, p.begin, dz.data(), dz.stride(), dz.rows(), p.size(), n,
                                  worker.scratch<T>());
  }
  if (begin + p.size() * n == weights.end) {
    kernels.backward_bias(db, false, dz.data(), dz.stride(), dz.rows(), n);
    apply_span(kernels, db, biases.begin, biases.end, false);
  }
}

template class Update<float>;
template class Update<double>;

namespace {

template <class T>
void step_once(Optimizer& optimizer, BasicNetwork<T>& net, std::span<const T> gradient) {
  require(gradient.size() == net.parameters().size(), "gradient: expected ",
          net.parameters().size(), " numbers, got ", gradient.size());
  const FloatMode mode;
  Update<T> update(optimizer, net);
  update.begin_step(1.0);
  update.apply(active_kernels<T>(), gradient.data(), 0, gradient.size());
  update.end_step();
}

}  // namespace

void Optimizer::step(Network& net, std::span<const float> gradient) {
  step_once(*this, net, gradient);
}
void Optimizer::step(Network64& net, std::span<const double> gradient) {
  step_once(*this, net, gradient);
}

Optimizer Sgd(const SgdOptions& options) { return Optimizer(options); }
Optimizer Adam(const AdamOptions& options) { return Optimizer(options); }

}  // namespace filbert
