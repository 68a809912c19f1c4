#include "filbert/metrics.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>

#include "filbert/propagate.hpp"
#include "system/check.hpp"
#include "system/float_mode.hpp"
#include "system/names.hpp"

namespace filbert {
namespace {

constexpr std::array<std::string_view, 10> names = {
    "accuracy", "balanced_accuracy", "top_k", "precision", "recall", "f1", "auc", "mae", "mse",
    "r2"};
constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// What a network predicts.
enum class Task {
  values,
  two,       // one output is above a threshold, or not
  several,   // the class of the highest output
  decisions  // each output is above a threshold, or not
};

Task task_of(const Predicting& network) {
  if (network.loss && traits_of(*network.loss).judges_outputs && network.outputs > 1) {
    return Task::decisions;
  }
  const bool tells = network.loss ? classifies(*network.loss, network.output)
                                  : traits_of(network.output).classifies;
  if (!tells) return Task::values;
  return network.outputs == 1 ? Task::two : Task::several;
}

bool is_of_values(MetricKind kind) { return kind >= MetricKind::mae; }

/// The class of each row, and how often each class is said and right.
class Answers {
 public:
  Answers(const Predictions& of, Task task, double threshold)
      : of_(of), task_(task), threshold_(threshold) {}

  bool in_truth(std::size_t i, std::size_t j) const {
    if (task_ == Task::several) return truth(i) == j;
    if (!of_.labels.empty()) return static_cast<std::size_t>(of_.labels[i]) == j;
    return of_.y(i, j) > threshold_;
  }

  std::size_t truth(std::size_t i) const {
    if (!of_.labels.empty()) return static_cast<std::size_t>(of_.labels[i]);
    return task_ == Task::two ? (of_.y(i, 0) > threshold_ ? 1 : 0) : largest(of_.y, i);
  }

  double weight(std::size_t i) const { return of_.weights.empty() ? 1.0 : of_.weights[i]; }

  /// Sums of weights, for each class: of rows that are of it, were said to be, and both.
  struct Counts {
    std::vector<double> truth, said, both;
    double total = 0.0;
  };

  Counts count() const {
    const std::size_t classes = task_ == Task::two ? 2 : of_.a.cols();
    Counts counts{std::vector<double>(classes), std::vector<double>(classes),
                  std::vector<double>(classes)};
    for (std::size_t i = 0; i < of_.a.rows(); ++i) {
      const double w = weight(i);
      counts.total += w;
      if (task_ == Task::decisions) {
        for (std::size_t j = 0; j < classes; ++j) {
          const bool is = in_truth(i, j), said = of_.a(i, j) > threshold_;
          if (is) counts.truth[j] += w;
          if (said) counts.said[j] += w;
          if (is && said) counts.both[j] += w;
        }
        continue;
      }
      const std::size_t is = truth(i);
      const std::size_t said =
          task_ == Task::two ? (of_.a(i, 0) > threshold_ ? 1 : 0) : largest(of_.a, i);
      counts.truth[is] += w;
      counts.said[said] += w;
      if (is == said) counts.both[is] += w;
    }
    return counts;
  }

 private:
  static std::size_t largest(const ConstMatrixView64& rows, std::size_t i) {
    const double* const row = rows.row(i).data();
    return static_cast<std::size_t>(std::max_element(row, row + rows.cols()) - row);
  }

  const Predictions& of_;
  Task task_;
  double threshold_;
};

double ratio(double of, double all) { return all > 0.0 ? of / all : 0.0; }

/// Precision, recall or f1 of one class.
double score_of(MetricKind kind, const Answers::Counts& counts, std::size_t j) {
  switch (kind) {
    case MetricKind::precision:
      return ratio(counts.both[j], counts.said[j]);
    case MetricKind::recall:
      return ratio(counts.both[j], counts.truth[j]);
    default:
      return ratio(2.0 * counts.both[j], counts.said[j] + counts.truth[j]);
  }
}

double score(MetricKind kind, const Answers::Counts& counts, Task task) {
  const std::size_t classes = counts.truth.size();
  if (task != Task::decisions && classes == 2) return score_of(kind, counts, 1);
  double sum = 0.0, count = 0.0;
  for (std::size_t j = 0; j < classes; ++j) {
    if (task != Task::decisions && !(counts.truth[j] > 0.0 || counts.said[j] > 0.0)) continue;
    sum += score_of(kind, counts, j);
    count += 1.0;
  }
  return sum / count;
}

double accuracy(const Answers::Counts& counts, Task task) {
  double right = 0.0;
  for (std::size_t j = 0; j < counts.truth.size(); ++j) {
    right += counts.both[j];
    // Of decisions, those against it may be right as well.
    if (task == Task::decisions) {
      right += counts.total - counts.truth[j] - counts.said[j] + counts.both[j];
    }
  }
  const double judged = task == Task::decisions ? static_cast<double>(counts.truth.size()) : 1.0;
  return right / (counts.total * judged);
}

double balanced_accuracy(const Answers::Counts& counts) {
  double sum = 0.0, count = 0.0;
  for (std::size_t j = 0; j < counts.truth.size(); ++j) {
    if (!(counts.truth[j] > 0.0)) continue;
    sum += counts.both[j] / counts.truth[j];
    count += 1.0;
  }
  return sum / count;
}

double top(std::size_t k, const Predictions& of, const Answers& classes) {
  double right = 0.0, total = 0.0;
  for (std::size_t i = 0; i < of.a.rows(); ++i) {
    const std::size_t truth = classes.truth(i);
    std::size_t before = 0;  // classes that come first: of equal ones, the first one does
    for (std::size_t j = 0; j < of.a.cols(); ++j) {
      before += of.a(i, j) > of.a(i, truth) || (of.a(i, j) == of.a(i, truth) && j < truth) ? 1 : 0;
    }
    if (before < k) right += classes.weight(i);
    total += classes.weight(i);
  }
  return right / total;
}

/// The area under the ROC curve of the rows in `order`, by the trapezoidal rule. score(i), is(i):
/// of a row; NaN where not both kinds of rows occur.
template <class Score, class Is>
double area(std::vector<std::size_t>& order, const Answers& classes, Score score, Is is) {
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t i, std::size_t j) {
    return score(i) > score(j) || (score(i) == score(j) && i < j);
  });
  double yes = 0.0, no = 0.0, sum = 0.0;
  for (std::size_t begin = 0; begin < order.size();) {
    const double yes_before = yes, no_before = no;
    std::size_t end = begin;
    for (; end < order.size() && score(order[end]) == score(order[begin]); ++end) {
      (is(order[end]) ? yes : no) += classes.weight(order[end]);
    }
    sum += (no - no_before) * (yes + yes_before);
    begin = std::max(end, begin + 1);
  }
  return yes > 0.0 && no > 0.0 ? sum / (2.0 * yes * no) : none;
}

double auc(const Predictions& of, const Answers& classes, Task task) {
  std::vector<std::size_t> order(of.a.rows());
  const std::size_t outputs = of.a.cols();
  const auto of_class = [&](std::size_t output, std::size_t j) {
    return area(
        order, classes, [&](std::size_t i) { return of.a(i, output); },
        [&](std::size_t i) {
          return task == Task::decisions ? classes.in_truth(i, j) : classes.truth(i) == j;
        });
  };
  if (task == Task::two) return of_class(0, 1);
  if (task == Task::several && outputs == 2) return of_class(1, 1);
  double sum = 0.0, count = 0.0;
  for (std::size_t j = 0; j < outputs; ++j) {
    const double of_this = of_class(j, j);
    if (std::isnan(of_this)) continue;
    sum += of_this;
    count += 1.0;
  }
  return count > 0.0 ? sum / count : none;
}

/// mae, mse or r2: the mean over the columns of y.
double of_values(MetricKind kind, const Predictions& of, const Answers& rows_of) {
  const std::size_t rows = of.a.rows(), columns = of.labels.empty() ? of.y.cols() : of.a.cols();
  const auto y = [&](std::size_t i, std::size_t j) {
    if (of.labels.empty()) return of.y(i, j);
    return static_cast<std::size_t>(of.labels[i]) == j ? 1.0 : 0.0;
  };
  // The sum over the rows of a function of the row, times its weight.
  const auto total = [&](auto function) {
    double sum = 0.0;
    if (of.weights.empty()) {
      for (std::size_t i = 0; i < rows; ++i) sum += function(i);
      return sum;
    }
    for (std::size_t i = 0; i < rows; ++i) {
      if (of.weights[i] > 0.0) sum += of.weights[i] * function(i);
    }
    return sum;
  };
  const double weight = total([](std::size_t) { return 1.0; });
  double sum = 0.0;
  for (std::size_t j = 0; j < columns; ++j) {
    const auto squares = [&] {
      return total([&](std::size_t i) {
        const double d = of.a(i, j) - y(i, j);
        return d * d;
      });
    };
    if (kind == MetricKind::mae) {
      sum += total([&](std::size_t i) { return std::abs(of.a(i, j) - y(i, j)); }) / weight;
    } else if (kind == MetricKind::mse) {
      sum += squares() / weight;
    } else {
      std::size_t first = rows, counted = 0;
      bool constant = true;
      for (std::size_t i = 0; i < rows; ++i) {
        if (!(rows_of.weight(i) > 0.0)) continue;
        if (counted++ == 0) first = i;
        constant = constant && y(i, j) == y(first, j);
      }
      if (counted < 2) return none;
      if (constant) {
        sum += squares() > 0.0 ? 0.0 : 1.0;
        continue;
      }
      const double mean = total([&](std::size_t i) { return y(i, j); }) / weight;
      const double spread = total([&](std::size_t i) {
        const double d = y(i, j) - mean;
        return d * d;
      });
      sum += 1.0 - squares() / spread;
    }
  }
  return sum / static_cast<double>(columns);
}

void require_sizes(const Predictions& of, const Predicting& network) {
  const std::size_t rows = of.a.rows();
  require(rows > 0, "a: expected at least one row, got 0");
  require(of.a.cols() == network.outputs && of.a.stride() == network.outputs, "a: expected ",
          network.outputs, " columns without gaps, got ", of.a.cols());
  require(of.labels.empty() ? of.y.rows() == rows : of.labels.size() == rows, "y: expected ", rows,
          " rows or labels, got ", of.labels.empty() ? of.y.rows() : of.labels.size());
  for (const std::int32_t label : of.labels) {
    require(label >= 0 && static_cast<std::size_t>(label) < network.outputs,
            "labels: expected integers in 0 .. ", network.outputs - 1, ", got ", label);
  }
  require(of.weights.empty() || of.weights.size() == rows, "weights: expected ", rows, ", got ",
          of.weights.size());
  const double most = of.weights.empty() ? 1.0 : *std::ranges::max_element(of.weights);
  require(most > 0.0, "weights: expected one above 0, got none");
}

}  // namespace

std::span<const std::string_view> metric_names() { return names; }

Metric metric_from_string(std::string_view text) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto kind = static_cast<MetricKind>(i);
    if (text == names[i] && kind != MetricKind::top) return {kind};
  }
  std::size_t k = 0;
  if (text.starts_with("top_")) {
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data() + 4, end, k);
    if (error == std::errc() && rest == end && k > 0 && text[4] != '0') {
      return {MetricKind::top, k};
    }
  }
  refuse("metric: expected ", list_names(names), ", k being a number above 0, got '", text, "'");
}

std::string to_string(const Metric& metric) {
  if (metric.kind == MetricKind::top) return "top_" + std::to_string(metric.k);
  return std::string(names[static_cast<std::size_t>(metric.kind)]);
}

bool higher_is_better(const Metric& metric) {
  return metric.kind != MetricKind::mae && metric.kind != MetricKind::mse;
}

void require_metric_fits(const Metric& metric, const Predicting& network) {
  const Task task = task_of(network);
  const std::string name = to_string(metric);
  if (is_of_values(metric.kind)) {
    const ActivationKind output = network.output.kind;
    require(output != ActivationKind::softmax && output != ActivationKind::log_softmax, name,
            ": expected a network whose outputs are values, got output ", to_string(network.output),
            ", which tells classes apart");
    return;
  }
  require(task != Task::values, name, ": expected a network that tells classes apart, got output ",
          to_string(network.output), network.loss ? " under " : "",
          network.loss ? traits_of(*network.loss).name : "");
  if (metric.kind == MetricKind::balanced_accuracy) {
    require(task != Task::decisions, name,
            ": expected one class for each row, got a decision for each of ", network.outputs,
            " outputs");
  }
  if (metric.kind == MetricKind::top) {
    require(task == Task::several && metric.k <= network.outputs, name, ": expected at least ",
            metric.k, " outputs, one of which is right, got ",
            task == Task::several ? "" : "decisions of ", network.outputs);
  }
}

std::vector<double> measure(std::span<const Metric> metrics, const Predictions& predictions,
                            const Predicting& network) {
  const FloatMode mode;
  require_sizes(predictions, network);
  const std::span<const double> all(predictions.a.data(), predictions.a.rows() * network.outputs);
  if (first_nonfinite(all) < all.size()) return std::vector<double>(metrics.size(), none);
  const Task task = task_of(network);
  const bool signs = network.loss && traits_of(*network.loss).targets == TargetRange::signs;
  const Answers classes(predictions, task, signs ? 0.0 : 0.5);
  std::optional<Answers::Counts> known;
  const auto counts = [&]() -> const Answers::Counts& {
    if (!known) known = classes.count();
    return *known;
  };
  std::vector<double> values;
  for (const Metric& metric : metrics) {
    require_metric_fits(metric, network);
    const bool of_classes = !is_of_values(metric.kind);
    const std::size_t columns = predictions.y.cols();
    require(!predictions.labels.empty() ||
                (of_classes ? columns == network.outputs : columns <= network.outputs),
            to_string(metric), ": expected y of ", network.outputs, " columns, got ", columns);
    switch (metric.kind) {
      case MetricKind::accuracy:
        values.push_back(accuracy(counts(), task));
        break;
      case MetricKind::balanced_accuracy:
        values.push_back(balanced_accuracy(counts()));
        break;
      case MetricKind::top:
        values.push_back(top(metric.k, predictions, classes));
        break;
      case MetricKind::precision:
      case MetricKind::recall:
      case MetricKind::f1:
        values.push_back(score(metric.kind, counts(), task));
        break;
      case MetricKind::auc:
        values.push_back(auc(predictions, classes, task));
        break;
      case MetricKind::mae:
      case MetricKind::mse:
      case MetricKind::r2:
        values.push_back(of_values(metric.kind, predictions, classes));
        break;
    }
  }
  return values;
}

}  // namespace filbert
