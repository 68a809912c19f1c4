#include "filbert/fit.hpp"

#include <functional>
#include <vector>

#include "kernels/dispatch.hpp"
#include "kernels/rows.hpp"
#include "network/data.hpp"
#include "network/phases.hpp"
#include "network/random.hpp"
#include "system/check.hpp"
#include "system/float_mode.hpp"
#include "system/watch.hpp"
#include "training/batches.hpp"
#include "training/complete.hpp"
#include "training/lbfgs.hpp"
#include "training/plateau.hpp"
#include "training/update.hpp"

namespace filbert {
namespace {

/// Where derivatives go on their way to the update. Batches up to row_block rows need room for
/// those of the biases only; larger ones for all.
template <class T>
struct Room {
  Room(const BasicNetwork<T>& net, std::size_t batch_size) : fused(batch_size <= row_block) {
    std::size_t neurons = 0;
    for (const Layer& layer : net.layers()) {
      biases.push_back(neurons);
      neurons += layer.outputs;
    }
    gradient = AlignedBuffer<T>(fused ? neurons : net.parameters().size());
  }

  bool fused;
  std::vector<std::size_t> biases;  // where those of each layer are: threads may be apart by layers
  AlignedBuffer<T> gradient;
};

/// dW, db and the update of every layer, from the top; dz of a layer is made before its W changes.
/// A step that has begun to change W is done to its end: no watch.
template <class T>
void backward_with_update(Worker& worker, const Kernels<T>& kernels, const BasicNetwork<T>& net,
                          const T* const* x, BasicWorkspace<T>& workspace, Room<T>& room,
                          Update<T>& update) {
  Watch nobody;
  for (std::size_t l = net.depth(); l >= 1; --l) {
    if (l > 1 && !backward_input_phase(worker, nobody, kernels, net, l, workspace)) return;
    const Range p = weights_part(worker, net, l);
    if (p.empty()) continue;
    update.apply_fused(worker, kernels, l, p, layer_rows(workspace, x, l - 1), workspace.dz(l),
                       room.gradient.data() + room.biases[l - 1]);
  }
}

/// The same for batches that take long: first the whole gradient, in which the watch may end the
/// work, then the update. False: nothing has changed.
template <class T>
[[nodiscard]] bool backward_then_update(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                                        const BasicNetwork<T>& net, const T* const* x,
                                        BasicWorkspace<T>& workspace, Room<T>& room,
                                        Update<T>& update) {
  T* const gradient = room.gradient.data();
  for (std::size_t l = net.depth(); l >= 1; --l) {
    if ((l > 1 && !backward_input_phase(worker, watch, kernels, net, l, workspace)) ||
        !backward_weights_phase(worker, watch, kernels, net, x, l, workspace, gradient)) {
      return false;
    }
  }
  for (std::size_t l = net.depth(); l >= 1; --l) {
    const Range own = parameters_part(worker, net, l);
    update.apply(kernels, gradient, own.begin, own.end);
  }
  return true;
}

/// One step, of a batch that is ready. False: the watch has ended it, and nothing has changed.
template <class T>
[[nodiscard]] bool step(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                        const BasicNetwork<T>& net, Batches<T>& batches, std::size_t batch,
                        Loss loss, Room<T>& room, Update<T>& update) {
  if (!batches.forward(worker, watch, kernels, net, loss, batch)) return false;
  const T* const* const x = batches.x(batch);
  if (!room.fused) {
    return backward_then_update(worker, watch, kernels, net, x, batches.workspace(), room, update);
  }
  backward_with_update(worker, kernels, net, x, batches.workspace(), room, update);
  return true;
}

/// Says at its end, whatever has ended the team of an epoch, where the fit stands.
template <class T>
struct Standing {
  BasicNetwork<T>& net;
  const Batches<T>& batches;
  FitPosition& at;
  std::size_t done;  // batches of the epoch

  ~Standing() {
    // An epoch whose last batch is done counts for the network, reported or not.
    if (at.batch < done && done == batches.count()) net.set_epoch(net.epoch() + 1);
    at.batch = done;
    batches.get_totals(at);
  }
};

template <class T>
bool fit_network(BasicNetwork<T>& net, const BasicData<T>& data, Optimizer& optimizer,
                 const FitOptions& asked, const FitHooks& hooks) {
  const FloatMode mode;
  const FitOptions options = complete(asked, net, optimizer.rule(), data.x.rows());
  const Loss loss = *options.loss;
  require(*options.batch_size > 0, "batch_size: expected at least 1, got 0");
  Watch checking(hooks.keep_going);
  if (!require_data(net, data, loss, checking)) return false;
  if (has_own_loop(optimizer.rule())) return fit_lbfgs(net, data, optimizer, options, hooks);
  const Kernels<T>& kernels = active_kernels<T>();
  Batches<T> batches(net, data, *options.batch_size);
  FitPosition start;
  FitPosition& at = hooks.position == nullptr ? start : *hooks.position;
  require(at.batch <= batches.count(), "position: expected at most ", batches.count(),
          " batches of an epoch, got ", at.batch);
  batches.set_totals(at);
  Room<T> room(net, batches.workspace().max_batch());
  optimizer.require_fits(net);
  require_monitored(optimizer.learning_rate(), static_cast<bool>(hooks.val_loss));
  if (hooks.on_start) hooks.on_start();
  Update<T> update(optimizer, net);
  double scale = 1.0;  // these two are of the step
  std::size_t batch_of_step = 0;
  const auto begin_step = [&] {
    const double part = static_cast<double>(batch_of_step) / static_cast<double>(batches.count());
    const FitTime time{.epoch = static_cast<double>(at.epoch) + part,
                       .epochs = static_cast<double>(options.epochs),
                       .plateau = at.plateau};
    update.begin_step(scale, &time);
  };
  KeepGoing keep_going;
  if (hooks.keep_going) {
    keep_going = [&] {
      const bool goes_on = hooks.keep_going();
      // It may have set the learning rate: a step that has not begun to change W takes the new one.
      begin_step();
      return goes_on;
    };
  }
  Watch watch(keep_going);
  const std::size_t threads = team_size(net, batches.workspace().max_batch());

  while (at.epoch < options.epochs) {
    const Permutation order = epoch_permutation(data.x.rows(), *options.seed, net.epoch());
    batches.set_order(options.shuffle ? &order : nullptr);
    {
      const std::size_t start_batch = at.batch;
      Standing<T> standing{net, batches, at, start_batch};
      run_team(threads, [&](Worker& worker) {
        const bool first = worker.index() == 0;
        std::size_t batch = start_batch;
        if (batch == batches.count() || !batches.prepare(worker, watch, kernels, batch)) return;
        worker.sync();
        for (; batch < batches.count(); ++batch) {
          double weight = 0.0;
          if (first) {
            batches.workspace().set_rows(batches.rows(batch));
            weight = batches.weight(batch);
            scale = weight > 0.0 ? 1.0 / weight : 0.0;
            batch_of_step = batch;
            begin_step();
          }
          if (!watch.sync(worker, 0)) return;
          const std::size_t next = batch + 1;
          if (next < batches.count() && !batches.prepare(worker, watch, kernels, next)) return;
          if (!step(worker, watch, kernels, net, batches, batch, loss, room, update)) return;
          if (first) {
            update.end_step();
            batches.count_batch(batch, weight);
            standing.done = next;
          }
          worker.sync();
        }
      });
    }
    if (watch.stopped()) return false;
    EpochReport report{.epoch = at.epoch + 1,
                       .training = batches.report(net.outputs(), loss),
                       .val_loss = {},
                       .next = {.epoch = at.epoch + 1},
                       .last = at.epoch + 1 == options.epochs};
    if (hooks.val_loss) report.val_loss = hooks.val_loss();
    report.next.plateau = state_after_epoch(
        optimizer.learning_rate(), at.plateau, static_cast<double>(at.epoch),
        static_cast<double>(options.epochs), report.training.loss, report.val_loss);
    const bool goes_on = !hooks.on_epoch || hooks.on_epoch(report);
    at = report.next;
    if (!goes_on) return false;
  }
  return true;
}

}  // namespace

bool fit(Network& net, const Data& data, Optimizer& optimizer, const FitOptions& options,
         const FitHooks& hooks) {
  return fit_network(net, data, optimizer, options, hooks);
}
bool fit(Network64& net, const Data64& data, Optimizer& optimizer, const FitOptions& options,
         const FitHooks& hooks) {
  return fit_network(net, data, optimizer, options, hooks);
}

std::uint64_t epoch_order(std::uint64_t position, std::uint64_t examples, std::uint64_t seed,
                          std::uint64_t epoch) {
  require(position < examples, "position: expected below ", examples, ", got ", position);
  std::uint64_t row = 0;
  active_kernels<float>().permute(&row, epoch_permutation(examples, seed, epoch), position, 1);
  return row;
}

}  // namespace filbert
