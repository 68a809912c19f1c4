#include "training/lanes.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>

#include "kernels/dispatch.hpp"
#include "kernels/rows.hpp"
#include "network/data.hpp"
#include "network/kinds.hpp"
#include "network/phases.hpp"
#include "training/complete.hpp"

namespace filbert {
namespace {

/// How many numbers one network keeps in its lane.
template <class T>
std::size_t lane_size(const BasicNetwork<T>& net, const Rule& rule, std::size_t rows) {
  std::size_t neurons = net.sizes().front() + 2 * net.outputs(), widest = 0;
  for (const Layer& layer : net.layers()) {
    neurons += layer.outputs * (derivative_needs_z(layer.activation) ? 2 : 1);
    widest = std::max(widest, layer.outputs);
  }
  return net.parameters().size() * (2 + state_names(rule).size()) + rows * (neurons + 2 * widest);
}

/// Whether a fit asks for nothing but what lanes do.
bool is_plain(const FitOptions& options) {
  FitOptions plain = options;
  plain.own_cost = plain.own_order = false;
  plain.dropout = plain.layer_rates = plain.bias_rates = {};
  plain.input_dropout = plain.noise = plain.alpha = plain.average = 0.0;
  plain.clip_norm = plain.max_norm = FitOptions::unlimited;
  plain.accumulate = 1;
  return plain == options;
}

}  // namespace

template <class T>
std::string lanes_key(const BasicNetwork<T>& net, const BasicData<T>& data, const Rule& rule,
                      const FitOptions& asked) {
  constexpr std::size_t most_bytes = 256 * 1024;  // beyond, lanes win nothing
  const std::size_t lanes = Lanes<T>::count();
  if (lanes == 0 || has_own_loop(rule) || !data.weights.empty()) return {};
  const FitOptions options = complete(asked, net, rule, example_count(data));
  const std::size_t rows = std::min(*options.batch_size, example_count(data));
  if (!is_plain(options) || rows > row_block || net.outputs() > most_narrow_outputs ||
      lane_size(net, rule, rows) * lanes * sizeof(T) > most_bytes) {
    return {};
  }
  std::string key;
  const auto add = [&](const auto& value) {
    static_assert(std::is_arithmetic_v<std::remove_cvref_t<decltype(value)>>);
    key.append(reinterpret_cast<const char*>(&value), sizeof(value));
  };
  add(net.sizes().size());
  add(net.sizes().front());
  for (const Layer& layer : net.layers()) {
    if (!is_elementwise(layer.activation.kind) && &layer != &net.layers().back()) return {};
    add(layer.outputs);
    add(static_cast<int>(layer.activation.kind));
    add(layer.activation.parameter);
  }
  add(static_cast<int>(options.loss->kind));
  for (std::size_t i = 0; i < options.loss->count(); ++i) add(options.loss->at(i));
  add(rule.index());
  add(example_count(data));
  add(rows);
  add(has_labels(data));
  add(options.clip_value);
  for (const std::vector<double>* list : {&options.l1, &options.l2}) {
    add(list->size());
    for (const double number : *list) add(number);
  }
  return key;
}
template std::string lanes_key(const Network& net, const Data& data, const Rule& rule,
                               const FitOptions& asked);
template std::string lanes_key(const Network64& net, const Data64& data, const Rule& rule,
                               const FitOptions& asked);

template <class T>
std::size_t Lanes<T>::count() {
  return active_kernels<T>().lanes;
}

template <class T>
Lanes<T>::Lanes(const RunningFit<T>& first, const BasicData<T>& data)
    : kernels_(active_kernels<T>()),
      output_(first.net().output()),
      labels_(has_labels(data)),
      classifies_(classifies(first.loss(), output_)),
      terms_(first.net(), first.loss()),
      parameters_count_(first.net().parameters().size()) {
  const std::size_t lanes = kernels_.lanes, rows = first.batches().max_batch();
  const BasicNetwork<T>& net = first.net();
  std::size_t used = 0, widest = 0;
  std::vector<std::size_t> starts;  // of x, then of a and z of each layer, and of two dz
  const auto reserve = [&](std::size_t columns) {
    starts.push_back(used);
    used += rows * columns * lanes;
  };
  reserve(net.sizes().front());
  for (const Layer& layer : net.layers()) {
    reserve(layer.outputs);
    reserve(&layer == &net.layers().back() || derivative_needs_z(layer.activation) ? layer.outputs
                                                                                   : 0);
    widest = std::max(widest, layer.outputs);
  }
  reserve(widest);
  reserve(widest);
  activations_ = AlignedBuffer<T>(used);
  T* const begin = activations_.data();
  x_ = begin + starts.front();
  for (std::size_t l = 1; l <= net.depth(); ++l) {
    const Layer& layer = net.layers()[l - 1];
    T* const a = begin + starts[2 * l - 1];
    const bool apart = starts[2 * l] != starts[2 * l + 1];
    parts_.push_back({layer.inputs, layer.outputs, net.offset(l), layer.activation,
                      apart ? begin + starts[2 * l] : a, a});
  }
  dz_[0] = begin + starts[starts.size() - 2];
  dz_[1] = begin + starts.back();
  parameters_ = AlignedBuffer<T>(parameters_count_ * lanes);
  gradient_ = AlignedBuffer<T>(parameters_count_ * lanes);
  for (std::size_t s = 0; s < most_state; ++s) {
    if (first.update().buffers().state[s] == nullptr) continue;
    state_[s] = AlignedBuffer<T>(parameters_count_ * lanes);
  }
  cost_ = AlignedBuffer<T>(rows * lanes);
  y_.resize(labels_ ? 0 : rows * lanes);
  label_.resize(labels_ ? rows * lanes : 0);
  correct_.resize(classifies_ ? rows * lanes : 0);
  tables_.resize(lanes);
  loaded_.resize(lanes);
}

template <class T>
const RunningFit<T>* Lanes<T>::any() const {
  const auto found = std::ranges::find_if(fits_, [](auto* fit) { return fit != nullptr; });
  return found == fits_.end() ? nullptr : *found;
}

template <class T>
const RunningFit<T>& Lanes<T>::of(std::size_t lane) const {
  return fits_[lane] != nullptr ? *fits_[lane] : *any();
}

template <class T>
void Lanes<T>::load(std::size_t lane) {
  const UpdateBuffers<T>& from = fits_[lane]->update().buffers();
  const std::size_t lanes = kernels_.lanes;
  const auto copy = [&](T* to, const T* numbers) {
    for (std::size_t i = 0; i < parameters_count_; ++i) to[i * lanes + lane] = numbers[i];
  };
  copy(parameters_.data(), from.w);
  for (std::size_t s = 0; s < most_state; ++s) {
    if (from.state[s] != nullptr) copy(state_[s].data(), from.state[s]);
  }
  loaded_[lane] = fits_[lane];
}

/// Gives the network and the optimizer of a lane what it has.
template <class T>
void Lanes<T>::leave(std::size_t lane) {
  const UpdateBuffers<T>& to = fits_[lane]->update().buffers();
  const std::size_t lanes = kernels_.lanes;
  const auto copy = [&](T* numbers, const T* from) {
    for (std::size_t i = 0; i < parameters_count_; ++i) numbers[i] = from[i * lanes + lane];
  };
  copy(to.w, parameters_.data());
  for (std::size_t s = 0; s < most_state; ++s) {
    if (to.state[s] != nullptr) copy(to.state[s], state_[s].data());
  }
  fits_[lane] = nullptr;
}

template <class T>
template <class Which>
void Lanes<T>::leave_where(Which which) {
  for (std::size_t lane = 0; lane < fits_.size(); ++lane) {
    if (fits_[lane] == nullptr || !which(lane)) continue;
    leave(lane);
    loaded_[lane] = nullptr;  // the batch that follows is done alone
  }
}

template <class T>
bool Lanes<T>::run_batches(std::span<RunningFit<T>* const> fits, Worker& worker, Watch& watch) {
  struct LeaveAll {  // whatever ends it
    Lanes& lanes;
    ~LeaveAll() {
      for (std::size_t lane = 0; lane < lanes.fits_.size(); ++lane) {
        if (lanes.fits_[lane] != nullptr) lanes.leave(lane);
      }
    }
  } const in_the_end{*this};
  fits_.assign(fits.begin(), fits.end());
  for (std::size_t lane = 0; lane < fits_.size(); ++lane) {
    if (fits_[lane] != nullptr && loaded_[lane] != fits_[lane]) load(lane);
  }
  Worker alone = worker.alone();
  while (const RunningFit<T>* fit = any()) {
    if (fit->batch() == fit->batches().count()) break;
    rows_ = fit->batches().rows(fit->batch());
    if (!watch.go_on(worker, fits_.size() * rows_ * 3 * parameters_count_)) return false;
    leave_where([&](std::size_t lane) { return !fits_[lane]->begin_batch(alone); });
    if ((fit = any()) == nullptr) break;
    // Which form a rule takes depends on which of its numbers are 0.
    const auto is_zero = [](const RunningFit<T>& of, std::size_t i) {
      return of.update().step_of(of.update().weights(1)).numbers[i] == T(0);
    };
    leave_where([&](std::size_t lane) {
      for (std::size_t i = 0; i < most_numbers; ++i) {
        if (is_zero(*fits_[lane], i) != is_zero(*fit, i)) return true;
      }
      return false;
    });
    take_rows();
    forward();
    const std::size_t lanes = fits_.size(), size = rows_ * lanes;
    if (kernels_.first_nonfinite(cost_.data(), size) < size) {
      leave_where([&](std::size_t lane) {
        bool finite = true;
        for (std::size_t i = 0; i < rows_; ++i) {
          finite = finite && std::isfinite(cost_.data()[i * lanes + lane]);
        }
        return !finite;
      });
      if (any() == nullptr) break;
    }
    backward();
    update();
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      if (fits_[lane] == nullptr) continue;
      fits_[lane]->end_batch(cost_.data() + lane, correct_.data() + (classifies_ ? lane : 0),
                             lanes);
    }
  }
  return true;
}

template <class T>
void Lanes<T>::take_rows() {
  const std::size_t lanes = fits_.size();
  const auto put = [&](auto& to, std::size_t lane, const auto* from) {
    for (std::size_t i = 0; i < rows_; ++i) to[i * lanes + lane] = from[i];
  };
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    const RunningFit<T>& fit = of(lane);
    const Batches<T>& batches = fit.batches();
    const std::size_t batch = fit.batch();
    tables_[lane] = batches.x(batch);
    if (labels_) {
      put(label_, lane, batches.labels(batch));
    } else {
      put(y_, lane, batches.y(batch));
    }
  }
  kernels_.interleave(x_, tables_.data(), rows_, parts_.front().inputs);
}

template <class T>
void Lanes<T>::forward() {
  const std::size_t lanes = fits_.size();
  const T* below = x_;
  for (const Part& part : parts_) {
    const T* const w = parameters_.data() + part.offset * lanes;
    kernels_.forward_lanes(part.z, &part == &parts_.back() ? nullptr : part.a, below, w,
                           w + part.inputs * part.outputs * lanes, part.activation, rows_,
                           part.outputs, part.inputs);
    below = part.a;
  }
  const Part& top = parts_.back();
  kernels_.output({.cost = cost_.data(),
                   .correct = classifies_ ? correct_.data() : nullptr,
                   .dz = dz_[0],
                   .da = nullptr,
                   .a = top.a,
                   .z = top.z,
                   .ld = 0,
                   .y = labels_ ? nullptr : y_.data(),
                   .labels = labels_ ? label_.data() : nullptr,
                   .weights = nullptr,
                   .m = rows_ * lanes,
                   .n = top.outputs,
                   .targets = terms_.targets,
                   .activation = output_,
                   .loss = &terms_.loss,
                   .judges_outputs = terms_.judges_outputs,
                   .threshold = terms_.threshold,
                   .interleaved = true});
}

template <class T>
void Lanes<T>::backward() {
  const std::size_t lanes = fits_.size();
  T *dz = dz_[0], *below_dz = dz_[1];
  for (std::size_t l = parts_.size(); l-- > 0; std::swap(dz, below_dz)) {
    const Part& part = parts_[l];
    const std::size_t at = part.offset * lanes;
    kernels_.backward_weights_lanes(gradient_.data() + at, l == 0 ? x_ : parts_[l - 1].a, dz, rows_,
                                    part.inputs, part.outputs);
    if (l == 0) break;
    const Part& below = parts_[l - 1];
    const bool of_z = derivative_needs_z(below.activation);
    kernels_.backward_input_lanes(below_dz, dz, parameters_.data() + at, of_z ? below.z : below.a,
                                  below.activation, rows_, part.inputs, part.outputs);
  }
}

template <class T>
void Lanes<T>::update() {
  const Update<T>& of_any = any()->update();
  const auto span = [&](std::size_t s) -> const ParameterSpan& {
    return s % 2 == 0 ? of_any.weights(s / 2 + 1) : of_any.biases(s / 2 + 1);
  };
  const std::size_t count = 2 * parts_.size();
  for (std::size_t s = 0; s < count;) {
    // Penalties act on weights alone; without them, what follows has the same numbers.
    const std::size_t first = s;
    const bool penalised = std::ranges::any_of(fits_, [&](const RunningFit<T>* fit) {
      if (fit == nullptr) return false;
      const UpdateStep<T>& step = fit->update().step_of(fit->update().weights(first / 2 + 1));
      return step.l1 != T(0) || step.l2_twice != T(0);
    });
    do {
      ++s;
    } while (!penalised && s < count && span(s).group == span(first).group);
    update(span(first), span(s - 1).end);
  }
}

/// Updates the parameters from a span on up to `end`, all of which have the span's numbers.
template <class T>
void Lanes<T>::update(const ParameterSpan& span, std::size_t end) {
  const std::size_t lanes = fits_.size();
  LaneSteps<T> steps;
  UpdateStep<T> step = any()->update().step_of(span);
  step.lanes = &steps;
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    const UpdateStep<T>& own = of(lane).update().step_of(span);
    const auto put = [&](T* to, T number, T& of_any) {
      to[lane] = number;
      if (number != T(0)) of_any = number;
    };
    steps.scale[lane] = own.scale;
    put(steps.weight_decay, own.weight_decay, step.weight_decay);
    put(steps.l1, own.l1, step.l1);
    put(steps.l2_twice, own.l2_twice, step.l2_twice);
    for (std::size_t i = 0; i < most_numbers; ++i) steps.numbers[i][lane] = own.numbers[i];
  }
  UpdateBuffers<T> buffers{.w = parameters_.data()};
  for (std::size_t s = 0; s < most_state; ++s) {
    if (state_[s].size() > 0) buffers.state[s] = state_[s].data();
  }
  kernels_.update(buffers, span.begin * lanes, step, gradient_.data() + span.begin * lanes,
                  (end - span.begin) * lanes);
}

template class Lanes<float>;
template class Lanes<double>;

}  // namespace filbert
