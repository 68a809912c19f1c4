#include "training/batches.hpp"

#include <algorithm>
#include <exception>

#include "network/data.hpp"
#include "network/phases.hpp"
#include "network/row_parts.hpp"
#include "system/compiler.hpp"
#include "training/means.hpp"

namespace filbert {

template <class T>
Batches<T>::Batches(const BasicNetwork<T>& net, const BasicData<T>& data, std::size_t batch_size,
                    const Loss& loss)
    : data_{data},
      examples_(example_count(data)),
      workspace_(net, {.max_batch = std::min(batch_size, examples_)}),
      order_(workspace_.max_batch(), examples_),
      classifies_(classifies(loss, net.output())),
      terms_(net, loss),
      targets_(target_normalisation(net)) {
  count_ = (examples_ - 1) / workspace_.max_batch() + 1;
  input_[0].emplace(data, input_normalisation(net));
  for (std::size_t i = 0; i < std::min<std::size_t>(count_, 2); ++i) {
    make_room(tables_[i], data, *input_[0], workspace_.max_batch());
  }
  correct_.resize(classifies_ ? workspace_.max_batch() : 0);
}

template <class T>
void Batches<T>::set_own_cost(const BasicNetwork<T>& net, const BasicOwnCost<T>& function) {
  own_function_ = &function;
  own_cost_.emplace(net, data_[0], function, workspace_.max_batch());
  classifies_ = classifies_under_own_cost(net, data_[0]);
  correct_.resize(classifies_ ? workspace_.max_batch() : 0);
}

template <class T>
double Batches<T>::part(std::size_t batch) const {
  if (source_ == nullptr) return static_cast<double>(batch) / static_cast<double>(count());
  const std::size_t all = source_->count();
  return all == 0 ? 0.0 : std::min(1.0, static_cast<double>(batch) / static_cast<double>(all));
}

template <class T>
std::size_t Batches<T>::rows(std::size_t batch) const {
  if (source_ != nullptr) return example_count(data_[batch % 2]);
  return std::min(workspace_.max_batch(), examples_ - batch * workspace_.max_batch());
}

template <class T>
void Batches<T>::begin_epoch(std::size_t done) {
  if (source_ == nullptr) return;
  position_ = source_->begin_epoch(done);
  count_ = std::numeric_limits<std::size_t>::max();
}

template <class T>
FILBERT_HOT bool Batches<T>::prepare(Worker& worker, Watch& watch, const Kernels<T>& kernels,
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

template <class T>
void Batches<T>::refuse_unfit(std::size_t epoch) const {
  if (failure_) std::rethrow_exception(failure_);
  const std::size_t batch = unfit_.load(std::memory_order_relaxed);
  if (batch != none) {
    input(batch).refuse_unfit(", in batch ", batch + 1, " of epoch ", epoch + 1);
  }
}

template <class T>
FILBERT_HOT bool Batches<T>::forward(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                                     const BasicNetwork<T>& net, std::size_t batch,
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
  const T* const weights = this->weights(batch);
  if (own_cost_) return call_own_cost(worker, watch, kernels, net, table, labels, weights);
  return output_phase(worker, watch, kernels, net, labels ? nullptr : table.y.data(),
                      table.labels.data(), weights, terms_, workspace_,
                      classifies_ ? correct_.data() : nullptr);
}

template <class T>
FILBERT_HOT double Batches<T>::weight(std::size_t batch) const {
  const std::size_t count = rows(batch);
  if (!weighted(batch)) return static_cast<double>(count);
  const T* const weights = tables_[batch % 2].weights.data();
  double sum = 0.0;
  for (std::size_t i = 0; i < count; ++i) sum += static_cast<double>(weights[i]);
  return sum;
}

template <class T>
FILBERT_HOT double Batches<T>::cost_with(std::size_t batch, const T* costs,
                                         std::size_t stride) const {
  const std::size_t count = rows(batch);
  double total = cost_;
  for (std::size_t i = 0; i < count; ++i) total += static_cast<double>(costs[i * stride]);
  return total;
}

template <class T>
FILBERT_HOT void Batches<T>::count_batch(std::size_t batch, double weight, double cost,
                                         const std::int32_t* correct, std::size_t stride) {
  cost_ = cost;
  weight_ += weight;
  if (!classifies_) return;
  const std::size_t count = rows(batch);
  const T* const weights = this->weights(batch);
  if (weights != nullptr) {
    for (std::size_t i = 0; i < count; ++i) {
      hits_ += static_cast<double>(weights[i]) * correct[i * stride];
    }
    return;
  }
  std::int64_t hits = 0;
  for (std::size_t i = 0; i < count; ++i) hits += correct[i * stride];
  hits_ += static_cast<double>(hits);
}

template <class T>
Evaluation Batches<T>::report(std::size_t outputs, const Loss& loss) {
  const Evaluation result =
      means({.cost = cost_, .hits = hits_, .weight = weight_}, classifies_, outputs, loss);
  set_totals({});
  return result;
}

template <class T>
void Batches<T>::take(const BasicNetwork<T>& net, const Loss& loss, std::size_t batch,
                      const std::function<void()>& grow) {
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

template <class T>
void Batches<T>::make_room(Table& table, const BasicData<T>& data, const InputRows<T>& input,
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

template <class T>
bool Batches<T>::call_own_cost(Worker& worker, Watch& watch, const Kernels<T>& kernels,
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

template <class T>
FILBERT_HOT void Batches<T>::look_up(const Kernels<T>& kernels, std::size_t batch, Range part) {
  if (part.empty()) return;
  const BasicData<T>& all = data(batch);
  InputRows<T>& input = *input_[side(batch)];
  Table& table = tables_[batch % 2];
  const std::size_t first = source_ != nullptr ? 0 : batch * workspace_.max_batch();
  const std::uint64_t* const ordered =
      order_.rows(kernels, {first + part.begin, first + part.end}, part.begin, input.are_made());
  // What is the same for all rows is asked once: of the step of a small network this is a tenth.
  const auto take = [&](auto& to, const auto& from) {
    if (ordered == nullptr) {
      std::copy_n(from.data() + first + part.begin, part.size(), to.data() + part.begin);
      return;
    }
    for (std::size_t i = part.begin; i < part.end; ++i) {
      to[i] = from[static_cast<std::size_t>(ordered[i - part.begin])];
    }
  };
  if (!input.are_made()) {
    input.point(table.x.data(), ordered, first, part);
  } else if (!input.make(kernels, table.made.data() + part.begin * input.stride(), ordered,
                         first + part.begin, part.size())) {
    unfit_.store(batch, std::memory_order_relaxed);
  }
  if (has_labels(all)) {
    take(table.labels, all.labels);
  } else {
    InputRows<T>::point_to_rows(table.y.data(), all.y, ordered, first, part);
    if (targets_ != nullptr) normalise(table, part, all.y.cols());
  }
  if (!all.weights.empty()) take(table.weights, all.weights);
}

template <class T>
void Batches<T>::normalise(Table& table, Range part, std::size_t columns) {
  for (std::size_t i = part.begin; i < part.end; ++i) {
    T* const to = table.targets.data() + i * columns;
    normalise_target_row(*targets_, to, table.y[i], columns);
    table.y[i] = to;
  }
}

template class Batches<float>;
template class Batches<double>;

}  // namespace filbert
