// A fit on its way: what is set up once, and what happens in each epoch and around it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "filbert/fit.hpp"
#include "kernels/kernels.hpp"
#include "system/watch.hpp"
#include "training/alpha_penalty.hpp"
#include "training/batches.hpp"
#include "training/last_finite.hpp"
#include "training/publishing.hpp"
#include "training/step.hpp"
#include "training/update.hpp"

namespace filbert {

/// Checks what a fit is asked for, and returns its options, complete; none if the caller has ended
/// the checks. source: null if data are all there is; else data are its first batch.
template <class T>
std::optional<FitOptions> checked_options(const BasicNetwork<T>& net, const BasicData<T>& data,
                                          const BasicBatchSource<T>* source,
                                          const Optimizer& optimizer, const FitOptions& asked,
                                          const FitHooks& hooks);

/// Calls work. Where that finds that the network has diverged, the network, its optimizer and the
/// position go back to what is kept.
template <class T, class Work>
bool back_if_diverged(LastFinite<T>& kept, Optimizer& optimizer, const FitHooks& hooks, Work work) {
  try {
    return work();
  } catch (const Diverged&) {
    kept.put_back(optimizer);
    if (hooks.position != nullptr) *hooks.position = {.epoch = kept.epoch()};
    throw;
  }
}

/// All arguments have to live as long as this object.
template <class T>
class RunningFit {
 public:
  /// Everything that is left to check is checked, and on_start called. data, source: as in
  /// checked_options, which has returned `options`. kept: the parameters to go back to.
  RunningFit(BasicNetwork<T>& net, const BasicData<T>& data, BasicBatchSource<T>* source,
             Optimizer& optimizer, const FitOptions& options, const FitHooks& hooks,
             LastFinite<T>& kept);
  RunningFit(const RunningFit&) = delete;
  RunningFit& operator=(const RunningFit&) = delete;

  /// Whether all epochs are done.
  bool is_done() const { return at_.epoch >= options_.epochs; }

  void begin_epoch();
  /// The batches of the epoch from where the fit stands, by a team.
  void run_batches();
  /// Reports the epoch, or throws what has ended it. Returns whether training goes on.
  [[nodiscard]] bool end_epoch();

  // For whoever takes a batch through the network itself, in the place of run_batches, one batch
  // after another: begin_batch, then with what batches() and update() say the step, and end_batch.

  const BasicNetwork<T>& net() const { return net_; }
  const Loss& loss() const { return loss_; }
  const Batches<T>& batches() const { return batches_; }
  const Update<T>& update() const { return *update_; }
  std::size_t batch() const { return at_.batch; }

  /// Prepares the next batch, which is a step, and the numbers of that step. Returns false if the
  /// batch cannot be used: run_batches then comes to it, and does what is to be done.
  [[nodiscard]] bool begin_batch(Worker& worker);
  /// That step is done. cost, correct: those of row i at [i * stride].
  void end_batch(const T* cost, const std::int32_t* correct, std::size_t stride);

 private:
  static constexpr std::size_t no_batch = Batches<T>::none;

  bool ends_step(std::size_t next) const {
    return options_.accumulate == 1 || next % options_.accumulate == 0 || next == batches_.count();
  }
  void weigh_step(std::size_t batch, double weight, bool first);
  void begin_step();
  [[noreturn]] void diverged(std::size_t batch, bool prepared);

  BasicNetwork<T>& net_;
  const BasicData<T>& data_;
  BasicBatchSource<T>* source_;
  Optimizer& optimizer_;
  const FitOptions& options_;
  const FitHooks& hooks_;
  LastFinite<T>& kept_;
  const Kernels<T>& kernels_;
  Loss loss_;
  Batches<T> batches_;
  FitPosition start_;
  FitPosition& at_;
  FitStep<T> step_;
  Publishing<T> publishing_;
  AlphaPenalty<T> penalty_;
  std::optional<Update<T>> update_;
  KeepGoing keep_going_;
  std::optional<Watch> watch_;
  Permutation order_{};                // of the epoch
  std::vector<std::uint64_t> listed_;  // the rows of an epoch, where the caller orders them
  std::size_t bad_batch_ = no_batch;   // of the epoch, whose cost is not finite
  // These are of the step.
  double scale_ = 1.0, weight_ = 0.0, l2_ = 0.0;
  std::size_t batch_of_step_ = 0;
};

extern template class RunningFit<float>;  // compiled once, in running_fit.cpp
extern template class RunningFit<double>;

}  // namespace filbert
