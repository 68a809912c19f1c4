// The mean cost and the accuracy of a network on data.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "filbert/fit.hpp"
#include "filbert/propagate.hpp"
#include "kernels/dispatch.hpp"
#include "network/data.hpp"
#include "network/input_rows.hpp"
#include "network/layer_buffers.hpp"
#include "network/normalise.hpp"
#include "network/predict_activations.hpp"
#include "network/row_pieces.hpp"
#include "system/check.hpp"
#include "system/float_mode.hpp"
#include "system/watch.hpp"
#include "training/means.hpp"
#include "training/own_cost.hpp"

namespace filbert {
namespace {

/// The results of a window, which is the range of rows whose costs are computed before they are
/// added up, in their order.
template <class T>
struct Window {
  Range rows;                         // of the data
  std::vector<T> cost;                // C_0 of each row, times its weight
  std::vector<std::int32_t> correct;  // right answers of each row; empty if none are counted
};

/// C_0 and the right answers of pieces of a window, in the form that run_row_pieces takes.
template <class T>
class PieceEvaluation {
 public:
  PieceEvaluation(const Kernels<T>& kernels, const BasicNetwork<T>& net, const BasicData<T>& data,
                  InputRows<T>& input, const Loss& loss, Window<T>& window,
                  BasicMatrixView<T> outputs, std::size_t most_rows)
      : kernels_(kernels),
        net_(net),
        data_(data),
        input_(input),
        terms_(net, loss),
        window_(window),
        outputs_(outputs),
        most_rows_(most_rows),
        stride_(output_stride<T>(net.outputs())),
        buffers_(net, most_rows),
        made_(input.are_made() ? most_rows * input.stride() : 0),
        output_(3 * most_rows * stride_),
        y_(has_labels(data) ? 0 : most_rows),
        targets_(y_.empty() ? nullptr : target_normalisation(net)),
        normalised_(targets_ == nullptr ? 0 : most_rows * data.y.cols()) {}

  bool take(Range rows) {
    rows_ = rows;
    const std::size_t first = window_.rows.begin + rows.begin;
    if (input_.are_made()) {
      if (!input_.make(kernels_, made_.data(), nullptr, first, rows.size())) return false;
      buffers_.set_input({made_.data(), rows.size(), input_.cols(), input_.stride()});
    } else {
      input_.point(buffers_.input(rows.size()), nullptr, first, {0, rows.size()});
    }
    for (std::size_t i = 0; i < (y_.empty() ? 0 : rows.size()); ++i) {
      y_[i] = data_.y.row(first + i).data();
      if (targets_ == nullptr) continue;
      T* const to = normalised_.data() + i * data_.y.cols();
      normalise_target_row(*targets_, to, y_[i], data_.y.cols());
      y_[i] = to;
    }
    return true;
  }

  template <class Between>
  bool run(Worker& worker, Between between) {
    const BasicMatrixView<T> z = output(0), a = output(1), dz = output(2);
    if (!buffers_.forward(worker, kernels_, net_, z, a, true, between)) return false;
    const std::size_t operations = output_operations(net_.outputs());
    const Range i = worker.share(rows_.size(), operations, split_grain);
    if (!i.empty()) {
      const std::size_t in_window = rows_.begin + i.begin, row = window_.rows.begin + in_window;
      kernels_.output(
          {.cost = window_.cost.data() + in_window,
           .correct = window_.correct.empty() ? nullptr : window_.correct.data() + in_window,
           .dz = &dz(i.begin, 0),
           .da = nullptr,
           .a = &a(i.begin, 0),
           .z = &z(i.begin, 0),
           .ld = stride_,
           .y = y_.empty() ? nullptr : y_.data() + i.begin,
           .labels = y_.empty() ? data_.labels.data() + row : nullptr,
           .weights = data_.weights.empty() ? nullptr : data_.weights.data() + row,
           .m = i.size(),
           .n = net_.outputs(),
           .targets = terms_.targets,
           .activation = net_.output(),
           .loss = &terms_.loss,
           .judges_outputs = terms_.judges_outputs,
           .threshold = terms_.threshold});
      if (outputs_.data() != nullptr) {
        for (std::size_t r = 0; r < i.size(); ++r) {
          std::copy_n(&a(i.begin + r, 0), net_.outputs(), &outputs_(row + r, 0));
        }
      }
    }
    return between(rows_.size() * operations);
  }

 private:
  BasicMatrixView<T> output(std::size_t which) {
    return {output_.data() + which * most_rows_ * stride_, rows_.size(), net_.outputs(), stride_};
  }

  const Kernels<T>& kernels_;
  const BasicNetwork<T>& net_;
  const BasicData<T>& data_;
  InputRows<T>& input_;
  OutputTerms<T> terms_;
  Window<T>& window_;
  BasicMatrixView<T> outputs_;  // of all data; empty if nobody wants them
  std::size_t most_rows_, stride_;
  LayerBuffers<T> buffers_;
  AlignedBuffer<T> made_;    // rows of x, where they are not taken from where they lie
  AlignedBuffer<T> output_;  // z, a and dz of the last layer
  std::vector<const T*> y_;  // rows of targets; empty if the targets are labels
  const Normalisation* targets_;
  AlignedBuffer<T> normalised_;  // the rows of targets, if the network normalises them
  Range rows_{0, 0};             // the piece, counted from the first row of the window
};

/// Adds the rows of a window to the totals, in the order that docs/numerics.md says.
template <class T>
void add_window(const Window<T>& window, const BasicData<T>& data, Totals& totals) {
  constexpr std::size_t batch_rows = 256;
  const std::size_t first = window.rows.begin, count = window.rows.size();
  for (std::size_t i = 0; i < count; ++i) totals.cost += static_cast<double>(window.cost[i]);
  if (data.weights.empty()) {
    std::int64_t hits = 0;
    if (!window.correct.empty()) {
      for (std::size_t i = 0; i < count; ++i) hits += window.correct[i];
    }
    totals.hits += static_cast<double>(hits);
    totals.weight += static_cast<double>(count);
    return;
  }
  if (!window.correct.empty()) {
    for (std::size_t i = 0; i < count; ++i) {
      totals.hits += static_cast<double>(data.weights[first + i]) * window.correct[i];
    }
  }
  for (std::size_t begin = 0; begin < count; begin += batch_rows) {
    double weight = 0.0;
    for (std::size_t i = begin; i < std::min(count, begin + batch_rows); ++i) {
      weight += static_cast<double>(data.weights[first + i]);
    }
    totals.weight += weight;
  }
}

/// The same for a cost of the caller's own.
template <class T>
Evaluation evaluate_own_cost(const BasicNetwork<T>& net, const BasicData<T>& data,
                             const BasicOwnCost<T>& own, const KeepGoing& keep_going,
                             BasicMatrixView<T> all_outputs) {
  constexpr std::size_t window_rows = std::size_t{1} << 12;  // a multiple of batch_rows
  const std::size_t rows = example_count(data), outputs = net.outputs();
  const std::size_t most = std::min(rows, window_rows);
  const bool classifies = classifies_under_own_cost(net, data);
  const Kernels<T>& kernels = active_kernels<T>();
  Window<T> window{.rows = {0, 0},
                   .cost = std::vector<T>(most),
                   .correct = std::vector<std::int32_t>(classifies ? most : 0)};
  std::vector<T> numbers(most * outputs);
  OwnCostBatches<T> batches(net, data, own, most);
  const Normalisation* const targets = has_labels(data) ? nullptr : target_normalisation(net);
  std::vector<T> y(data.y.cols());
  InputRows<T> input(data, input_normalisation(net));
  AlignedBuffer<T> made(input.lies_ready() ? 0 : most * input.stride());
  Totals totals;
  for (std::size_t begin = 0; begin < rows; begin += window_rows) {
    window.rows = {begin, std::min(rows, begin + window_rows)};
    const std::size_t count = window.rows.size();
    const BasicMatrixView<T> a(numbers.data(), count, outputs);
    BasicMatrixView<const T> x(made.data(), count, input.cols(), input.stride());
    if (input.lies_ready()) {
      x = input.view().rows_from(begin, count);
    } else if (!input.make(kernels, made.data(), nullptr, begin, count)) {
      break;
    }
    if (!predict_activations(net, x, a, keep_going)) break;
    if (all_outputs.data() != nullptr) {
      std::copy_n(numbers.data(), count * outputs, &all_outputs(begin, 0));
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (has_labels(data)) {
        batches.set_label(i, data.labels[begin + i]);
      } else if (targets == nullptr) {
        batches.set_target(i, data.y.row(begin + i).data());
      } else {
        normalise_target_row(*targets, y.data(), data.y.row(begin + i).data(), y.size());
        batches.set_target(i, y.data());
      }
    }
    const T* const weights = data.weights.empty() ? nullptr : data.weights.data() + begin;
    if (!batches.call(a, {window.cost.data(), count}, weights)) break;
    if (classifies) batches.judge(a, window.correct.data());
    add_window(window, data, totals);
  }
  input.refuse_unfit();
  return means(totals, classifies, outputs, Loss{});
}

/// Where the outputs are wanted.
template <class T>
BasicMatrixView<T> outputs_of(const EvaluateOptions& options) {
  if constexpr (std::is_same_v<T, float>) {
    require(options.a64.data() == nullptr, "a64: expected none for a Network, got room");
    return options.a;
  } else {
    require(options.a.data() == nullptr, "a: expected none for a Network64, got room");
    return options.a64;
  }
}

template <class T>
Evaluation evaluate_network(const BasicNetwork<T>& net, const BasicData<T>& data,
                            const EvaluateOptions& options) {
  const FloatMode mode;
  const Loss loss = options.loss.value_or(default_loss(net.output()));
  const BasicOwnCost<T>& own = own_cost<T>(options);
  Watch watch(options.keep_going);
  if (!require_data(net, data, own ? nullptr : &loss, watch)) {
    return {.loss = std::numeric_limits<double>::quiet_NaN(), .accuracy = {}};
  }
  const BasicMatrixView<T> all_outputs = outputs_of<T>(options);
  require(all_outputs.data() == nullptr ||
              (all_outputs.rows() == example_count(data) && all_outputs.cols() == net.outputs() &&
               all_outputs.stride() == net.outputs()),
          "a: expected room for ", example_count(data), " rows of ", net.outputs(),
          " outputs without gaps, got other room");
  const auto in_units_of_y = [&](const Evaluation& result) {
    const Normalisation* const by = target_normalisation(net);
    if (by != nullptr && all_outputs.data() != nullptr) restore_outputs(*by, all_outputs);
    return result;
  };
  if (own) {
    return in_units_of_y(evaluate_own_cost(net, data, own, options.keep_going, all_outputs));
  }
  constexpr std::size_t window_rows = std::size_t{1} << 16;  // a multiple of batch_rows
  const std::size_t rows = example_count(data), most = std::min(rows, window_rows);
  const bool classifies = filbert::classifies(loss, net.output());
  const Kernels<T>& kernels = active_kernels<T>();
  Window<T> window{.rows = {0, 0},
                   .cost = std::vector<T>(most),
                   .correct = std::vector<std::int32_t>(classifies ? most : 0)};
  InputRows<T> input(data, input_normalisation(net));
  Totals totals;
  for (std::size_t begin = 0; begin < rows; begin += window_rows) {
    window.rows = {begin, std::min(rows, begin + window_rows)};
    if (!run_row_pieces(net, window.rows.size(), watch, [&](std::size_t most_rows) {
          return PieceEvaluation<T>(kernels, net, data, input, loss, window, all_outputs,
                                    most_rows);
        })) {
      break;
    }
    add_window(window, data, totals);
  }
  input.refuse_unfit();
  return in_units_of_y(means(totals, classifies, net.outputs(), loss));
}

}  // namespace

Evaluation evaluate(const Network& net, const Data& data, const EvaluateOptions& options) {
  return evaluate_network(net, data, options);
}
Evaluation evaluate(const Network64& net, const Data64& data, const EvaluateOptions& options) {
  return evaluate_network(net, data, options);
}

}  // namespace filbert
