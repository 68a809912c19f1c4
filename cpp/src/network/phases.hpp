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

/// Whether a forward of m rows through layer l leaves W where it is, where each worker has its
/// weights_part of W in its cache, changed by the step before. That needs many small products, one
/// worker after the other, so it is not worth it where W is larger than the caches, or where large
/// products are packed.
template <class T>
bool leaves_weights(const Worker& worker, const Kernels<T>& kernels, const BasicNetwork<T>& net,
                    std::size_t l, std::size_t m) {
  const Layer& layer = net.layers()[l - 1];
  constexpr std::size_t cached = 1024 * 1024 / sizeof(T);
  if (layer.inputs * layer.outputs > cached * worker.count()) return false;
  if (kernels.packs_both && m >= 96 && layer.outputs >= 256) return false;
  return shares_weights(worker, net, l, m);
}

/// z and a of some rows of layer l. z may be empty: then it is not kept. x: rows of the layer
/// below. owned: each worker may have its weights_part of W in its cache, and where leaves_weights
/// says so, it adds its part of each chain to what the worker before it has made, piece by piece.
/// No barrier at the end.
template <class T>
void forward_layer(Worker& worker, const Kernels<T>& kernels, const BasicNetwork<T>& net,
                   std::size_t l, const T* const* x, BasicMatrixView<T> z, BasicMatrixView<T> a,
                   Range batch_part, bool only_z, bool owned) {
  const Layer& layer = net.layers()[l - 1];
  const std::size_t m = batch_part.size(), n = layer.outputs;
  const bool is_softmax = !is_elementwise(layer.activation.kind);
  const bool whole_rows = is_softmax && !only_z;  // are needed together
  const BasicMatrixView<const T> w = net.w(l);
  const bool has_z = z.data() != nullptr;
  const std::size_t lda = a.stride(), ldz = has_z ? z.stride() : lda;
  const auto run = [&](Range of_part, Range j, Range p) {
    const Range i = batch_part.part(of_part);
    T* const a_part = &a(i.begin, j.begin);
    T* const z_part = has_z ? &z(i.begin, j.begin) : is_softmax ? a_part : nullptr;
    kernels.forward(z_part, ldz, is_softmax || only_z ? nullptr : a_part, lda, x + i.begin, p.begin,
                    &w(p.begin, j.begin), w.stride(), net.b(l).data() + j.begin,
                    is_softmax ? identity : layer.activation, {p.begin == 0, p.end == layer.inputs},
                    i.size(), j.size(), p.size(), worker.scratch<T>());
    if (whole_rows && p.end == layer.inputs) {
      kernels.softmax(a_part, lda, z_part, ldz, layer.activation, i.size(), n);
    }
  };
  if (worker.count() == 1) {
    run({0, m}, {0, n}, {0, layer.inputs});
  } else if (owned && !whole_rows && leaves_weights(worker, kernels, net, l, m)) {
    const Range p = weights_part(worker, net, l);
    constexpr std::size_t rows = 12, columns = 64;  // few, so that nobody waits long at the ends
    for (std::size_t i = 0; i < m; i += rows) {
      for (std::size_t j = 0; j < n; j += columns) {
        if (worker.index() > 0) worker.await_previous();
        run({i, std::min(m, i + rows)}, {j, std::min(n, j + columns)}, p);
        worker.publish();
      }
    }
  } else {
    // Few rows share the columns, and so do many where W is large: each worker then reads but its
    // part of W. Otherwise they share rows.
    const bool large =
        owned && n >= 4 * split_grain * worker.count() && shares_weights(worker, net, l, m);
    const bool by_columns = !whole_rows && (large || m < 12 * worker.count());
    const Range i = by_columns ? Range{0, m} : worker.share(m, layer.inputs * n);
    const Range j = by_columns ? worker.share(n, m * layer.inputs, split_grain) : Range{0, n};
    if (!i.empty() && !j.empty()) run(i, j, {0, layer.inputs});
  }
}

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

/// Whether the accuracy counts each output, by the side of decision_threshold on which it is; else
/// it counts one class of each row.
template <class T>
bool judges_outputs(const BasicNetwork<T>& net, const Loss& loss) {
  const bool one_of_two = net.outputs() == 1 && traits_of(net.output()).probabilities;
  return one_of_two || traits_of(loss).judges_outputs;
}

/// Outputs above this say yes, where the accuracy counts each of them.
template <class T>
T decision_threshold(const Loss& loss) {
  return traits_of(loss).targets == TargetRange::signs ? T(0) : T(0.5);
}

/// How many multiply-adds take as long as a row at an output layer, with its exponentials.
inline std::size_t output_operations(std::size_t outputs) { return 30 * outputs; }

/// C_0 of each row and the derivatives at the output layer. y: rows of targets, or null where
/// there are labels. weights, correct: (rows), or null.
template <class T>
[[nodiscard]] bool output_phase(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                                const BasicNetwork<T>& net, const T* const* y,
                                const std::int32_t* labels, const T* weights, const Loss& loss,
                                BasicWorkspace<T>& workspace, std::int32_t* correct) {
  const std::size_t top = net.depth();
  const std::size_t operations = output_operations(net.outputs());
  const std::size_t targets = net.outputs() / outputs_of_target(loss);
  const BasicMatrixView<T> z = workspace.z(top), a = workspace.a(top), dz = workspace.dz(top),
                           da = workspace.da(top);
  return by_rows(worker, watch, workspace.rows(), operations, [&](Range rows) {
    const Range i = rows.part(worker.share(rows.size(), operations, split_grain));
    if (i.empty()) return;
    kernels.output({.cost = workspace.cost().data() + i.begin,
                    .correct = correct == nullptr ? nullptr : correct + i.begin,
                    .dz = &dz(i.begin, 0),
                    .da = da.data() == nullptr ? nullptr : &da(i.begin, 0),
                    .a = &a(i.begin, 0),
                    .z = &z(i.begin, 0),
                    .ld = z.stride(),
                    .y = y == nullptr ? nullptr : y + i.begin,
                    .labels = labels == nullptr ? nullptr : labels + i.begin,
                    .weights = weights == nullptr ? nullptr : weights + i.begin,
                    .m = i.size(),
                    .n = net.outputs(),
                    .targets = targets,
                    .activation = net.output(),
                    .loss = &loss,
                    .judges_outputs = judges_outputs(net, loss),
                    .threshold = decision_threshold<T>(loss)});
  });
}

/// From dz(l) to dz(l - 1); inspect: da(l - 1) too, of layer 0 also.
template <class T>
[[nodiscard]] bool backward_input_phase(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                                        const BasicNetwork<T>& net, std::size_t l,
                                        BasicWorkspace<T>& workspace) {
  const Layer& layer = net.layers()[l - 1];
  const Activation below = l > 1 ? net.layers()[l - 2].activation : identity;
  const BasicMatrixView<T> above = workspace.dz(l), dz = workspace.dz(l - 1),
                           da = workspace.da(l - 1), from = workspace.derivative_from(l - 1);
  const BasicMatrixView<const T> w = net.w(l);
  if (l == 1 && da.data() == nullptr) return true;
  return by_rows(worker, watch, workspace.rows(), row_operations(layer), [&](Range rows) {
    const std::size_t m = rows.size();
    const bool by_columns = shares_weights(worker, net, l, m) || m < 12 * worker.count();
    const Range i = by_columns ? rows : rows.part(worker.share(m, layer.inputs * layer.outputs));
    const Range p = by_columns ? worker.share(layer.inputs, m * layer.outputs, split_grain)
                               : Range{0, layer.inputs};
    if (i.empty() || p.empty()) return;
    const auto part = [&](const BasicMatrixView<T>& view) {
      return view.data() == nullptr ? nullptr : &view(i.begin, p.begin);
    };
    kernels.backward_input(part(da), da.stride(), part(dz), dz.stride(), &above(i.begin, 0),
                           above.stride(), w.data() + p.begin * w.stride(), w.stride(), part(from),
                           from.stride(), below, i.size(), p.size(), layer.outputs,
                           worker.scratch<T>());
  });
}

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
                                          const GradientParts& parts = {}) {
  const Layer& layer = net.layers()[l - 1];
  const std::size_t n = layer.outputs;
  const T* const* const below = layer_rows(workspace, x, l - 1);
  const BasicMatrixView<T> dz = workspace.dz(l);
  const Range p = weights_part(worker, net, l);
  T* const dw = gradient + net.offset(l);
  return by_rows(worker, watch, workspace.rows(), row_operations(layer), [&](Range rows) {
    if (p.empty()) return;
    const bool adds = parts.adds || rows.begin > 0;
    if (parts.weights) {
      kernels.backward_weights(dw + p.begin * n, adds, below + rows.begin, p.begin,
                               &dz(rows.begin, 0), dz.stride(), rows.size(), p.size(), n,
                               worker.scratch<T>());
    }
    if (parts.biases && p.end == layer.inputs) {  // b stands behind the last row of W
      kernels.backward_bias(dw + layer.inputs * n, adds, &dz(rows.begin, 0), dz.stride(),
                            rows.size(), n);
    }
  });
}

}  // namespace filbert
