#include "training/step.hpp"

#include <cmath>

#include "kernels/rows.hpp"
#include "network/phases.hpp"
#include "system/compiler.hpp"

namespace filbert {

template <class T>
FitStep<T>::FitStep(BasicNetwork<T>& net, BasicWorkspace<T>& workspace, const FitOptions& options,
                    FitPosition& at)
    : net_(net),
      workspace_(workspace),
      options_(options),
      max_norm_(options.max_norm),
      fused_(is_fused()),
      clip_norm_(options.clip_norm, net.parameters().size()),
      average_(net, options.average, at) {
  for (const Layer& layer : net.layers()) {
    biases_.push_back(neurons_);
    neurons_ += layer.outputs;
  }
  make_room();
}

template <class T>
void FitStep<T>::resize() {
  const bool was_fused = fused_;
  fused_ = is_fused();
  plain_ = plain_ && fused_;
  if (dropout_ || fused_ != was_fused) make_room();
}

template <class T>
void FitStep<T>::start(const Update<T>& update) {
  while (!update.weights(lowest_).trained && !update.biases(lowest_).trained) ++lowest_;
  plain_ = fused_ && !dropout_ && lowest_ == 1 && !average_.exists() && std::isinf(max_norm_);
  average_.start();
}

template <class T>
template <class Between>
void FitStep<T>::backward_with_update(Worker& worker, const Kernels<T>& kernels, const T* const* x,
                                      Update<T>& update, std::size_t lowest, Between between) {
  Watch nobody;
  for (std::size_t l = net_.depth(); l >= lowest; --l) {
    if (l > lowest && (!backward_input_phase(worker, nobody, kernels, net_, l, workspace_) ||
                       !between(nobody, l - 1))) {
      return;
    }
    const Range p = weights_part(worker, net_, l);
    if (p.empty()) continue;
    update.apply_fused(worker, kernels, l, p, layer_rows(workspace_, x, l - 1), workspace_.dz(l),
                       gradient_.data() + biases_[l - 1]);
  }
}

template <class T>
template <class Between>
bool FitStep<T>::backward(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                          const T* const* x, const Update<T>& update, bool adds, Between between) {
  for (std::size_t l = net_.depth(); l >= lowest_; --l) {
    if (l > lowest_ && (!backward_input_phase(worker, watch, kernels, net_, l, workspace_) ||
                        !between(watch, l - 1))) {
      return false;
    }
    const GradientParts parts{
        .weights = update.weights(l).trained, .biases = update.biases(l).trained, .adds = adds};
    if ((parts.weights || parts.biases) &&
        !backward_weights_phase(worker, watch, kernels, net_, x, l, workspace_, gradient_.data(),
                                parts)) {
      return false;
    }
  }
  return true;
}

template <class T>
FILBERT_HOT bool FitStep<T>::run(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                                 const T* const* x, BatchOfStep batch, Update<T>& update,
                                 const Rescale& rescale) {
  if (dropout_) x = dropout_->rows(x);
  if (plain_) {
    backward_with_update(worker, kernels, x, update, 1, [](Watch&, std::size_t) { return true; });
    return true;
  }
  const auto between = [&](Watch& asked, std::size_t l) {
    return !dropout_ || dropout_->backward(worker, asked, kernels, l);
  };
  if (fused_) {
    backward_with_update(worker, kernels, x, update, lowest_, between);
  } else {
    if (!backward(worker, watch, kernels, x, update, !batch.first, between)) return false;
    if (!batch.last) return true;
    if (clip_norm_.exists()) {
      clip_norm_.sum(worker, kernels, gradient_.data());
      if (worker.index() == 0) rescale(clip_norm_);
      worker.sync();
    }
    for (std::size_t l = net_.depth(); l >= lowest_; --l) {
      const Range own = parameters_part(worker, net_, l);
      update.apply(kernels, gradient_.data(), own.begin, own.end);
    }
  }
  limit_norms(worker, kernels, update);
  if (average_.exists()) {
    for (std::size_t l = 1; l <= net_.depth(); ++l) {
      average_.add(kernels, parameters_part(worker, net_, l));
    }
  }
  return true;
}

template <class T>
void FitStep<T>::make_room() {
  if (!options_.dropout.empty() || options_.input_dropout > 0.0 || options_.noise > 0.0) {
    dropout_.emplace(net_, options_, workspace_);
  }
  const std::size_t size = fused_ ? neurons_ : net_.parameters().size();
  if (gradient_.size() != size) gradient_ = AlignedBuffer<T>(size);
}

template <class T>
void FitStep<T>::limit_norms(Worker& worker, const Kernels<T>& kernels, const Update<T>& update) {
  if (std::isinf(max_norm_)) return;
  worker.sync();
  for (std::size_t l = lowest_; l <= net_.depth(); ++l) {
    if (!update.weights(l).trained) continue;
    const Layer& layer = net_.layers()[l - 1];
    const Range j = worker.share(layer.outputs, 4 * layer.inputs, split_grain);
    if (j.empty()) continue;
    kernels.limit_norms(net_.w(l).data() + j.begin, layer.outputs, max_norm_, layer.inputs,
                        j.size());
  }
  worker.sync();
}

template class FitStep<float>;
template class FitStep<double>;

}  // namespace filbert
