// The targets y of a set of training examples: rows of values, or labels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "check.hpp"
#include "filbert/loss.hpp"
#include "filbert/matrix.hpp"
#include "filbert/network.hpp"

namespace filbert {

/// One of the two is empty.
template <class T>
struct Targets {
  BasicMatrixView<const T> values;       // (examples, outputs)
  std::span<const std::int32_t> labels;  // (examples)
  bool has_labels() const { return values.data() == nullptr; }
  std::size_t size() const { return has_labels() ? labels.size() : values.rows(); }

  Targets part(std::size_t first, std::size_t count) const {
    if (has_labels()) return {{}, labels.subspan(first, count)};
    return {values.rows_from(first, count), {}};
  }
};

/// Throws std::invalid_argument if these are not targets of that many examples for this network
/// and loss.
template <class T>
void require_targets(const BasicNetwork<T>& net, const Targets<T>& y, Loss loss,
                     std::size_t examples) {
  require_loss_fits(loss, net.output());
  require(y.size() == examples, "y: expected ", examples, " rows, one for each row of x, got ",
          y.size());
  if (!y.has_labels()) {
    require(y.values.cols() == net.outputs(), "y: expected ", net.outputs(), " columns, got ",
            y.values.cols());
    return;
  }
  for (std::size_t i = 0; i < y.labels.size(); ++i) {
    require(y.labels[i] >= 0 && static_cast<std::size_t>(y.labels[i]) < net.outputs(),
            "y: expected labels in 0 .. ", net.outputs() - 1, ", got ", y.labels[i],
            " at position ", i);
  }
}

}  // namespace filbert
