// Forward propagation, the cost, and backward propagation.
#pragma once

#include <cstddef>
#include <span>

#include "filbert/data.hpp"
#include "filbert/export.h"
#include "filbert/interrupted.hpp"
#include "filbert/loss.hpp"
#include "filbert/matrix.hpp"
#include "filbert/network.hpp"
#include "filbert/workspace.hpp"

namespace filbert {

/// What ends long work early; by default nothing does.
struct PropagateOptions {
  KeepGoing keep_going = {};  ///< asked between two blocks of rows or layers; false ends the work
};

/// Runs the network on a batch; a row's result does not depend on the batch that it comes in.
/// x: (batch, net.inputs()).  Result: (batch, net.outputs()), lives in workspace until the next
/// forward.  Throws std::invalid_argument if x has the wrong width, no row, or more rows than
/// workspace.max_batch(), or if the workspace was made for a network of other sizes.
/// If keep_going ends it, the result has no rows and workspace holds no batch.
FILBERT_API ConstMatrixView forward(const Network& net, ConstMatrixView x, Workspace& workspace,
                                    const PropagateOptions& options = {});
FILBERT_API ConstMatrixView64 forward(const Network64& net, ConstMatrixView64 x,
                                      Workspace64& workspace, const PropagateOptions& options = {});

/// The cost of the batch of the last forward: the sum of its C_0, in double, in row order.
/// Fills workspace.cost() with each C_0 and workspace.dz(L) with dC_0/dz (inspect: da(L) too), all
/// of them times the weight of the row where data has weights.  data.x may be left out: it is that
/// of the last forward.  Throws std::invalid_argument if the loss does not fit the output
/// activation, data is not what data.hpp says or has another number of rows, or the workspace is
/// not for training.
/// If keep_going ends it, the result is NaN, and what it fills is done only in part.
FILBERT_API double cost(const Network& net, const Data& data, Loss loss, Workspace& workspace,
                        const PropagateOptions& options = {});
FILBERT_API double cost(const Network64& net, const Data64& data, Loss loss, Workspace64& workspace,
                        const PropagateOptions& options = {});

/// For a cost of one's own: fills workspace.dz(L) from its derivative with respect to the output.
/// dC_da: (batch, net.outputs()), of the batch of the last forward.
/// False if keep_going ended it: dz(L) is done only in part.
FILBERT_API bool set_output_derivative(const Network& net, ConstMatrixView dC_da,
                                       Workspace& workspace, const PropagateOptions& options = {});
FILBERT_API bool set_output_derivative(const Network64& net, ConstMatrixView64 dC_da,
                                       Workspace64& workspace,
                                       const PropagateOptions& options = {});

/// Backward propagation from workspace.dz(L), which cost or set_output_derivative filled.
/// x: the batch of the last forward.  Overwrites gradients with the sums over the batch, and fills
/// workspace.dz(1) .. dz(L - 1) (inspect: da(0) .. da(L - 1) too).
/// False if keep_going ended it: all of these are done only in part. dz(L) is as it was, so that
/// backward can be called again.
FILBERT_API bool backward(const Network& net, ConstMatrixView x, Workspace& workspace,
                          Gradients& gradients, const PropagateOptions& options = {});
FILBERT_API bool backward(const Network64& net, ConstMatrixView64 x, Workspace64& workspace,
                          Gradients64& gradients, const PropagateOptions& options = {});

/// sigma'(z) of every neuron of layer l, for the batch of the last forward.
/// slope: (batch, neurons of layer l), overwritten. Throws std::invalid_argument if there is no
/// such layer, for the layer of a softmax, whose neurons have no slope of their own, and if the
/// shape is wrong.
FILBERT_API void slopes(const Network& net, Workspace& workspace, std::size_t l, MatrixView slope);
FILBERT_API void slopes(const Network64& net, Workspace64& workspace, std::size_t l,
                        MatrixView64 slope);

struct PredictOptions {
  KeepGoing keep_going =
      {};  ///< as in PropagateOptions, asked between pieces of the rows and layers
  /// A number in x that is infinite or NaN ends the work. Each row is looked at as its turn comes,
  /// when it is read in any case.
  bool only_finite = false;
};

/// Runs the network on any number of rows, with memory and threads of its own.
/// a: (rows, net.outputs()), overwritten; x: (rows, net.inputs()).
/// False if keep_going, or only_finite, has ended it: some rows of a are done then, and the others
/// are as they were.
FILBERT_API bool predict(const Network& net, ConstMatrixView x, MatrixView a,
                         const PredictOptions& options = {});
FILBERT_API bool predict(const Network64& net, ConstMatrixView64 x, MatrixView64 a,
                         const PredictOptions& options = {});

/// Index of the first number that is infinite or NaN, or numbers.size(). Data with such numbers in
/// it makes all parameters NaN.
FILBERT_API std::size_t first_nonfinite(std::span<const float> numbers);
FILBERT_API std::size_t first_nonfinite(std::span<const double> numbers);

}  // namespace filbert
