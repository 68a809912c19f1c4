// The cost of a whole data set and its gradient, as one batch.
#pragma once

#include <span>

#include "kernels/dispatch.hpp"
#include "network/phases.hpp"
#include "training/batches.hpp"
#include "training/means.hpp"

namespace filbert {

/// The mean C_0 of the data under a network, its gradient, and what an epoch reports of them.
template <class T>
class WholeCost {
 public:
  /// threads: as in FitHooks.
  WholeCost(const BasicNetwork<T>& net, const BasicData<T>& data, const Loss& loss,
            std::size_t threads)
      : batches_(net, data, example_count(data), loss),
        gradient_(net.parameters().size()),
        threads_(team_size(net, example_count(data), threads)) {}

  /// Computes them for a network of the same layers. Returns false if the watch has ended it; what
  /// is known then is of no use.
  [[nodiscard]] bool compute(const BasicNetwork<T>& net, Watch& watch) {
    const Kernels<T>& kernels = active_kernels<T>();
    bool done = false;
    batches_.workspace().set_rows(batches_.rows(0));
    run_team(threads_, [&](Worker& worker) {
      if (!prepared_) {
        if (!batches_.prepare(worker, watch, kernels, 0)) return;
        if (!watch.sync(worker, 0) || batches_.is_unfit(0)) return;
      }
      if (!batches_.forward(worker, watch, kernels, net, 0, nullptr)) return;
      const T* const* const x = batches_.x(0);
      for (std::size_t l = net.depth(); l >= 1; --l) {
        if ((l > 1 &&
             !backward_input_phase(worker, watch, kernels, net, l, batches_.workspace())) ||
            !backward_weights_phase(worker, watch, kernels, net, x, l, batches_.workspace(),
                                    gradient_.data())) {
          return;
        }
      }
      if (worker.index() == 0) done = true;
    });
    batches_.refuse_unfit(0);
    if (!done) return false;
    prepared_ = true;
    batches_.set_totals({});
    batches_.count_batch(0, batches_.weight(0), batches_.cost_with(0));
    batches_.get_totals(totals_);
    return true;
  }

  /// The sums over the rows: of C_0, of right answers, of weights.
  const FitPosition& totals() const { return totals_; }

  /// The rows of the data, once the cost has been computed.
  std::span<const T* const> x() const { return {batches_.x(0), batches_.rows(0)}; }

  /// The gradient of the sum of C_0, laid out like the parameters.
  std::span<const T> gradient() const { return {gradient_.data(), gradient_.size()}; }

 private:
  Batches<T> batches_;
  AlignedBuffer<T> gradient_;
  std::size_t threads_;
  bool prepared_ = false;
  FitPosition totals_;
};

}  // namespace filbert
