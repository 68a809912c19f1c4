// One step of an optimizer in parts, for threads: begin it once, then update ranges of the flat
// buffer that do not overlap.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "filbert/network.hpp"
#include "filbert/optimizer.hpp"
#include "kernels/kernels.hpp"
#include "system/team.hpp"

namespace filbert {

/// Multiplies a rule's running products by the factors of one step.
void advance_running(std::span<double> running, const Rule& rule);

/// The numbers of one step. l1 and l2 act on weights only.
template <class T>
struct UpdateSteps {
  UpdateStep<T> weights = {}, biases = {};
};

/// running: products that include this step's factors; scale: what summed gradients are multiplied
/// by.
template <class T>
void set_steps(UpdateSteps<T>& steps, const Rule& rule, double learning_rate,
               std::span<const double> running, double scale);

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
  void begin_step(double scale, double learning_rate);

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
  std::vector<double> running_;       // products of the step that has begun
  UpdateBuffers<T> buffers_;          // all parameters, and their state
  std::vector<ParameterSpan> spans_;  // cover the buffer in order: W and b of each layer
  UpdateSteps<T> steps_;
};

extern template class Update<float>;
extern template class Update<double>;

}  // namespace filbert
