// Checks of training examples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "filbert/activation.hpp"
#include "filbert/data.hpp"
#include "filbert/loss.hpp"
#include "filbert/matrix.hpp"
#include "filbert/network.hpp"
#include "network/input_rows.hpp"
#include "system/watch.hpp"

namespace filbert {

/// Whether the targets are labels. If not, they are rows of y.
template <class T>
bool has_labels(const BasicData<T>& data) {
  return !data.labels.empty();
}

/// Throws std::invalid_argument unless all values of these rows are in [0, 1], as the activations
/// of a sigmoid or softmax output are, and the distributions of a cross entropy. Under
/// squared_error other values would train without an error, and an output near 1 would count as
/// right for targets 1 and 2, because accuracy compares a > 0.5 with y > 0.5.
template <class T>
void require_unit_interval(BasicMatrixView<const T> y, Range rows, Activation output);

/// Throws std::invalid_argument unless each of these labels is the index of an output.
void require_labels(std::span<const std::int32_t> labels, Range rows, std::size_t outputs);

/// Throws std::invalid_argument unless this loss takes all values of these rows.
template <class T>
void require_range(BasicMatrixView<const T> y, Range rows, const LossTraits& loss);

/// Throws std::invalid_argument unless the targets and weights are those of that many rows and go
/// with this network and loss. loss: null for a cost of the caller's own, for which y may have any
/// columns. is_batch: there are other batches, so that all weights of this one may be 0. Returns
/// false if the watch has ended the checks before their end.
template <class T>
[[nodiscard]] bool require_targets(const BasicNetwork<T>& net, const BasicData<T>& data,
                                   const Loss* loss, std::size_t rows, Watch& watch,
                                   bool is_batch = false);

/// Does the same for whole examples, x included.
template <class T>
[[nodiscard]] bool require_data(const BasicNetwork<T>& net, const BasicData<T>& data,
                                const Loss* loss, Watch& watch, bool is_batch = false);

}  // namespace filbert
