#include "network/phases.hpp"

#include "system/compiler.hpp"
#include "system/watch.hpp"

namespace filbert {
namespace {

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

}  // namespace

template <class T>
FILBERT_HOT void forward_layer(Worker& worker, const Kernels<T>& kernels,
                               const BasicNetwork<T>& net, std::size_t l, const T* const* x,
                               const BasicMatrixView<T>& z, const BasicMatrixView<T>& a,
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

template <class T>
OutputTerms<T>::OutputTerms(const BasicNetwork<T>& net, const Loss& of)
    : loss(of),
      targets(net.outputs() / outputs_of_target(of)),
      judges_outputs((net.outputs() == 1 && traits_of(net.output()).probabilities) ||
                     traits_of(of).judges_outputs),
      threshold(traits_of(of).targets == TargetRange::signs ? T(0) : T(0.5)) {}

template struct OutputTerms<float>;
template struct OutputTerms<double>;

template <class T>
FILBERT_HOT bool output_phase(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                              const BasicNetwork<T>& net, const T* const* y,
                              const std::int32_t* labels, const T* weights,
                              const OutputTerms<T>& terms, BasicWorkspace<T>& workspace,
                              std::int32_t* correct) {
  const std::size_t top = net.depth();
  const std::size_t operations = output_operations(net.outputs());
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
                    .targets = terms.targets,
                    .activation = net.output(),
                    .loss = &terms.loss,
                    .judges_outputs = terms.judges_outputs,
                    .threshold = terms.threshold});
  });
}

template <class T>
FILBERT_HOT bool backward_input_phase(Worker& worker, Watch& watch, const Kernels<T>& kernels,
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

template <class T>
bool backward_weights_phase(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                            const BasicNetwork<T>& net, const T* const* x, std::size_t l,
                            BasicWorkspace<T>& workspace, T* gradient, const GradientParts& parts) {
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

template void forward_layer(Worker& worker, const Kernels<float>& kernels,
                            const BasicNetwork<float>& net, std::size_t l, const float* const* x,
                            const BasicMatrixView<float>& z, const BasicMatrixView<float>& a,
                            Range batch_part, bool only_z, bool owned);
template bool output_phase(Worker& worker, Watch& watch, const Kernels<float>& kernels,
                           const BasicNetwork<float>& net, const float* const* y,
                           const std::int32_t* labels, const float* weights,
                           const OutputTerms<float>& terms, BasicWorkspace<float>& workspace,
                           std::int32_t* correct);
template bool backward_input_phase(Worker& worker, Watch& watch, const Kernels<float>& kernels,
                                   const BasicNetwork<float>& net, std::size_t l,
                                   BasicWorkspace<float>& workspace);
template bool backward_weights_phase(Worker& worker, Watch& watch, const Kernels<float>& kernels,
                                     const BasicNetwork<float>& net, const float* const* x,
                                     std::size_t l, BasicWorkspace<float>& workspace,
                                     float* gradient, const GradientParts& parts);
template void forward_layer(Worker& worker, const Kernels<double>& kernels,
                            const BasicNetwork<double>& net, std::size_t l, const double* const* x,
                            const BasicMatrixView<double>& z, const BasicMatrixView<double>& a,
                            Range batch_part, bool only_z, bool owned);
template bool output_phase(Worker& worker, Watch& watch, const Kernels<double>& kernels,
                           const BasicNetwork<double>& net, const double* const* y,
                           const std::int32_t* labels, const double* weights,
                           const OutputTerms<double>& terms, BasicWorkspace<double>& workspace,
                           std::int32_t* correct);
template bool backward_input_phase(Worker& worker, Watch& watch, const Kernels<double>& kernels,
                                   const BasicNetwork<double>& net, std::size_t l,
                                   BasicWorkspace<double>& workspace);
template bool backward_weights_phase(Worker& worker, Watch& watch, const Kernels<double>& kernels,
                                     const BasicNetwork<double>& net, const double* const* x,
                                     std::size_t l, BasicWorkspace<double>& workspace,
                                     double* gradient, const GradientParts& parts);

}  // namespace filbert
