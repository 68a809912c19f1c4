// Propagation as the threads of a team walk it: phases between barriers. Each phase writes only its
// worker's part and ends with a barrier, or says so if it does not. At barriers a watch may end the
// work: a phase that returns false has been abandoned, and all workers leave.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "filbert/network.hpp"
#include "filbert/threads.hpp"
#include "filbert/workspace.hpp"
#include "kernels/kernels.hpp"
#include "network/kinds.hpp"
#include "network/row_parts.hpp"

namespace filbert {

constexpr std::size_t split_grain = 16;  // columns; a cache line of floats, two of doubles

/// How many threads a batch of that many rows is worth. most: at most so many, unless it is 0.
template <class T>
std::size_t team_size(const BasicNetwork<T>& net, std::size_t rows, std::size_t most = 0) {
  if (Worker::useful_threads(rows * net.parameters().size()) == 1) return 1;  // all in one phase
  std::size_t largest_phase = 0;
  for (const Layer& layer : net.layers()) {
    largest_phase = std::max(largest_phase, rows * layer.inputs * layer.outputs);
  }
  const std::size_t useful = Worker::useful_threads(largest_phase);
  if (useful == 1) return 1;
  const std::size_t threads = get_threads();
  return std::min(useful, most == 0 ? threads : std::min(most, threads));
}

/// Rows of layer l, as kernels take them; layer 0 is the batch itself.
template <class T>
const T* const* layer_rows(const BasicWorkspace<T>& workspace, const T* const* x, std::size_t l) {
  return l == 0 ? x : workspace.a_rows(l);
}

/// The rows of W, from neurons of the layer below, that are this worker's to update: they stay in
/// its cache. No barrier follows before the next layer's, so any work is worth sharing.
template <class T>
Range weights_part(const Worker& worker, const BasicNetwork<T>& net, std::size_t l) {
  return worker.split(net.layers()[l - 1].inputs, l > 1 ? split_grain : 1);
}

/// How many multiply-adds take as long as a row of a batch at this layer, memory being slower.
inline std::size_t row_operations(const Layer& layer) {
  return layer.inputs * layer.outputs + 32 * (layer.inputs + layer.outputs);
}

/// Where these rows lie in the flat buffer; the biases go with the last of them.
template <class T>
Range parameters_part(const Worker& worker, const BasicNetwork<T>& net, std::size_t l) {
  const Layer& layer = net.layers()[l - 1];
  const Range p = weights_part(worker, net, l);
  const bool with_bias = !p.empty() && p.end == layer.inputs;
  const std::size_t start = net.offset(l), n = layer.outputs;
  return {start + p.begin * n, start + p.end * n + (with_bias ? n : 0)};
}

/// Whether a matrix of a layer, with so many operations, is worth working on by weights_part.
template <class T>
bool shares_weights(const Worker& worker, const BasicNetwork<T>& net, std::size_t l,
                    std::size_t rows) {
  const Layer& layer = net.layers()[l - 1];
  return worker.count() > 1 && layer.inputs >= 4 * split_grain * worker.count() &&
         Worker::useful_threads(rows * layer.inputs * layer.outputs) >= worker.count();
}

/// z and a of some rows of layer l. z may be empty: then it is not kept. x: rows of the layer
/// below. owned: each worker may have its weights_part of W in its cache, and where leaves_weights
/// says so, it adds its part of each chain to what the worker before it has made, piece by piece.
/// No barrier at the end. Views come by reference, because a processor that reads a copy which has
/// just been written number by number waits for it, which a small network's step shows.
template <class T>
void forward_layer(Worker& worker, const Kernels<T>& kernels, const BasicNetwork<T>& net,
                   std::size_t l, const T* const* x, const BasicMatrixView<T>& z,
                   const BasicMatrixView<T>& a, Range batch_part, bool only_z, bool owned);

/// Nothing between two layers: what forward_phases does after a layer, unless it is told.
struct NothingBetween {
  bool operator()(std::size_t) const { return true; }
};

/// z and a of every layer; of the last layer z alone, if `only_z` (the cost makes a of it).
/// x: rows of the batch. owned: as in forward_layer. between(l) is called by all workers after each
/// layer l but the last; false ends the work.
template <class T, class Between = NothingBetween>
[[nodiscard]] bool forward_phases(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                                  const BasicNetwork<T>& net, const T* const* x,
                                  BasicWorkspace<T>& workspace, bool only_z, bool owned,
                                  Between between = {}) {
  for (std::size_t l = 1; l <= net.depth(); ++l) {
    const Layer& layer = net.layers()[l - 1];
    const T* const* const below = layer_rows(workspace, x, l - 1);
    const auto phase = [&](Range rows) {
      forward_layer(worker, kernels, net, l, below, workspace.z(l), workspace.a(l), rows,
                    only_z && l == net.depth(), owned);
    };
    if (!by_rows(worker, watch, workspace.rows(), row_operations(layer), phase)) {
      return false;
    }
    if (l < net.depth() && !between(l)) return false;
  }
  return true;
}

/// A loss, and what the output layer of a network makes of it. That is the same for all batches,
/// and asking for it in each would be a visible part of a small network's step.
template <class T>
struct OutputTerms {
  OutputTerms(const BasicNetwork<T>& net, const Loss& of);

  Loss loss;
  std::size_t targets;  // how many there are in a row
  // Whether the accuracy counts each output, by the side of the threshold on which it is; else it
  // counts one class of each row.
  bool judges_outputs;
  T threshold;  // outputs above it say yes
};

extern template struct OutputTerms<float>;  // compiled once, in phases.cpp
extern template struct OutputTerms<double>;

/// How many multiply-adds take as long as a row at an output layer, with its exponentials.
inline std::size_t output_operations(std::size_t outputs) { return 30 * outputs; }

/// C_0 of each row and the derivatives at the output layer. y: rows of targets, or null where
/// there are labels. weights, correct: (rows), or null.
template <class T>
[[nodiscard]] bool output_phase(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                                const BasicNetwork<T>& net, const T* const* y,
                                const std::int32_t* labels, const T* weights,
                                const OutputTerms<T>& terms, BasicWorkspace<T>& workspace,
                                std::int32_t* correct);

/// From dz(l) to dz(l - 1); inspect: da(l - 1) too, of layer 0 also.
template <class T>
[[nodiscard]] bool backward_input_phase(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                                        const BasicNetwork<T>& net, std::size_t l,
                                        BasicWorkspace<T>& workspace);

/// Which part of the gradient of a layer is wanted, and whether it is added to what is there.
struct GradientParts {
  bool weights = true, biases = true, adds = false;
};

/// dW and db of layer l into a buffer laid out like the parameters, of which each worker writes
/// its parameters_part.
template <class T>
[[nodiscard]] bool backward_weights_phase(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                                          const BasicNetwork<T>& net, const T* const* x,
                                          std::size_t l, BasicWorkspace<T>& workspace, T* gradient,
                                          const GradientParts& parts = {});

}  // namespace filbert
