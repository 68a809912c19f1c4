// One step of an optimizer in parts, for threads: begin it once, then update ranges of the flat
// buffer that do not overlap.
#pragma once

#include <cstddef>
#include <vector>

#include "filbert/network.hpp"
#include "filbert/optimizer.hpp"
#include "kernels/kernels.hpp"
#include "team.hpp"

namespace filbert {

/// A part of the flat buffer to which the same rule applies.
struct ParameterSpan {
  std::size_t begin, end;
  bool weights;  // l1 and l2 act here
};

template <class T>
class Update {
 public:
  /// Makes the optimizer belong to this network, and makes its state.
  /// Throws std::invalid_argument if it belongs to another one.
  Update(Optimizer& optimizer, BasicNetwork<T>& net);

  /// Rounds the numbers of the next step. scale: what summed gradients are multiplied by.
  void begin_step(double scale);

  /// Counts the step, which all parameters have made. Without it nothing of the step remains.
  void end_step();

  /// dW and db of rows p of layer l and the update with them. At most row_block rows in the batch.
  /// x: rows of the layer's input; db: (outputs), room to work in. The biases go with the last row.
  void apply_fused(const Worker& worker, const Kernels<T>& kernels, std::size_t l, Range p,
                   const T* const* x, BasicMatrixView<const T> dz, T* db);

  /// Parameters and state begin .. end - 1. gradients: laid out like all the parameters.
  void apply(const Kernels<T>& kernels, const T* gradients, std::size_t begin, std::size_t end);

 private:
  Optimizer& optimizer_;
  double beta1_power_ = 1.0, beta2_power_ = 1.0;  // of the step that has begun
  T* parameters_;
  std::vector<ParameterSpan> spans_;  // cover the buffer in order: W and b of each layer
  void apply_span(const Kernels<T>& kernels, const T* gradients, std::size_t begin, std::size_t end,
                  bool weights);

  T *first_ = nullptr, *second_ = nullptr;
  SgdStep<T> sgd_[2] = {};  // for biases, for weights
  AdamStep<T> adam_[2] = {};
};

extern template class Update<float>;
extern template class Update<double>;

}  // namespace filbert
