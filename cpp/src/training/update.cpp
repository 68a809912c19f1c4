#include "training/update.hpp"

#include <algorithm>
#include <cstring>
#include <utility>
#include <variant>

#include "kernels/simd/rules.hpp"
#include "training/plateau.hpp"

namespace filbert {

StepOptions step_options(const Rule& rule, const FitTime* time) {
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
                  std::span<const double> running, double scale) {
  const Penalties penalties = RuleMath<R>::penalties(options, at);
  const auto named = RuleMath<R>::numbers(options, {at, running});
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
  steps.weights.l1 = static_cast<T>(penalties.l1);
  steps.weights.l2_twice = static_cast<T>(penalties.l2_twice);
}

}  // namespace

template <class T>
void set_steps(UpdateSteps<T>& steps, const Rule& rule, const StepOptions& at,
               std::span<const double> running, double scale) {
  const auto set = [&]<class R>(const R& options) {
    if constexpr (RuleTraits<R>::own_loop)
      return;
    else
      set_steps_of(steps, options, rule.index(), at, running, scale);
  };
  std::visit(set, rule);
}
template void set_steps(UpdateSteps<float>& steps, const Rule& rule, const StepOptions& at,
                        std::span<const double> running, double scale);
template void set_steps(UpdateSteps<double>& steps, const Rule& rule, const StepOptions& at,
                        std::span<const double> running, double scale);

template <class T>
Update<T>::Update(Optimizer& optimizer, BasicNetwork<T>& net)
    : optimizer_(optimizer),
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
  T** to = buffers_.state;
  for (auto& buffer : std::get<State>(optimizer.progress_.state).buffers) *to++ = buffer.data();
  for (std::size_t l = 1; l <= net.depth(); ++l) {
    const Layer& layer = net.layers()[l - 1];
    const std::size_t biases = net.offset(l) + layer.inputs * layer.outputs;
    spans_.push_back({net.offset(l), biases, true});
    spans_.push_back({biases, biases + layer.outputs, false});
  }
}

template <class T>
void Update<T>::begin_step(double scale, const FitTime* time) {
  const StepOptions at = step_options(optimizer_.rule_, time);
  if (!running_.empty()) {
    running_ = optimizer_.progress_.running;
    advance_running(running_, optimizer_.rule_, at);
  }
  set_steps(steps_, optimizer_.rule_, at, running_, scale);
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
    if (from >= to) continue;
    kernels.update(buffers_, from, span.weights ? steps_.weights : steps_.biases, gradients + from,
                   to - from);
  }
}

template <class T>
void Update<T>::apply_fused(const Worker& worker, const Kernels<T>& kernels, std::size_t l, Range p,
                            const T* const* x, BasicMatrixView<const T> dz, T* db) {
  const ParameterSpan &weights = spans_[2 * (l - 1)], &biases = spans_[2 * (l - 1) + 1];
  const std::size_t n = dz.cols(), begin = weights.begin + p.begin * n;
  kernels.backward_weights_update(buffers_, begin, steps_.weights, x, p.begin, dz.data(),
                                  dz.stride(), dz.rows(), p.size(), n, worker.scratch<T>());
  if (begin + p.size() * n == weights.end) {
    kernels.backward_bias(db, false, dz.data(), dz.stride(), dz.rows(), n);
    kernels.update(buffers_, biases.begin, steps_.biases, db, n);
  }
}

template class Update<float>;
template class Update<double>;

}  // namespace filbert
