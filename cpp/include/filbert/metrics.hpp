// Measures of predictions, beside the cost. All of them are computed in double, row after row, and
// the weights of examples count.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "filbert/activation.hpp"
#include "filbert/data.hpp"
#include "filbert/export.h"
#include "filbert/loss.hpp"
#include "filbert/matrix.hpp"
#include "filbert/network.hpp"

namespace filbert {

/// Values are those of scikit-learn's functions. A network with one output that tells two classes
/// apart, or with two outputs, has two classes, and the second one counts; with more classes it is
/// the mean over the classes that occur ("macro"). Where each output is a decision of its own
/// (LossTraits::judges_outputs), it is the mean over the outputs.
enum class MetricKind : unsigned char {
  accuracy,           ///< fraction of right answers, as Evaluation::accuracy
  balanced_accuracy,  ///< mean of the recall of the classes that occur in y
  top,                ///< fraction of rows whose class is among the k of highest activation;
                      ///< of equal ones the first comes first, as for accuracy
  precision,          ///< right among those that were called so; 0 where none was
  recall,             ///< found among those that are so; 0 where none is
  f1,                 ///< harmonic mean of these two
  auc,                ///< area under the ROC curve; each class against the others
  mae,                ///< mean |a - y|, of each output; then the mean over outputs, as below
  mse,                ///< mean (a - y)^2
  r2,                 ///< 1 - sum (a - y)^2 / sum (y - mean y)^2; where y is constant 1 or 0
};

struct Metric {
  MetricKind kind = MetricKind::accuracy;
  std::size_t k = 0;  ///< of `top`, else 0

  friend bool operator==(const Metric&, const Metric&) = default;
};

/// "accuracy", ..., "r2"; "top_3" with k = 3. Throws std::invalid_argument, listing the names, for
/// another text.
FILBERT_API Metric metric_from_string(std::string_view text);
FILBERT_API std::string to_string(const Metric& metric);
/// All names, in the order of MetricKind; that of `top` is "top_k".
FILBERT_API std::span<const std::string_view> metric_names();
/// Whether a higher number is better; if not, a lower one is.
FILBERT_API bool higher_is_better(const Metric& metric);

/// Of which network predictions are.
struct Predicting {
  std::size_t outputs = 1;
  Activation output = identity;
  std::optional<Loss> loss = {};  ///< none: a cost of the caller's own
};

/// Throws std::invalid_argument, naming the metric and what it is for, if it says nothing of such a
/// network: those of classes where it tells none apart, those of values under a softmax.
FILBERT_API void require_metric_fits(const Metric& metric, const Predicting& network);

/// Predictions and what they should be; labels, y and weights as in BasicData.
struct Predictions {
  ConstMatrixView64 a = {};  ///< (rows, outputs), without gaps
  std::span<const std::int32_t> labels = {};
  ConstMatrixView64 y = {};
  std::span<const double> weights = {};
};

/// The value of each metric. Rows of weight 0 count as if they were not there. NaN where there is
/// none: the auc where only one class occurs, the r2 of fewer than two rows, all of predictions
/// that are not finite. Throws
/// std::invalid_argument for sizes that do not go together, and as require_metric_fits does.
FILBERT_API std::vector<double> measure(std::span<const Metric> metrics,
                                        const Predictions& predictions, const Predicting& network);

/// The mean C_0 of the constant prediction that is best, where that is the mean of y: under
/// squared errors, entropies, poisson and kl_divergence. None under other losses, and where y is
/// constant. A network that has learned anything is below it. data: as `evaluate` takes it; x does
/// not matter. Targets that the network normalises count as the cost takes them.
FILBERT_API std::optional<double> constant_cost(const Network& net, const Data& data,
                                                const Loss& loss);
FILBERT_API std::optional<double> constant_cost(const Network64& net, const Data64& data,
                                                const Loss& loss);

}  // namespace filbert
