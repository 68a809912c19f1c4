#include "filbert/fit.hpp"

#include "kernels/dispatch.hpp"
#include "network/random.hpp"
#include "system/check.hpp"
#include "system/float_mode.hpp"
#include "training/first_batch.hpp"
#include "training/last_finite.hpp"
#include "training/lbfgs.hpp"
#include "training/running_fit.hpp"

namespace filbert {
namespace {

/// fit, but that a network which has diverged stays as it is then. source: null if data are all
/// there is; else data are its first batch. kept: the parameters to go back to.
template <class T>
bool train(BasicNetwork<T>& net, const BasicData<T>& data, BasicBatchSource<T>* source,
           Optimizer& optimizer, const FitOptions& asked, const FitHooks& hooks,
           LastFinite<T>& kept) {
  const FloatMode mode;
  const auto options = checked_options<T>(net, data, source, optimizer, asked, hooks);
  if (!options) return false;
  if (has_own_loop(optimizer.rule())) return fit_lbfgs(net, data, optimizer, *options, hooks);
  RunningFit<T> fit(net, data, source, optimizer, *options, hooks, kept);
  while (!fit.is_done()) {
    fit.begin_epoch();
    fit.run_batches();
    if (!fit.end_epoch()) return false;
  }
  return true;
}

/// data, source: as in train.
template <class T>
bool fit_network(BasicNetwork<T>& net, const BasicData<T>& data, BasicBatchSource<T>* source,
                 Optimizer& optimizer, const FitOptions& options, const FitHooks& hooks) {
  LastFinite<T> kept(net, optimizer, static_cast<bool>(hooks.on_epoch));
  return back_if_diverged(kept, optimizer, hooks, [&] {
    return train(net, data, source, optimizer, options, hooks, kept);
  });
}

/// The same for batches of a source, of which the first one is looked at before everything begins.
template <class T>
bool fit_source(BasicNetwork<T>& net, BasicBatchSource<T>& source, Optimizer& optimizer,
                const FitOptions& options, const FitHooks& hooks) {
  FirstBatch<T> from_first(source, hooks.position == nullptr ? 0 : hooks.position->batch);
  return fit_network<T>(net, from_first.data(), &from_first, optimizer, options, hooks);
}

}  // namespace

bool fit(Network& net, const Data& data, Optimizer& optimizer, const FitOptions& options,
         const FitHooks& hooks) {
  return fit_network<float>(net, data, nullptr, optimizer, options, hooks);
}
bool fit(Network64& net, const Data64& data, Optimizer& optimizer, const FitOptions& options,
         const FitHooks& hooks) {
  return fit_network<double>(net, data, nullptr, optimizer, options, hooks);
}

bool fit(Network& net, BatchSource& source, Optimizer& optimizer, const FitOptions& options,
         const FitHooks& hooks) {
  return fit_source(net, source, optimizer, options, hooks);
}
bool fit(Network64& net, BatchSource64& source, Optimizer& optimizer, const FitOptions& options,
         const FitHooks& hooks) {
  return fit_source(net, source, optimizer, options, hooks);
}

std::uint64_t epoch_order(std::uint64_t position, std::uint64_t examples, std::uint64_t seed,
                          std::uint64_t epoch) {
  require(position < examples, "position: expected below ", examples, ", got ", position);
  std::uint64_t row = 0;
  active_kernels<float>().permute(&row, epoch_permutation(examples, seed, epoch), position, 1);
  return row;
}

}  // namespace filbert
