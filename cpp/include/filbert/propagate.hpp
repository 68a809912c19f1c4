// Forward propagation, the cost, and backward propagation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "filbert/export.h"
#include "filbert/loss.hpp"
#include "filbert/matrix.hpp"
#include "filbert/network.hpp"
#include "filbert/workspace.hpp"

namespace filbert {

/// Runs the network on a batch; a row's result does not depend on the batch that it comes in.
/// x: (batch, net.inputs()).  Result: (batch, net.outputs()), lives in workspace until the next
/// forward.  Throws std::invalid_argument if x has the wrong width, no row, or more rows than
/// workspace.max_batch(), or if the workspace was made for a network of other sizes.
FILBERT_API ConstMatrixView forward(const Network& net, ConstMatrixView x, Workspace& workspace);
FILBERT_API ConstMatrixView64 forward(const Network64& net, ConstMatrixView64 x,
                                      Workspace64& workspace);

/// The cost of the batch of the last forward: the sum of its C_0, in double, in row order.
/// Fills workspace.cost() with each C_0 and workspace.dz(L) with dC_0/dz (inspect: da(L) too).
/// y: (batch, net.outputs()), or labels: (batch) integers in 0 .. net.outputs() - 1, which mean
/// rows of 0 with a 1 at the label.  For a sigmoid or softmax output y is in [0, 1], and its rows
/// sum to 1 under cross_entropy, both but for the rounding of half precision.  Throws
/// std::invalid_argument if the loss does not fit the output activation, the shape is wrong, a
/// label or value is out of range or the workspace is not for training.
FILBERT_API double cost(const Network& net, ConstMatrixView y, Loss loss, Workspace& workspace);
FILBERT_API double cost(const Network& net, std::span<const std::int32_t> labels, Loss loss,
                        Workspace& workspace);
FILBERT_API double cost(const Network64& net, ConstMatrixView64 y, Loss loss,
                        Workspace64& workspace);
FILBERT_API double cost(const Network64& net, std::span<const std::int32_t> labels, Loss loss,
                        Workspace64& workspace);

/// For a cost of one's own: fills workspace.dz(L) from its derivative with respect to the output.
/// dC_da: (batch, net.outputs()), of the batch of the last forward.
FILBERT_API void set_output_derivative(const Network& net, ConstMatrixView dC_da,
                                       Workspace& workspace);
FILBERT_API void set_output_derivative(const Network64& net, ConstMatrixView64 dC_da,
                                       Workspace64& workspace);

/// Backward propagation from workspace.dz(L), which cost or set_output_derivative filled.
/// x: the batch of the last forward.  Overwrites gradients with the sums over the batch, and fills
/// workspace.dz(1) .. dz(L - 1) (inspect: da(0) .. da(L - 1) too).
FILBERT_API void backward(const Network& net, ConstMatrixView x, Workspace& workspace,
                          Gradients& gradients);
FILBERT_API void backward(const Network64& net, ConstMatrixView64 x, Workspace64& workspace,
                          Gradients64& gradients);

/// Runs the network on any number of rows, with memory and threads of its own.
/// a: (rows, net.outputs()), overwritten; x: (rows, net.inputs()).
FILBERT_API void predict(const Network& net, ConstMatrixView x, MatrixView a);
FILBERT_API void predict(const Network64& net, ConstMatrixView64 x, MatrixView64 a);

/// Index of the first number that is infinite or NaN, or numbers.size(). Data with such numbers in
/// it makes all parameters NaN.
FILBERT_API std::size_t first_nonfinite(std::span<const float> numbers);
FILBERT_API std::size_t first_nonfinite(std::span<const double> numbers);

}  // namespace filbert
