// A network's normalisation, applied to rows.
#pragma once

#include <algorithm>
#include <cstddef>

#include "filbert/aligned.hpp"
#include "filbert/matrix.hpp"
#include "filbert/network.hpp"
#include "filbert/normalisation.hpp"
#include "kernels/kernels.hpp"
#include "network/padded.hpp"
#include "system/float_mode.hpp"

namespace filbert {

/// Throws std::invalid_argument unless a network with these inputs and outputs can have these
/// numbers.
void require_normalisation(const Normalisation& by, std::size_t inputs, std::size_t outputs,
                           Activation output);

/// The normalisation of a network's inputs, or null if they go to the first layer as they are.
template <class T>
const Normalisation* input_normalisation(const BasicNetwork<T>& net) {
  const Normalisation* const by = net.normalises();
  return by != nullptr && by->changes_inputs() ? by : nullptr;
}

/// The same of its targets and outputs.
template <class T>
const Normalisation* target_normalisation(const BasicNetwork<T>& net) {
  const Normalisation* const by = net.normalises();
  return by != nullptr && by->changes_targets() ? by : nullptr;
}

/// About how many multiply-adds take as long as a number of x.
inline std::size_t operations_of(const Normalisation& by) {
  return by.kind == NormalisationKind::quantiles ? 1000 : 16;
}

/// Replaces a row, of numbers that may be NaNs, by their normal quantiles.
template <class T>
void normalise_by_quantiles(const Normalisation& by, T* out, const T* x, std::size_t inputs);

/// Normalises a row of x. out == x is allowed.
template <class T>
void normalise_row(const Normalisation& by, const Kernels<T>& kernels, T* out, const T* x,
                   std::size_t inputs) {
  const auto start = [](const std::vector<double>& numbers) {
    return numbers.empty() ? nullptr : numbers.data();
  };
  if (by.kind == NormalisationKind::quantiles) {
    return normalise_by_quantiles(by, out, x, inputs);
  }
  kernels.normalise(out, x, start(by.fill), start(by.centre), start(by.factor), inputs);
  if (by.kind == NormalisationKind::robust) kernels.smooth_clip(out, out, inputs);
}

/// Does to a row of targets what the network has learnt of them.
template <class T>
void normalise_target_row(const Normalisation& by, T* out, const T* y, std::size_t targets) {
  for (std::size_t j = 0; j < targets; ++j) {
    const double moved = static_cast<double>(y[j]) - by.target_centre[j];
    out[j] = static_cast<T>(moved / by.target_scale[j]);
  }
}

/// The opposite for rows of outputs, in their place.
template <class T>
void restore_outputs(const Normalisation& by, BasicMatrixView<T> a) {
  for (std::size_t i = 0; i < a.rows(); ++i) {
    T* const row = a.row(i).data();
    for (std::size_t j = 0; j < a.cols(); ++j) {
      const double wide = static_cast<double>(row[j]) * by.target_scale[j];
      row[j] = static_cast<T>(wide + by.target_centre[j]);
    }
  }
}

/// Rows of x as the first layer takes them: where they lie, or normalised in memory of this object.
template <class T>
class NormalisedRows {
 public:
  /// by: or null.
  NormalisedRows(const Normalisation* by, std::size_t inputs, std::size_t most_rows) : by_(by) {
    if (by_ == nullptr) return;
    stride_ = padded<T>(inputs);
    numbers_ = AlignedBuffer<T>(most_rows * stride_);
  }

  /// x: at most most_rows. The result lives until the next call.
  BasicMatrixView<const T> of(const Kernels<T>& kernels, BasicMatrixView<const T> x) {
    if (by_ == nullptr) return x;
    const FloatMode mode;
    for (std::size_t i = 0; i < x.rows(); ++i) {
      normalise_row(*by_, kernels, numbers_.data() + i * stride_, x.row(i).data(), x.cols());
    }
    return {numbers_.data(), x.rows(), x.cols(), stride_};
  }

 private:
  const Normalisation* by_;
  std::size_t stride_ = 0;
  AlignedBuffer<T> numbers_;
};

/// Returns the index of the first number of a row that the network cannot use, or the size: one
/// that is infinite, or a NaN where there is nothing to fill it with. by: or null.
template <class T>
std::size_t first_unusable(const Normalisation* by, const Kernels<T>& kernels, const T* x,
                           std::size_t size) {
  std::size_t at = kernels.first_nonfinite(x, size);
  if (by == nullptr || by->fill.empty()) return at;
  while (at < size && x[at] != x[at]) {
    ++at;
    at += kernels.first_nonfinite(x + at, size - at);
  }
  return at;
}

/// Whether the network can use all numbers of these rows.
template <class T>
bool all_usable(const Normalisation* by, const Kernels<T>& kernels, BasicMatrixView<const T> x) {
  const bool dense = x.stride() == x.cols();
  const std::size_t pieces = dense ? 1 : x.rows(), size = dense ? x.rows() * x.cols() : x.cols();
  for (std::size_t i = 0; i < pieces; ++i) {
    if (first_unusable(by, kernels, x.row(i).data(), size) < size) return false;
  }
  return true;
}

}  // namespace filbert
