// The cost of the best constant prediction.
#include <cstddef>
#include <optional>
#include <vector>

#include "filbert/metrics.hpp"
#include "kernels/functions.hpp"
#include "network/data.hpp"
#include "network/normalise.hpp"
#include "system/float_mode.hpp"

namespace filbert {
namespace {

/// p log p, which is 0 at 0.
double p_log_p(double p) {
  constexpr double ln_2 = 0x1.62e42fefa39efp-1;
  return p > 0.0 ? p * (scalar::log2(p) * ln_2) : 0.0;
}

template <class T>
std::optional<double> cost_of_mean(const BasicNetwork<T>& net, const BasicData<T>& data,
                                   const Loss& loss) {
  const FloatMode mode;
  const std::size_t rows = has_labels(data) ? data.labels.size() : data.y.rows();
  const std::size_t columns = has_labels(data) ? net.outputs() : data.y.cols();
  const Normalisation* const by = target_normalisation(net);
  const auto y = [&](std::size_t i, std::size_t j) {
    if (has_labels(data)) return static_cast<std::size_t>(data.labels[i]) == j ? 1.0 : 0.0;
    if (by == nullptr) return static_cast<double>(data.y(i, j));
    const double moved = static_cast<double>(data.y(i, j)) - by->target_centre[j];
    return static_cast<double>(static_cast<T>(moved / by->target_scale[j]));
  };
  // The mean over the rows, by their weights, of a function of y.
  const auto mean = [&](auto of) {
    double sum = 0.0, weight = 0.0;
    for (std::size_t i = 0; i < rows; ++i) {
      const double w = data.weights.empty() ? 1.0 : static_cast<double>(data.weights[i]);
      sum += w * of(i);
      weight += w;
    }
    return sum / weight;
  };
  const double smoothing = loss.parameter;  // of the entropies
  double cost = 0.0;
  bool constant = true;
  for (std::size_t j = 0; j < columns; ++j) {
    const double m = mean([&](std::size_t i) { return y(i, j); });
    for (std::size_t i = 1; i < rows && constant; ++i) constant = y(i, j) == y(0, j);
    const auto squares = [&] {
      return mean([&](std::size_t i) { return (y(i, j) - m) * (y(i, j) - m); });
    };
    switch (loss.kind) {
      case LossKind::squared_error:
        cost += squares();
        break;
      case LossKind::half_squared_error:
        cost += 0.5 * squares();
        break;
      case LossKind::cross_entropy:
        cost -= p_log_p((1.0 - smoothing) * m + smoothing / static_cast<double>(columns));
        break;
      case LossKind::binary_cross_entropy: {
        const double p = (1.0 - smoothing) * m + smoothing / 2.0;
        cost -= p_log_p(p) + p_log_p(1.0 - p);
        break;
      }
      case LossKind::poisson:
        cost += m - p_log_p(m);
        break;
      case LossKind::kl_divergence:
        cost += mean([&](std::size_t i) { return p_log_p(y(i, j)); }) - p_log_p(m);
        break;
      case LossKind::huber:
      case LossKind::absolute_error:
      case LossKind::log_cosh:
      case LossKind::quantile:
      case LossKind::gaussian_nll:
      case LossKind::hinge:
      case LossKind::squared_hinge:
      case LossKind::focal:
        return {};
    }
  }
  if (constant) return {};
  return cost;
}

}  // namespace

std::optional<double> constant_cost(const Network& net, const Data& data, const Loss& loss) {
  return cost_of_mean(net, data, loss);
}
std::optional<double> constant_cost(const Network64& net, const Data64& data, const Loss& loss) {
  return cost_of_mean(net, data, loss);
}

}  // namespace filbert
