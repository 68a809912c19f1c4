// Training on one example after another, as they come.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "filbert/export.h"
#include "filbert/loss.hpp"
#include "filbert/network.hpp"
#include "filbert/optimizer.hpp"

namespace filbert {

/// What a trainer has between two steps. It is not a member of the class, with which a shared
/// library would export it.
template <class T>
struct TrainerWork;

/// Steps a network with one training example at a time, and allocates nothing in a step:
///
///     filbert::Optimizer sgd = filbert::Sgd({.learning_rate = 0.01});
///     filbert::Trainer trainer(net, sgd);
///     double cost = trainer.step(x, label);
///
/// A step is that of a fit over this example alone, bit for bit, and counts as an epoch of the
/// network as that does; but options that are schedules are what they are in a step outside of a
/// fit (Schedule::rate). The network and the optimizer have to live as long as the trainer, and may
/// be used in other ways between two steps.
template <class T>
class FILBERT_API_TYPE BasicTrainer {
 public:
  /// loss: none is default_loss(net.output()). Throws std::invalid_argument if the loss does not
  /// fit the output, if the optimizer belongs to another network, or if it has a loop of its own.
  FILBERT_API BasicTrainer(BasicNetwork<T>& net, Optimizer& optimizer,
                           const std::optional<Loss>& loss = {});
  FILBERT_API ~BasicTrainer();
  BasicTrainer(const BasicTrainer&) = delete;
  BasicTrainer& operator=(const BasicTrainer&) = delete;

  /// One step. x: (inputs); y: (target_columns(loss, outputs)), as BasicData::y says. Returns C_0
  /// of the example before the step. Throws std::invalid_argument for other sizes and for targets
  /// that the loss does not take, and Diverged if C_0 is not finite; no parameter has changed then.
  FILBERT_API double step(std::span<const T> x, std::span<const T> y);
  /// The same with a label in 0 .. outputs - 1, which means a y that is 0 with a 1 at the label.
  FILBERT_API double step(std::span<const T> x, std::int32_t label);

  const Loss& loss() const { return loss_; }

 private:
  double step(std::span<const T> x, const T* y, std::int32_t label);

  Loss loss_;
  std::unique_ptr<TrainerWork<T>> work_;
};

#ifndef FILBERT_DLL
extern template class BasicTrainer<float>;
extern template class BasicTrainer<double>;
#endif

using Trainer = BasicTrainer<float>;
using Trainer64 = BasicTrainer<double>;

}  // namespace filbert
