// One step of a fit after its forward propagation: backward, and the update of all parameters.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "filbert/aligned.hpp"
#include "filbert/fit_options.hpp"
#include "filbert/network.hpp"
#include "filbert/workspace.hpp"
#include "kernels/kernels.hpp"
#include "kernels/rows.hpp"
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
  using Rescale = std::function<void(const ClipNorm<T>&)>;

  /// options: complete. at: where the fit stands.
  FitStep(BasicNetwork<T>& net, BasicWorkspace<T>& workspace, const FitOptions& options,
          FitPosition& at);

  /// The workspace has become larger, between two batches.
  void resize();

  /// Everything has been checked, and the first step comes.
  void start(const Update<T>& update);

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
  /// update. x: the rows of the batch. rescale(clip_norm): called by one worker before the update,
  /// if the norm of the gradient has a limit. False: the watch has ended it, and no parameter has
  /// changed.
  [[nodiscard]] bool run(Worker& worker, Watch& watch, const Kernels<T>& kernels, const T* const* x,
                         BatchOfStep batch, Update<T>& update, const Rescale& rescale);

 private:
  bool is_fused() const {
    return workspace_.max_batch() <= row_block && options_.accumulate == 1 &&
           std::isinf(options_.clip_norm);
  }

  /// What depends on the size of batches. A gradient that batches are added up in stays as it is.
  void make_room();

  /// dW, db and the update of every layer, from the top to the lowest one that is trained; dz of a
  /// layer is made before its W changes. A step that has begun to change W is done to its end: no
  /// watch. between(watch, l): called when dz of a lower layer is made.
  template <class Between>
  void backward_with_update(Worker& worker, const Kernels<T>& kernels, const T* const* x,
                            Update<T>& update, std::size_t lowest, Between between);

  /// The whole gradient, in which the watch may end the work. adds: it is added to what is there.
  template <class Between>
  [[nodiscard]] bool backward(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                              const T* const* x, const Update<T>& update, bool adds,
                              Between between);

  /// Limits the norms of the weights into each neuron. Workers own rows of W, but here they take
  /// columns, so that there are barriers before and after.
  void limit_norms(Worker& worker, const Kernels<T>& kernels, const Update<T>& update);

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

extern template class FitStep<float>;  // compiled once, in step.cpp
extern template class FitStep<double>;

}  // namespace filbert
