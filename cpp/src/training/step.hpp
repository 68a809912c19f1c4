// One step of a fit after its forward propagation: backward, and the update of all parameters.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "filbert/aligned.hpp"
#include "filbert/fit_options.hpp"
#include "filbert/network.hpp"
#include "filbert/workspace.hpp"
#include "kernels/kernels.hpp"
#include "kernels/rows.hpp"
#include "network/phases.hpp"
#include "system/team.hpp"
#include "system/watch.hpp"
#include "training/average.hpp"
#include "training/clip_norm.hpp"
#include "training/dropout.hpp"
#include "training/update.hpp"

namespace filbert {

/// Where a batch is among the batches that make a step together.
struct BatchOfStep {
  bool first = true, last = true;
};

template <class T>
class FitStep {
 public:
  /// options: complete. at: where the fit stands.
  FitStep(BasicNetwork<T>& net, BasicWorkspace<T>& workspace, const FitOptions& options,
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

  /// The workspace has become larger, between two batches.
  void resize() {
    const bool was_fused = fused_;
    fused_ = is_fused();
    plain_ = plain_ && fused_;
    if (dropout_ || fused_ != was_fused) make_room();
  }

  /// Everything has been checked, and the first step comes.
  void start(const Update<T>& update) {
    while (!update.weights(lowest_).trained && !update.biases(lowest_).trained) ++lowest_;
    plain_ = fused_ && !dropout_ && lowest_ == 1 && !average_.exists() && std::isinf(max_norm_);
    average_.start();
  }

  /// The dropout of this fit, or null.
  Dropout<T>* dropout() { return dropout_ ? &*dropout_ : nullptr; }
  Average<T>& average() { return average_; }

  /// One worker, before the forward propagation of a batch. epoch: the network's; position: that of
  /// the first row in the epoch.
  void begin(std::uint64_t epoch, std::uint64_t position) {
    if (plain_) return;
    average_.begin_step();
    if (dropout_) dropout_->begin(epoch, position);
  }

  /// The same worker, when all parameters have been updated.
  void end() {
    if (average_.exists()) average_.end_step();
  }

  /// Backward propagation of a batch whose cost is done, and after the last batch of a step the
  /// update. x: the rows of the batch. rescale(clip_norm): called by
  /// one worker before the update, if the norm of the gradient has a limit. False: the watch has
  /// ended it, and no parameter has changed.
  template <class Rescale>
  [[nodiscard]] bool run(Worker& worker, Watch& watch, const Kernels<T>& kernels, const T* const* x,
                         BatchOfStep batch, Update<T>& update, Rescale rescale) {
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

 private:
  bool is_fused() const {
    return workspace_.max_batch() <= row_block && options_.accumulate == 1 &&
           std::isinf(options_.clip_norm);
  }

  /// What depends on the size of batches. A gradient that batches are added up in stays as it is.
  void make_room() {
    if (!options_.dropout.empty() || options_.input_dropout > 0.0 || options_.noise > 0.0) {
      dropout_.emplace(net_, options_, workspace_);
    }
    const std::size_t size = fused_ ? neurons_ : net_.parameters().size();
    if (gradient_.size() != size) gradient_ = AlignedBuffer<T>(size);
  }

  /// dW, db and the update of every layer, from the top to the lowest one that is trained; dz of a
  /// layer is made before its W changes. A step that has begun to change W is done to its end: no
  /// watch. between(watch, l): called when dz of a lower layer is made.
  template <class Between>
  void backward_with_update(Worker& worker, const Kernels<T>& kernels, const T* const* x,
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

  /// The whole gradient, in which the watch may end the work. adds: it is added to what is there.
  template <class Between>
  [[nodiscard]] bool backward(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                              const T* const* x, const Update<T>& update, bool adds,
                              Between between) {
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

  /// Limits the norms of the weights into each neuron. Workers own rows of W, but here they take
  /// columns, so that there are barriers before and after.
  void limit_norms(Worker& worker, const Kernels<T>& kernels, const Update<T>& update) {
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

  BasicNetwork<T>& net_;
  BasicWorkspace<T>& workspace_;
  const FitOptions& options_;
  double max_norm_;
  bool fused_;  // dW of each layer is used up by the update as it is made
  bool plain_ = false;
  std::size_t lowest_ = 1;  // the lowest layer that is trained
  std::size_t neurons_ = 0;
  std::vector<std::size_t>
      biases_;  // where those of each layer are: threads may be apart by layers
  // Derivatives on their way to the update: those of the biases only, where it is fused.
  AlignedBuffer<T> gradient_;
  std::optional<Dropout<T>> dropout_;
  ClipNorm<T> clip_norm_;
  Average<T> average_;
};

}  // namespace filbert
