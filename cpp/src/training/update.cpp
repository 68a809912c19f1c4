#include "training/update.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>
#include <variant>

#include "kernels/simd/rules.hpp"
#include "system/compiler.hpp"
#include "training/plateau.hpp"

namespace filbert {

FILBERT_HOT StepOptions step_options(const Rule& rule, const FitTime* time) {
  constexpr double below_one = 0x1.fffffffffffffp-1;
  const auto value = [&](const Schedule& schedule) {
    if (time == nullptr || schedule.is_constant()) return schedule.rate();
    return schedule.at(time->epoch, time->epochs);
  };
  const auto rate = [&](const Schedule& schedule) {
    if (time == nullptr || schedule.is_constant()) return schedule.rate();
    return rate_in_fit(schedule, time->plateau, time->epoch, time->epochs);
  };
  const auto of_rule = [&](const auto& options) {
    StepOptions at{.learning_rate = rate(options.learning_rate),
                   .weight_decay = value(options.weight_decay)};
    if constexpr (requires { options.beta2; }) at.beta2 = std::min(value(options.beta2), below_one);
    return at;
  };
  return std::visit(of_rule, rule);
}

void advance_running(std::span<double> running, const Rule& rule, const StepOptions& at) {
  const auto by = [&]<class R>(const R& options) {
    if constexpr (!RuleTraits<R>::own_loop) RuleMath<R>::advance(running, options, at);
  };
  std::visit(by, rule);
}

namespace {

template <class T, class R>
void set_steps_of(UpdateSteps<T>& steps, const R& options, std::size_t rule, const StepOptions& at,
                  std::span<const double> running, double scale, const LayerFactors& factors) {
  const Penalties penalties = RuleMath<R>::penalties(options, at);
  StepOptions of_layer = at;
  of_layer.learning_rate *= factors.rate;
  const auto named = RuleMath<R>::numbers(options, {of_layer, running});
  double numbers[number_count<R>];
  static_assert(sizeof(numbers) == sizeof(named));
  std::memcpy(numbers, &named, sizeof(numbers));
  for (UpdateStep<T>* step : {&steps.weights, &steps.biases}) {
    step->rule = rule;
    step->scale = static_cast<T>(scale);
    step->weight_decay = static_cast<T>(penalties.weight_decay);
    for (std::size_t i = 0; i < number_count<R>; ++i) {
      step->numbers[i] = static_cast<T>(numbers[i]);
    }
  }
  steps.weights.l1 = static_cast<T>(penalties.l1 + factors.l1);
  steps.weights.l2_twice = static_cast<T>(penalties.l2_twice + 2.0 * factors.l2);
}

}  // namespace

template <class T>
void set_steps(UpdateSteps<T>& steps, const Rule& rule, const StepOptions& at,
               std::span<const double> running, double scale, const LayerFactors& factors) {
  const auto set = [&]<class R>(const R& options) {
    if constexpr (RuleTraits<R>::own_loop)
      return;
    else
      set_steps_of(steps, options, rule.index(), at, running, scale, factors);
  };
  std::visit(set, rule);
}
template void set_steps(UpdateSteps<float>& steps, const Rule& rule, const StepOptions& at,
                        std::span<const double> running, double scale, const LayerFactors& factors);
template void set_steps(UpdateSteps<double>& steps, const Rule& rule, const StepOptions& at,
                        std::span<const double> running, double scale, const LayerFactors& factors);

template <class T>
Update<T>::Update(Optimizer& optimizer, BasicNetwork<T>& net, const FitOptions& options)
    : optimizer_(optimizer),
      network_(net.id()),
      rule_(optimizer.rule_.index()),
      running_(optimizer.progress_.running),
      buffers_{.w = net.parameters().data()} {
  optimizer.require_fits(net);
  using State = Optimizer::State<T>;
  if (!std::holds_alternative<State>(optimizer.progress_.state)) {
    State state;
    for (std::size_t i = 0; i < state_names(optimizer.rule_).size(); ++i) {
      state.buffers.emplace_back(net.parameters().size());
    }
    optimizer.progress_.state = std::move(state);
  }
  optimizer.network_ = net.id();
  for (auto& buffer : std::get<State>(optimizer.progress_.state).buffers) {
    buffers_.state[state_count_++] = buffer.data();
  }
  const auto number = [](const std::vector<double>& list, std::size_t l, double otherwise) {
    return list.empty() ? otherwise : list[l - 1];
  };
  for (std::size_t l = 1; l <= net.depth(); ++l) {
    const Layer& layer = net.layers()[l - 1];
    const std::size_t biases = net.offset(l) + layer.inputs * layer.outputs;
    const double rate = number(options.layer_rates, l, 1.0);
    const double bias_rate = number(options.bias_rates, l, rate);
    const LayerFactors of_weights{
        .rate = rate, .l1 = number(options.l1, l, 0.0), .l2 = number(options.l2, l, 0.0)};
    spans_.push_back({net.offset(l), biases, group_of(of_weights, true), true, rate != 0.0});
    spans_.push_back({biases, biases + layer.outputs, group_of({.rate = bias_rate}, false), false,
                      bias_rate != 0.0});
  }
  const bool clips = options.clip_value <= static_cast<double>(std::numeric_limits<T>::max());
  for (Group& group : groups_) {
    if (!clips) continue;
    group.steps.weights.most = static_cast<T>(options.clip_value);
    group.steps.biases.most = static_cast<T>(options.clip_value);
  }
}

template <class T>
bool Update<T>::is_current() const {
  using State = Optimizer::State<T>;
  if (optimizer_.network_ != network_ || optimizer_.rule_.index() != rule_) return false;
  const auto* const state = std::get_if<State>(&optimizer_.progress_.state);
  if (state == nullptr || state->buffers.size() != state_count_) return false;
  for (std::size_t i = 0; i < state->buffers.size(); ++i) {
    if (state->buffers[i].data() != buffers_.state[i]) return false;
  }
  return true;
}

/// The group with these factors; for biases, on which penalties do not act, any with this rate.
template <class T>
std::size_t Update<T>::group_of(const LayerFactors& factors, bool weights) {
  std::size_t i = 0;
  for (; i < groups_.size(); ++i) {
    const LayerFactors& known = groups_[i].factors;
    if (weights ? known == factors : known.rate == factors.rate) return i;
  }
  groups_.push_back({factors, {}});
  return i;
}

template <class T>
FILBERT_HOT void Update<T>::begin_step(double scale, const FitTime* time, double l2) {
  const StepOptions at = step_options(optimizer_.rule_, time);
  if (!running_.empty()) {
    running_ = optimizer_.progress_.running;
    advance_running(running_, optimizer_.rule_, at);
  }
  for (Group& group : groups_) {
    LayerFactors factors = group.factors;
    factors.l2 += l2;
    set_steps(group.steps, optimizer_.rule_, at, running_, scale, factors);
  }
}

template <class T>
void Update<T>::end_step() {
  ++optimizer_.progress_.steps;
  if (!running_.empty()) optimizer_.progress_.running = running_;
}

template <class T>
void Update<T>::apply(const Kernels<T>& kernels, const T* gradients, std::size_t begin,
                      std::size_t end) {
  for (const ParameterSpan& span : spans_) {
    const std::size_t from = std::max(begin, span.begin), to = std::min(end, span.end);
    if (from >= to || !span.trained) continue;
    kernels.update(buffers_, from, step_of(span), gradients + from, to - from);
  }
}

template <class T>
FILBERT_HOT void Update<T>::apply_fused(const Worker& worker, const Kernels<T>& kernels,
                                        std::size_t l, Range p, const T* const* x,
                                        const BasicMatrixView<T>& dz, T* db) {
  const ParameterSpan &weights = this->weights(l), &biases = this->biases(l);
  const std::size_t n = dz.cols(), begin = weights.begin + p.begin * n;
  if (weights.trained) {
    kernels.backward_weights_update(buffers_, begin, step_of(weights), x, p.begin, dz.data(),
                                    dz.stride(), dz.rows(), p.size(), n, worker.scratch<T>());
  }
  if (biases.trained && begin + p.size() * n == weights.end) {
    kernels.backward_bias(db, false, dz.data(), dz.stride(), dz.rows(), n);
    kernels.update(buffers_, biases.begin, step_of(biases), db, n);
  }
}

template class Update<float>;
template class Update<double>;

}  // namespace filbert
