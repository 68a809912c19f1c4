// The batches of a data set on their way through a network: their rows, in the order of the epoch,
// and what they add up to.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "filbert/aligned.hpp"
#include "filbert/batch_source.hpp"
#include "filbert/fit.hpp"
#include "filbert/workspace.hpp"
#include "kernels/kernels.hpp"
#include "network/input_rows.hpp"
#include "network/normalise.hpp"
#include "network/phases.hpp"
#include "system/team.hpp"
#include "system/watch.hpp"
#include "training/dropout.hpp"
#include "training/epoch_order.hpp"
#include "training/own_cost.hpp"

namespace filbert {

/// What one thread of control needs to take batches of a data set through a network.
template <class T>
class Batches {
 public:
  /// Stands for no batch.
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  Batches(const BasicNetwork<T>& net, const BasicData<T>& data, std::size_t batch_size,
          const Loss& loss);

  /// From now on the cost is this function. It has to live as long as this object.
  void set_own_cost(const BasicNetwork<T>& net, const BasicOwnCost<T>& function);

  /// From now on batches come from this source. Those of the data, the source's first one, have
  /// only said how large a batch is.
  void set_source(BasicBatchSource<T>& source) { source_ = &source; }

  BasicWorkspace<T>& workspace() { return workspace_; }
  std::size_t max_batch() const { return workspace_.max_batch(); }

  /// The batches of the epoch; where they come from a source, more than there can be, until its end
  /// has been seen.
  std::size_t count() const { return count_.load(std::memory_order_relaxed); }

  /// Which part of the epoch is over before a batch, as schedules count time.
  double part(std::size_t batch) const;

  std::size_t rows(std::size_t batch) const;

  /// That of the first row of a batch in the epoch.
  std::uint64_t position(std::size_t batch) const {
    return source_ != nullptr ? positions_[batch % 2] : batch * workspace_.max_batch();
  }

  /// Begins an epoch of which so many batches are done.
  void begin_epoch(std::size_t done);

  /// Has the source make a batch, which from now on is one of count(), or the end of the epoch; the
  /// first worker does it while the others wait. grow(): called when a batch is larger than all
  /// before it, after the workspace has become so. What it throws, or a check of the batch, makes
  /// the batch unfit, so that the batch before it is still done. Data in memory need nothing of it.
  /// False: the watch has ended the work.
  [[nodiscard]] bool receive(Worker& worker, Watch& watch, const BasicNetwork<T>& net,
                             const Loss& loss, std::size_t batch,
                             const std::function<void()>& grow) {
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
                             std::size_t batch);

  /// Whether a batch that all workers have prepared cannot be used, because x has a number that is
  /// not finite, or because its source has failed. Then the fit ends with what refuse_unfit throws.
  bool is_unfit(std::size_t batch) const { return unfit_.load(std::memory_order_relaxed) == batch; }

  /// Throws what the source has thrown, or std::invalid_argument, if there is such a batch. epoch:
  /// of the fit, from 0.
  void refuse_unfit(std::size_t epoch) const;

  /// What a batch that is prepared takes: for each row where x is and where y is, or else its
  /// label, and its weight, or null where there are none.
  const T* const* x(std::size_t batch) const { return tables_[batch % 2].x.data(); }
  const T* const* y(std::size_t batch) const { return tables_[batch % 2].y.data(); }
  const std::int32_t* labels(std::size_t batch) const { return tables_[batch % 2].labels.data(); }
  const T* weights(std::size_t batch) const {
    return weighted(batch) ? tables_[batch % 2].weights.data() : nullptr;
  }

  /// Forward propagation and the cost of a prepared batch. dropout: null where there is none.
  /// False: the watch has ended it.
  [[nodiscard]] bool forward(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                             const BasicNetwork<T>& net, std::size_t batch, Dropout<T>* dropout);

  /// The sum of the weights of a batch's rows, which all workers have prepared; without weights,
  /// the number of its rows.
  double weight(std::size_t batch) const;

  /// The total cost of the epoch with that of a batch whose forward propagation is done. It is
  /// finite only if the costs of all rows are.
  double cost_with(std::size_t batch) { return cost_with(batch, workspace_.cost().data(), 1); }

  /// Adds a batch that is done to the totals; one worker, before the next batch's cost. weight:
  /// that of the batch. cost: cost_with of it.
  void count_batch(std::size_t batch, double weight, double cost) {
    count_batch(batch, weight, cost, correct_.data(), 1);
  }
  /// The same where costs and right answers are elsewhere, those of row i at [i * stride].
  void count_batch(std::size_t batch, double weight, const T* costs, const std::int32_t* correct,
                   std::size_t stride) {
    count_batch(batch, weight, cost_with(batch, costs, stride), correct, stride);
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
  Evaluation report(std::size_t outputs, const Loss& loss);

 private:
  struct Table {
    std::vector<const T*> x, y;
    std::vector<std::int32_t> labels;
    std::vector<T> weights;
    AlignedBuffer<T> made;   // rows of x, where they are not taken from where they lie
    std::vector<T> targets;  // rows of y, if the network normalises them
  };

  /// The next batch of the source, or the end of the epoch.
  void take(const BasicNetwork<T>& net, const Loss& loss, std::size_t batch,
            const std::function<void()>& grow);

  /// Has a table hold so many rows of this data.
  void make_room(Table& table, const BasicData<T>& data, const InputRows<T>& input,
                 std::size_t rows) const;

  // What a batch is of: the data, or of two batches of a source in turn.
  std::size_t side(std::size_t batch) const { return source_ != nullptr ? batch % 2 : 0; }
  const BasicData<T>& data(std::size_t batch) const { return data_[side(batch)]; }
  const InputRows<T>& input(std::size_t batch) const { return *input_[side(batch)]; }

  double cost_with(std::size_t batch, const T* costs, std::size_t stride) const;
  void count_batch(std::size_t batch, double weight, double cost, const std::int32_t* correct,
                   std::size_t stride);

  bool weighted(std::size_t batch) const { return !data(batch).weights.empty(); }

  /// The first worker alone calls the caller's function.
  [[nodiscard]] bool call_own_cost(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                                   const BasicNetwork<T>& net, const Table& table, bool labels,
                                   const T* weights);

  /// The rows of a part of a batch, into its table.
  void look_up(const Kernels<T>& kernels, std::size_t batch, Range part);

  /// The targets of a part of a batch as the network takes them.
  void normalise(Table& table, Range part, std::size_t columns);

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
  OutputTerms<T> terms_;
  const Normalisation* targets_;  // of the network, or null
  Table tables_[2];
  std::vector<std::int32_t> correct_;
  const BasicOwnCost<T>* own_function_ = nullptr;
  std::optional<OwnCostBatches<T>> own_cost_;
  double cost_ = 0.0, hits_ = 0.0, weight_ = 0.0, penalty_ = 0.0;
};

extern template class Batches<float>;  // compiled once, in batches.cpp
extern template class Batches<double>;

}  // namespace filbert
