// The batches of a data set on their way through a network: their rows, in the order of the epoch,
// and what they add up to.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "filbert/aligned.hpp"
#include "filbert/batch_source.hpp"
#include "filbert/fit.hpp"
#include "network/data.hpp"
#include "network/input_rows.hpp"
#include "network/normalise.hpp"
#include "network/phases.hpp"
#include "network/row_parts.hpp"
#include "training/dropout.hpp"
#include "training/epoch_order.hpp"
#include "training/means.hpp"
#include "training/own_cost.hpp"

namespace filbert {

/// What one thread of control needs to take batches of a data set through a network.
template <class T>
class Batches {
 public:
  Batches(const BasicNetwork<T>& net, const BasicData<T>& data, std::size_t batch_size,
          const Loss& loss)
      : data_{data},
        examples_(example_count(data)),
        workspace_(net, {.max_batch = std::min(batch_size, examples_)}),
        order_(workspace_.max_batch(), examples_),
        classifies_(classifies(loss, net.output())),
        targets_(target_normalisation(net)) {
    count_ = (examples_ - 1) / workspace_.max_batch() + 1;
    input_[0].emplace(data, input_normalisation(net));
    for (std::size_t i = 0; i < std::min<std::size_t>(count_, 2); ++i) {
      make_room(tables_[i], data, *input_[0], workspace_.max_batch());
    }
    correct_.resize(classifies_ ? workspace_.max_batch() : 0);
  }

  /// From now on the cost is this function. It has to live as long as this object.
  void set_own_cost(const BasicNetwork<T>& net, const BasicOwnCost<T>& function) {
    own_function_ = &function;
    own_cost_.emplace(net, data_[0], function, workspace_.max_batch());
    classifies_ = classifies_under_own_cost(net, data_[0]);
    correct_.resize(classifies_ ? workspace_.max_batch() : 0);
  }

  /// From now on batches come from this source. Those of the data, the source's first one, have
  /// only said how large a batch is.
  void set_source(BasicBatchSource<T>& source) { source_ = &source; }

  BasicWorkspace<T>& workspace() { return workspace_; }

  /// The batches of the epoch; where they come from a source, more than there can be, until its end
  /// has been seen.
  std::size_t count() const { return count_.load(std::memory_order_relaxed); }

  /// Which part of the epoch is over before a batch, as schedules count time.
  double part(std::size_t batch) const {
    if (source_ == nullptr) return static_cast<double>(batch) / static_cast<double>(count());
    const std::size_t all = source_->count();
    return all == 0 ? 0.0 : std::min(1.0, static_cast<double>(batch) / static_cast<double>(all));
  }

  std::size_t rows(std::size_t batch) const {
    if (source_ != nullptr) return example_count(data_[batch % 2]);
    return std::min(workspace_.max_batch(), examples_ - batch * workspace_.max_batch());
  }

  /// That of the first row of a batch in the epoch.
  std::uint64_t position(std::size_t batch) const {
    return source_ != nullptr ? positions_[batch % 2] : batch * workspace_.max_batch();
  }

  /// Begins an epoch of which so many batches are done.
  void begin_epoch(std::size_t done) {
    if (source_ == nullptr) return;
    position_ = source_->begin_epoch(done);
    count_ = std::numeric_limits<std::size_t>::max();
  }

  /// Has the source make a batch, which from now on is one of count(), or the end of the epoch; the
  /// first worker does it while the others wait. grow(): called when a batch is larger than all
  /// before it, after the workspace has become so. What it throws, or a check of the batch, makes
  /// the batch unfit, so that the batch before it is still done. Data in memory need nothing of it.
  /// False: the watch has ended the work.
  template <class Grow>
  [[nodiscard]] bool receive(Worker& worker, Watch& watch, const BasicNetwork<T>& net,
                             const Loss& loss, std::size_t batch, Grow grow) {
    if (source_ == nullptr) [[likely]]
      return true;
    return watch.first_alone(worker, [&] {
      try {
        take(net, loss, batch, grow);
      } catch (...) {
        failure_ = std::current_exception();
        unfit_.store(batch, std::memory_order_relaxed);
      }
      return true;
    });
  }

  /// In which order batches are taken.
  EpochOrder<T>& order() { return order_; }

  /// Looks up the rows of a batch, and has those of an order fetched, which takes about as long as
  /// a step of a small network; each worker its part. Where rows have to be made, they are. Two
  /// batches can be ready at a time. A barrier only where there are very many rows. False: the
  /// watch has ended the work.
  [[nodiscard]] bool prepare(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                             std::size_t batch) {
    if (is_unfit(batch)) return true;
    const std::size_t operations = 100 + input(batch).operations();  // of a row
    const std::size_t count = rows(batch), most = rows_between_barriers(count, operations);
    for (std::size_t begin = 0; begin < count; begin += most) {
      if (begin > 0 && !watch.sync(worker, most * operations)) return false;
      const Range all{begin, std::min(count, begin + most)};
      look_up(kernels, batch, all.part(worker.share(all.size(), operations)));
    }
    return true;
  }

  /// Whether a batch that all workers have prepared cannot be used, because x has a number that is
  /// not finite, or because its source has failed. Then the fit ends with what refuse_unfit throws.
  bool is_unfit(std::size_t batch) const { return unfit_.load(std::memory_order_relaxed) == batch; }

  /// Throws what the source has thrown, or std::invalid_argument, if there is such a batch. epoch:
  /// of the fit, from 0.
  void refuse_unfit(std::size_t epoch) const {
    if (failure_) std::rethrow_exception(failure_);
    const std::size_t batch = unfit_.load(std::memory_order_relaxed);
    if (batch != none) {
      input(batch).refuse_unfit(", in batch ", batch + 1, " of epoch ", epoch + 1);
    }
  }

  const T* const* x(std::size_t batch) const { return tables_[batch % 2].x.data(); }

  /// Forward propagation and the cost of a prepared batch. dropout: null where there is none.
  /// False: the watch has ended it.
  [[nodiscard]] bool forward(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                             const BasicNetwork<T>& net, const Loss& loss, std::size_t batch,
                             Dropout<T>* dropout) {
    const Table& table = tables_[batch % 2];
    const bool labels = has_labels(data(batch));
    const T* const* const x = table.x.data();
    const bool only_z = !own_cost_;  // the cost of the library makes a of it
    const auto all_layers = [&] {
      if (dropout == nullptr) {
        return forward_phases(worker, watch, kernels, net, x, workspace_, only_z, true);
      }
      const auto drop = [&](std::size_t l) { return dropout->forward(worker, watch, kernels, l); };
      return dropout->input(worker, watch, kernels, x) &&
             forward_phases(worker, watch, kernels, net, dropout->rows(x), workspace_, only_z, true,
                            drop);
    };
    if (!all_layers()) return false;
    const T* const weights = weighted(batch) ? table.weights.data() : nullptr;
    if (own_cost_) return call_own_cost(worker, watch, kernels, net, table, labels, weights);
    return output_phase(worker, watch, kernels, net, labels ? nullptr : table.y.data(),
                        table.labels.data(), weights, loss, workspace_,
                        classifies_ ? correct_.data() : nullptr);
  }

  /// The sum of the weights of a batch's rows, which all workers have prepared; without weights,
  /// the number of its rows.
  double weight(std::size_t batch) const {
    const std::size_t count = rows(batch);
    if (!weighted(batch)) return static_cast<double>(count);
    const T* const weights = tables_[batch % 2].weights.data();
    double sum = 0.0;
    for (std::size_t i = 0; i < count; ++i) sum += static_cast<double>(weights[i]);
    return sum;
  }

  /// Adds a batch that is done to the totals; one worker, before the next batch's cost. weight:
  /// that of the batch.
  void count_batch(std::size_t batch, double weight) {
    for (const T c : workspace_.cost()) cost_ += static_cast<double>(c);
    if (classifies_) count_hits(tables_[batch % 2], weighted(batch));
    weight_ += weight;
  }

  /// Adds what a step has beside the costs of its rows.
  void count_penalty(double penalty) { penalty_ += penalty; }

  /// The totals of an epoch, to go on from and to go on with.
  void set_totals(const FitPosition& from) {
    cost_ = from.cost;
    hits_ = from.hits;
    weight_ = from.weight;
    penalty_ = from.penalty;
  }
  void get_totals(FitPosition& to) const {
    to.cost = cost_;
    to.hits = hits_;
    to.weight = weight_;
    to.penalty = penalty_;
  }

  /// The mean penalty since the last report, which is to be asked for before the other means.
  double mean_penalty() const { return penalty_ / weight_; }

  /// The means since the last report.
  Evaluation report(std::size_t outputs, const Loss& loss) {
    const Evaluation result =
        means({.cost = cost_, .hits = hits_, .weight = weight_}, classifies_, outputs, loss);
    set_totals({});
    return result;
  }

 private:
  struct Table {
    std::vector<const T*> x, y;
    std::vector<std::int32_t> labels;
    std::vector<T> weights;
    AlignedBuffer<T> made;   // rows of x, where they are not taken from where they lie
    std::vector<T> targets;  // rows of y, if the network normalises them
  };

  /// The next batch of the source, or the end of the epoch.
  template <class Grow>
  void take(const BasicNetwork<T>& net, const Loss& loss, std::size_t batch, Grow grow) {
    BasicData<T>& data = data_[batch % 2];
    data = {};
    if (!source_->next(data)) {
      count_ = batch;
      return;
    }
    Watch nobody;
    static_cast<void>(require_data(net, data, own_cost_ ? nullptr : &loss, nobody, true));
    const std::size_t rows = example_count(data);
    positions_[batch % 2] = position_;
    position_ += rows;
    input_[batch % 2].emplace(data, input_normalisation(net));
    make_room(tables_[batch % 2], data, *input_[batch % 2], rows);
    if (rows <= workspace_.max_batch()) return;
    workspace_ = BasicWorkspace<T>(net, {.max_batch = rows});
    correct_.resize(classifies_ ? rows : 0);
    if (own_cost_) own_cost_.emplace(net, data, *own_function_, rows);
    grow();
  }

  /// Has a table hold so many rows of this data.
  void make_room(Table& table, const BasicData<T>& data, const InputRows<T>& input,
                 std::size_t rows) const {
    const auto grow = [&](auto& list, bool wanted) {
      if (wanted && list.size() < rows) list.resize(rows);
    };
    grow(table.x, true);
    grow(table.y, !has_labels(data));
    grow(table.labels, has_labels(data));
    grow(table.weights, !data.weights.empty());
    if (targets_ != nullptr && table.targets.size() < rows * data.y.cols()) {
      table.targets.resize(rows * data.y.cols());
    }
    if (!input.are_made()) return;
    if (table.made.size() < rows * input.stride()) {
      table.made = AlignedBuffer<T>(rows * input.stride());
    }
    for (std::size_t i = 0; i < rows; ++i) table.x[i] = table.made.data() + i * input.stride();
  }

  // What a batch is of: the data, or of two batches of a source in turn.
  std::size_t side(std::size_t batch) const { return source_ != nullptr ? batch % 2 : 0; }
  const BasicData<T>& data(std::size_t batch) const { return data_[side(batch)]; }
  const InputRows<T>& input(std::size_t batch) const { return *input_[side(batch)]; }

  bool weighted(std::size_t batch) const { return !data(batch).weights.empty(); }

  /// The first worker alone calls the caller's function.
  [[nodiscard]] bool call_own_cost(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                                   const BasicNetwork<T>& net, const Table& table, bool labels,
                                   const T* weights) {
    return watch.first_alone(worker, [&] {
      const std::size_t top = net.depth();
      const BasicMatrixView<T> a = workspace_.a(top);
      for (std::size_t i = 0; i < a.rows(); ++i) {
        if (labels) {
          own_cost_->set_label(i, table.labels[i]);
        } else {
          own_cost_->set_target(i, table.y[i]);
        }
      }
      if (!own_cost_->call(a, workspace_.cost(), weights)) return false;
      if (classifies_) own_cost_->judge(a, correct_.data());
      own_cost_->derive(kernels, net.output(), workspace_.derivative_from(top), workspace_.dz(top),
                        weights);
      return true;
    });
  }

  /// Adds the right answers of a batch to the totals.
  void count_hits(const Table& table, bool weighted) {
    if (weighted) {
      for (std::size_t i = 0; i < workspace_.rows(); ++i) {
        hits_ += static_cast<double>(table.weights[i]) * correct_[i];
      }
      return;
    }
    std::int64_t hits = 0;
    for (std::size_t i = 0; i < workspace_.rows(); ++i) hits += correct_[i];
    hits_ += static_cast<double>(hits);
  }

  /// The rows of a part of a batch, into its table.
  void look_up(const Kernels<T>& kernels, std::size_t batch, Range part) {
    if (part.empty()) return;
    const BasicData<T>& all = data(batch);
    InputRows<T>& input = *input_[side(batch)];
    Table& table = tables_[batch % 2];
    const std::size_t first = source_ != nullptr ? 0 : batch * workspace_.max_batch();
    const std::uint64_t* const ordered =
        order_.rows(kernels, {first + part.begin, first + part.end}, part.begin, input.are_made());
    // What is the same for all rows is asked once: of the step of a small network this is a tenth.
    const auto each = [&](auto take) {
      for (std::size_t i = part.begin; i < part.end; ++i) {
        take(i, ordered == nullptr ? first + i : static_cast<std::size_t>(ordered[i - part.begin]));
      }
    };
    if (!input.are_made()) {
      input.point(table.x.data(), ordered, first, part);
    } else if (!input.make(kernels, table.made.data() + part.begin * input.stride(), ordered,
                           first + part.begin, part.size())) {
      unfit_.store(batch, std::memory_order_relaxed);
    }
    if (has_labels(all)) {
      each([&](std::size_t i, std::size_t row) { table.labels[i] = all.labels[row]; });
    } else {
      InputRows<T>::point_to_rows(table.y.data(), all.y, ordered, first, part);
      if (targets_ != nullptr) normalise(table, part, all.y.cols());
    }
    if (!all.weights.empty()) {
      each([&](std::size_t i, std::size_t row) { table.weights[i] = all.weights[row]; });
    }
  }

  /// The targets of a part of a batch as the network takes them.
  void normalise(Table& table, Range part, std::size_t columns) {
    for (std::size_t i = part.begin; i < part.end; ++i) {
      T* const to = table.targets.data() + i * columns;
      normalise_target_row(*targets_, to, table.y[i], columns);
      table.y[i] = to;
    }
  }

  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  BasicData<T> data_[2];  // the second for batches of a source
  std::optional<InputRows<T>> input_[2];
  std::atomic<std::size_t> unfit_{none};  // a batch
  std::exception_ptr failure_;            // what its source has thrown, if that is why
  BasicBatchSource<T>* source_ = nullptr;
  std::uint64_t position_ = 0, positions_[2] = {0, 0};  // of rows of a source's batches
  std::size_t examples_;
  BasicWorkspace<T> workspace_;
  EpochOrder<T> order_;
  std::atomic<std::size_t> count_;
  bool classifies_;
  const Normalisation* targets_;  // of the network, or null
  Table tables_[2];
  std::vector<std::int32_t> correct_;
  const BasicOwnCost<T>* own_function_ = nullptr;
  std::optional<OwnCostBatches<T>> own_cost_;
  double cost_ = 0.0, hits_ = 0.0, weight_ = 0.0, penalty_ = 0.0;
};

}  // namespace filbert
