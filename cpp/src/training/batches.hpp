// The batches of a data set on their way through a network: their rows, in the order of the epoch,
// and what they add up to.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "filbert/aligned.hpp"
#include "filbert/fit.hpp"
#include "network/data.hpp"
#include "network/input_rows.hpp"
#include "network/phases.hpp"
#include "network/row_parts.hpp"
#include "training/dropout.hpp"
#include "training/means.hpp"
#include "training/own_cost.hpp"

namespace filbert {

/// What one thread of control needs to take batches of a data set through a network.
template <class T>
class Batches {
 public:
  Batches(const BasicNetwork<T>& net, const BasicData<T>& data, std::size_t batch_size,
          const Loss& loss)
      : data_(data),
        input_(data),
        examples_(example_count(data)),
        workspace_(net, {.max_batch = std::min(batch_size, examples_)}),
        classifies_(classifies(loss, net.output())) {
    rows_.resize(std::max(workspace_.max_batch(), look_ahead));
    count_ = (examples_ - 1) / workspace_.max_batch() + 1;
    for (Table& table : tables_) {
      table.x.resize(workspace_.max_batch());
      if (input_.are_made() && (count_ > 1 || &table == tables_)) {
        table.made = AlignedBuffer<T>(workspace_.max_batch() * input_.stride());
        for (std::size_t i = 0; i < workspace_.max_batch(); ++i) {
          table.x[i] = table.made.data() + i * input_.stride();
        }
      }
      table.y.resize(has_labels(data) ? 0 : workspace_.max_batch());
      table.labels.resize(has_labels(data) ? workspace_.max_batch() : 0);
      table.weights.resize(data.weights.empty() ? 0 : workspace_.max_batch());
    }
    correct_.resize(classifies_ ? workspace_.max_batch() : 0);
  }

  /// From now on the cost is this function. It has to live as long as this object.
  void set_own_cost(const BasicNetwork<T>& net, const BasicOwnCost<T>& function) {
    own_cost_.emplace(net, data_, function, workspace_.max_batch());
    classifies_ = classifies_under_own_cost(net, data_);
    correct_.resize(classifies_ ? workspace_.max_batch() : 0);
  }

  BasicWorkspace<T>& workspace() { return workspace_; }
  std::size_t count() const { return count_; }
  std::size_t rows(std::size_t batch) const {
    return std::min(workspace_.max_batch(), examples_ - batch * workspace_.max_batch());
  }

  /// That of the first row of a batch in the epoch.
  std::uint64_t position(std::size_t batch) const { return batch * workspace_.max_batch(); }

  /// From now on batches are taken in this order; null: as the rows lie.
  void set_order(const Permutation* order) {
    order_ = order;
    known_ = {0, 0};
    listed_ = {};
  }
  /// From now on batches take these rows, of which there are as many as in the data.
  void set_order(std::span<const std::uint64_t> rows) { listed_ = rows; }

  /// Looks up the rows of a batch, and has those of an order fetched, which takes about as long as
  /// a step of a small network; each worker its part. Where rows have to be made, they are. Two
  /// batches can be ready at a time. A barrier only where there are very many rows. False: the
  /// watch has ended the work.
  [[nodiscard]] bool prepare(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                             std::size_t batch) {
    const std::size_t operations = 100 + input_.operations();  // of a row
    const std::size_t count = rows(batch), most = rows_between_barriers(count, operations);
    for (std::size_t begin = 0; begin < count; begin += most) {
      if (begin > 0 && !watch.sync(worker, most * operations)) return false;
      const Range all{begin, std::min(count, begin + most)};
      look_up(kernels, batch, all.part(worker.share(all.size(), operations)));
    }
    return true;
  }

  /// Whether x of a batch that all workers have prepared has a number that is not finite. Then the
  /// fit ends, with what refuse_unfit throws.
  bool is_unfit(std::size_t batch) const {
    return tables_[batch % 2].unfit.load(std::memory_order_relaxed);
  }
  template <class... Where>
  void refuse_unfit(const Where&... where) const {
    input_.refuse_unfit(where...);
  }

  const T* const* x(std::size_t batch) const { return tables_[batch % 2].x.data(); }

  /// Forward propagation and the cost of a prepared batch. dropout: null where there is none.
  /// False: the watch has ended it.
  [[nodiscard]] bool forward(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                             const BasicNetwork<T>& net, const Loss& loss, std::size_t batch,
                             Dropout<T>* dropout) {
    const Table& table = tables_[batch % 2];
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
    if (own_cost_) return call_own_cost(worker, watch, kernels, net, table);
    return output_phase(worker, watch, kernels, net, has_labels(data_) ? nullptr : table.y.data(),
                        table.labels.data(), weighted() ? table.weights.data() : nullptr, loss,
                        workspace_, classifies_ ? correct_.data() : nullptr);
  }

  /// The sum of the weights of a batch's rows, which all workers have prepared; without weights,
  /// the number of its rows.
  double weight(std::size_t batch) const {
    const std::size_t count = rows(batch);
    if (!weighted()) return static_cast<double>(count);
    const T* const weights = tables_[batch % 2].weights.data();
    double sum = 0.0;
    for (std::size_t i = 0; i < count; ++i) sum += static_cast<double>(weights[i]);
    return sum;
  }

  /// Adds a batch that is done to the totals; one worker, before the next batch's cost. weight:
  /// that of the batch.
  void count_batch(std::size_t batch, double weight) {
    for (const T c : workspace_.cost()) cost_ += static_cast<double>(c);
    if (classifies_) count_hits(tables_[batch % 2]);
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
    AlignedBuffer<T> made;  // rows of x, where they are not taken from where they lie
    std::atomic<bool> unfit{false};
  };

  bool weighted() const { return !data_.weights.empty(); }

  /// The first worker alone calls the caller's function.
  [[nodiscard]] bool call_own_cost(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                                   const BasicNetwork<T>& net, const Table& table) {
    return watch.first_alone(worker, [&] {
      const T* const weights = weighted() ? table.weights.data() : nullptr;
      const std::size_t top = net.depth();
      const BasicMatrixView<T> a = workspace_.a(top);
      for (std::size_t i = 0; i < a.rows(); ++i) {
        if (has_labels(data_)) {
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
  void count_hits(const Table& table) {
    if (weighted()) {
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
    Table& table = tables_[batch % 2];
    const std::size_t first = batch * workspace_.max_batch();
    const std::uint64_t* ordered = nullptr;
    if (!listed_.empty()) {
      ordered = listed_.data() + first + part.begin;
    } else if (order_ != nullptr) {
      ordered = ordered_rows(kernels, {first + part.begin, first + part.end}, part.begin);
    }
    // What is the same for all rows is asked once: of the step of a small network this is a tenth.
    const auto each = [&](auto take) {
      for (std::size_t i = part.begin; i < part.end; ++i) {
        take(i, ordered == nullptr ? first + i : static_cast<std::size_t>(ordered[i - part.begin]));
      }
    };
    if (!input_.are_made()) {
      input_.point(table.x.data(), ordered, first, part);
    } else if (!input_.make(kernels, table.made.data() + part.begin * input_.stride(), ordered,
                            first + part.begin, part.size())) {
      table.unfit.store(true, std::memory_order_relaxed);
    }
    if (has_labels(data_)) {
      each([&](std::size_t i, std::size_t row) { table.labels[i] = data_.labels[row]; });
    } else {
      InputRows<T>::point_to_rows(table.y.data(), data_.y, ordered, first, part);
    }
    if (weighted()) {
      each([&](std::size_t i, std::size_t row) { table.weights[i] = data_.weights[row]; });
    }
  }

  static constexpr std::size_t look_ahead = 128;  // positions that are ordered at once, at least

  /// Rows at these positions of the order. at: where a worker has room for its own.
  const std::uint64_t* ordered_rows(const Kernels<T>& kernels, Range wanted, std::size_t at) {
    std::uint64_t* rows = rows_.data() + at;
    // Workers share the rows of a small batch as well, where they have to be made.
    if (workspace_.max_batch() >= look_ahead || input_.are_made()) {
      kernels.permute(rows, *order_, wanted.begin, wanted.size());
      return rows;
    }
    // Small batches, which one worker prepares: more of the order than this one needs.
    if (wanted.begin < known_.begin || wanted.end > known_.end) {
      known_ = {wanted.begin, std::min(examples_, wanted.begin + look_ahead)};
      kernels.permute(rows_.data(), *order_, known_.begin, known_.size());
    }
    return rows_.data() + (wanted.begin - known_.begin);
  }

  BasicData<T> data_;
  InputRows<T> input_;
  std::size_t examples_;
  const Permutation* order_ = nullptr;
  std::span<const std::uint64_t> listed_;  // the rows in their order, where somebody has said it
  std::vector<std::uint64_t> rows_;        // of the order
  Range known_{0, 0};                      // positions whose rows they are
  BasicWorkspace<T> workspace_;
  std::size_t count_;
  bool classifies_;
  Table tables_[2];
  std::vector<std::int32_t> correct_;
  std::optional<OwnCostBatches<T>> own_cost_;
  double cost_ = 0.0, hits_ = 0.0, weight_ = 0.0, penalty_ = 0.0;
};

}  // namespace filbert
