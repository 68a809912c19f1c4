#include "filbert/fit.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <vector>

#include "batches.hpp"
#include "check.hpp"
#include "float_mode.hpp"
#include "kernels/dispatch.hpp"
#include "kernels/rows.hpp"
#include "phases.hpp"
#include "random.hpp"
#include "targets.hpp"
#include "update.hpp"

namespace filbert {
namespace {

/// Asks a callback now and then, by the clock, whether to go on. An exception means no, and is
/// kept for later: it must not cross a barrier. The clock too is looked at only now and then: it
/// costs a part of a small network's step.
class Watch {
 public:
  explicit Watch(const std::function<bool()>& keep_going) : keep_going_(keep_going) {}

  bool stop() {
    if (!keep_going_ || stopped_ || ++calls_ % stride_ != 0) return stopped_;
    const Clock::time_point now = Clock::now();
    if (now - looked_ < std::chrono::milliseconds(2)) stride_ *= 2;
    if (now - looked_ > std::chrono::milliseconds(8)) stride_ = 1;
    looked_ = now;
    if (now - last_ < std::chrono::milliseconds(40)) return false;
    last_ = now;
    try {
      stopped_ = !keep_going_();
    } catch (...) {
      error_ = std::current_exception();
      stopped_ = true;
    }
    return stopped_;
  }

  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  using Clock = std::chrono::steady_clock;
  const std::function<bool()>& keep_going_;
  Clock::time_point last_ = Clock::now(), looked_ = last_;
  std::uint64_t calls_ = 0, stride_ = 1;
  bool stopped_ = false;
  std::exception_ptr error_;
};

template <class T>
void require_data(const BasicNetwork<T>& net, BasicMatrixView<const T> x, const Targets<T>& y,
                  Loss loss) {
  require(x.cols() == net.inputs(), "x: expected ", net.inputs(), " columns, got ", x.cols());
  require(x.rows() > 0, "x: expected at least one row, got 0");
  require_targets(net, y, loss, x.rows());
}

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
template <class T>
void backward_and_update(Worker& worker, const Kernels<T>& kernels, const BasicNetwork<T>& net,
                         const T* const* x, BasicWorkspace<T>& workspace, Room<T>& room,
                         Update<T>& update) {
  for (std::size_t l = net.depth(); l >= 1; --l) {
    if (l > 1) backward_input_phase(worker, kernels, net, l, workspace);
    if (room.fused) {
      const Range p = weights_part(worker, net, l);
      if (p.empty()) continue;
      update.apply_fused(worker, kernels, l, p, layer_rows(workspace, x, l - 1), workspace.dz(l),
                         room.gradient.data() + room.biases[l - 1]);
    } else {
      T* gradient = room.gradient.data();
      const Range own = backward_weights_phase(worker, kernels, net, x, l, workspace, gradient);
      update.apply(kernels, gradient, own.begin, own.end);
    }
  }
}

template <class T>
bool fit_network(BasicNetwork<T>& net, BasicMatrixView<const T> x, const Targets<T>& y,
                 Optimizer& optimizer, const FitOptions& options) {
  const Loss loss = options.loss.value_or(default_loss(net.output()));
  require(options.batch_size > 0, "batch_size: expected at least 1, got 0");
  require_data(net, x, y, loss);
  const FloatMode mode;
  const Kernels<T>& kernels = active_kernels<T>();
  Batches<T> batches(net, x, y, options.batch_size);
  FitPosition start;
  FitPosition& at = options.position == nullptr ? start : *options.position;
  require(at.batch <= batches.count(), "position: expected at most ", batches.count(),
          " batches of an epoch, got ", at.batch);
  batches.set_totals(at);
  Room<T> room(net, batches.workspace().max_batch());
  optimizer.require_fits(net);
  if (options.on_start) options.on_start();
  Update<T> update(optimizer, net);
  Watch watch(options.keep_going);
  const std::size_t threads = team_size(net, batches.workspace().max_batch());

  for (; at.epoch < options.epochs; at = {.epoch = at.epoch + 1}) {
    const Permutation order =
        epoch_permutation(x.rows(), options.seed.value_or(net.seed()), net.epoch());
    batches.set_order(options.shuffle ? &order : nullptr);
    std::size_t reached = 0;
    bool stopped = false;  // written by the first worker before a barrier, read by all after it
    run_team(threads, [&](Worker& worker) {
      const bool first = worker.index() == 0;
      std::size_t batch = at.batch;
      if (batch < batches.count()) batches.prepare(worker, kernels, batch);
      for (; batch < batches.count(); ++batch) {
        if (first) stopped = watch.stop();
        if (first && !stopped) {
          batches.workspace().set_rows(batches.rows(batch));
          update.begin_step(1.0 / static_cast<double>(batches.rows(batch)));
        }
        worker.sync();
        if (stopped) break;
        if (batch + 1 < batches.count()) batches.prepare(worker, kernels, batch + 1);
        batches.forward(worker, kernels, net, loss, batch, true);
        if (first) batches.count_batch();
        backward_and_update(worker, kernels, net, batches.x(batch), batches.workspace(), room,
                            update);
        worker.sync();
      }
      if (first) reached = batch;
    });
    // An epoch whose last batch is done counts for the network, reported or not.
    if (at.batch < reached && reached == batches.count()) net.set_epoch(net.epoch() + 1);
    at.batch = reached;
    batches.get_totals(at);
    watch.rethrow();
    if (stopped) return false;
    const Evaluation training = batches.report(net.outputs(), loss);
    if (options.on_epoch && !options.on_epoch({at.epoch + 1, training})) {
      at = {.epoch = at.epoch + 1};
      return false;
    }
  }
  return true;
}

template <class T>
Evaluation evaluate_network(const BasicNetwork<T>& net, BasicMatrixView<const T> x,
                            const Targets<T>& y, const EvaluateOptions& options) {
  const Loss loss = options.loss.value_or(default_loss(net.output()));
  require_data(net, x, y, loss);
  const FloatMode mode;
  constexpr std::size_t rows_at_a_time = 256;
  Batches<T> batches(net, x, y, rows_at_a_time);
  Watch watch(options.keep_going);
  bool stopped = false;
  run_team(team_size(net, batches.workspace().max_batch()), [&](Worker& worker) {
    for (std::size_t batch = 0; batch < batches.count() && !stopped; ++batch) {
      if (worker.index() == 0) batches.workspace().set_rows(batches.rows(batch));
      batches.prepare(worker, active_kernels<T>(), batch);
      worker.sync();
      batches.forward(worker, active_kernels<T>(), net, loss, batch, false);
      if (worker.index() == 0) {
        batches.count_batch();
        stopped = watch.stop();
      }
      worker.sync();
    }
  });
  watch.rethrow();
  return batches.report(net.outputs(), loss);
}

}  // namespace

bool fit(Network& net, ConstMatrixView x, std::span<const std::int32_t> labels,
         Optimizer& optimizer, const FitOptions& options) {
  return fit_network<float>(net, x, {{}, labels}, optimizer, options);
}
bool fit(Network& net, ConstMatrixView x, ConstMatrixView y, Optimizer& optimizer,
         const FitOptions& options) {
  return fit_network<float>(net, x, {y, {}}, optimizer, options);
}
bool fit(Network64& net, ConstMatrixView64 x, std::span<const std::int32_t> labels,
         Optimizer& optimizer, const FitOptions& options) {
  return fit_network<double>(net, x, {{}, labels}, optimizer, options);
}
bool fit(Network64& net, ConstMatrixView64 x, ConstMatrixView64 y, Optimizer& optimizer,
         const FitOptions& options) {
  return fit_network<double>(net, x, {y, {}}, optimizer, options);
}

Evaluation evaluate(const Network& net, ConstMatrixView x, std::span<const std::int32_t> labels,
                    const EvaluateOptions& options) {
  return evaluate_network<float>(net, x, {{}, labels}, options);
}
Evaluation evaluate(const Network& net, ConstMatrixView x, ConstMatrixView y,
                    const EvaluateOptions& options) {
  return evaluate_network<float>(net, x, {y, {}}, options);
}
Evaluation evaluate(const Network64& net, ConstMatrixView64 x, std::span<const std::int32_t> labels,
                    const EvaluateOptions& options) {
  return evaluate_network<double>(net, x, {{}, labels}, options);
}
Evaluation evaluate(const Network64& net, ConstMatrixView64 x, ConstMatrixView64 y,
                    const EvaluateOptions& options) {
  return evaluate_network<double>(net, x, {y, {}}, options);
}

std::uint64_t epoch_order(std::uint64_t position, std::uint64_t examples, std::uint64_t seed,
                          std::uint64_t epoch) {
  require(position < examples, "position: expected below ", examples, ", got ", position);
  std::uint64_t row = 0;
  active_kernels<float>().permute(&row, epoch_permutation(examples, seed, epoch), position, 1);
  return row;
}

}  // namespace filbert
