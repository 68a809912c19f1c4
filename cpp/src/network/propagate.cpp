#include "filbert/propagate.hpp"

#include <algorithm>
#include <limits>

#include "kernels/dispatch.hpp"
#include "network/data.hpp"
#include "network/normalise.hpp"
#include "network/phases.hpp"
#include "network/row_parts.hpp"
#include "system/check.hpp"
#include "system/float_mode.hpp"

namespace filbert {
namespace {

template <class T>
void require_workspace(const BasicNetwork<T>& net, const BasicWorkspace<T>& workspace) {
  require(workspace.fits(net),
          "workspace: expected one made for a network of these sizes and activations, got another");
}

/// What can follow a forward: cost and backward.
template <class T>
void require_batch(const BasicNetwork<T>& net, const BasicWorkspace<T>& workspace) {
  require_workspace(net, workspace);
  require(workspace.training(), "workspace: expected one for training, got training = false");
  require(workspace.rows() > 0, "workspace: expected one that a forward has filled, got none");
}

/// The rows that the first layer takes, of x as it is or, in memory of the workspace, normalised.
template <class T>
void set_input_rows(const BasicNetwork<T>& net, BasicMatrixView<const T> x,
                    BasicWorkspace<T>& workspace) {
  const Normalisation* const by = input_normalisation(net);
  if (by == nullptr) {
    for (std::size_t i = 0; i < x.rows(); ++i) {
      workspace.input_rows()[i] = x.data() + i * x.stride();
    }
    return;
  }
  const FloatMode mode;
  const BasicMatrixView<T> rows = workspace.normalised();
  for (std::size_t i = 0; i < x.rows(); ++i) {
    normalise_row(*by, active_kernels<T>(), rows.row(i).data(), x.row(i).data(), x.cols());
    workspace.input_rows()[i] = rows.row(i).data();
  }
}

template <class T>
BasicMatrixView<const T> forward_batch(const BasicNetwork<T>& net, BasicMatrixView<const T> x,
                                       BasicWorkspace<T>& workspace,
                                       const PropagateOptions& options) {
  require_workspace(net, workspace);
  require(x.cols() == net.inputs(), "x: expected ", net.inputs(), " columns, got ", x.cols());
  require(x.rows() >= 1 && x.rows() <= workspace.max_batch(), "x: expected 1 to ",
          workspace.max_batch(), " rows, got ", x.rows());
  // Holds no batch, unless all of it is done.
  struct Filled {
    BasicWorkspace<T>& workspace;
    std::size_t rows = 0;
    ~Filled() { workspace.set_rows(rows); }
  };
  {
    Filled filled{workspace};
    workspace.set_rows(x.rows());
    set_input_rows(net, x, workspace);
    Watch watch(options.keep_going);
    run_team(team_size(net, x.rows()), [&](Worker& worker) {
      const bool done = forward_phases(worker, watch, active_kernels<T>(), net,
                                       static_cast<const T* const*>(workspace.input_rows()),
                                       workspace, false, false);
      if (done && worker.index() == 0) filled.rows = x.rows();
    });
  }
  return workspace.a(net.depth());
}

template <class T>
double cost_of_batch(const BasicNetwork<T>& net, const BasicData<T>& data, const Loss& loss,
                     BasicWorkspace<T>& workspace, const PropagateOptions& options) {
  const FloatMode mode;
  require_batch(net, workspace);
  require(data.x.data() == nullptr || data.x.rows() == workspace.rows(), "x: expected the ",
          workspace.rows(), " rows of the last forward, or none, got ", data.x.rows());
  Watch watch(options.keep_going);
  bool done = require_targets(net, data, &loss, workspace.rows(), watch);
  if (!done) return std::numeric_limits<double>::quiet_NaN();
  const Normalisation* const by = target_normalisation(net);
  AlignedBuffer<T> normalised(by == nullptr ? 0 : data.y.rows() * data.y.cols());
  for (std::size_t i = 0; i < data.y.rows(); ++i) {
    const T* row = data.y.row(i).data();
    if (by != nullptr) {
      T* const to = normalised.data() + i * data.y.cols();
      normalise_target_row(*by, to, row, data.y.cols());
      row = to;
    }
    workspace.target_rows()[i] = row;
  }
  const OutputTerms<T> terms(net, loss);
  run_team(1, [&](Worker& worker) {
    done = output_phase(worker, watch, active_kernels<T>(), net,
                        has_labels(data) ? nullptr : workspace.target_rows(), data.labels.data(),
                        data.weights.empty() ? nullptr : data.weights.data(), terms, workspace,
                        nullptr);
  });
  if (!done) return std::numeric_limits<double>::quiet_NaN();
  double total = 0.0;
  for (const T c : workspace.cost()) total += static_cast<double>(c);
  return total;
}

template <class T>
bool take_output_derivative(const BasicNetwork<T>& net, BasicMatrixView<const T> dC_da,
                            BasicWorkspace<T>& workspace, const PropagateOptions& options) {
  require_batch(net, workspace);
  require(dC_da.rows() == workspace.rows() && dC_da.cols() == net.outputs(),
          "dC_da: expected shape (", workspace.rows(), ", ", net.outputs(), "), got (",
          dC_da.rows(), ", ", dC_da.cols(), ")");
  const std::size_t top = net.depth(), operations = 4 * net.outputs();
  const BasicMatrixView<T> from = workspace.derivative_from(top), dz = workspace.dz(top),
                           da = workspace.da(top);
  Watch watch(options.keep_going);
  bool done = false;
  run_team(1, [&](Worker& worker) {
    done = by_rows(worker, watch, dz.rows(), operations, [&](Range rows) {
      for (std::size_t i = rows.begin; i < std::min(rows.end, da.rows()); ++i) {
        std::copy_n(dC_da.row(i).data(), dC_da.cols(), da.row(i).data());
      }
      active_kernels<T>().output_derivative(&dz(rows.begin, 0), dz.stride(), &dC_da(rows.begin, 0),
                                            dC_da.stride(), &from(rows.begin, 0), from.stride(),
                                            net.output(), rows.size(), dz.cols());
    });
  });
  return done;
}

template <class T>
bool backward_batch(const BasicNetwork<T>& net, BasicMatrixView<const T> x,
                    BasicWorkspace<T>& workspace, BasicGradients<T>& gradients,
                    const PropagateOptions& options) {
  require_batch(net, workspace);
  require(x.rows() == workspace.rows() && x.cols() == net.inputs(), "x: expected shape (",
          workspace.rows(), ", ", net.inputs(), ") of the last forward, got (", x.rows(), ", ",
          x.cols(), ")");
  require(gradients.flat().size() == net.parameters().size(), "gradients: expected ",
          net.parameters().size(), " numbers, got ", gradients.flat().size());
  set_input_rows(net, x, workspace);
  Watch watch(options.keep_going);
  run_team(team_size(net, x.rows()), [&](Worker& worker) {
    for (std::size_t l = net.depth(); l >= 1; --l) {
      if (!backward_input_phase(worker, watch, active_kernels<T>(), net, l, workspace) ||
          !backward_weights_phase(worker, watch, active_kernels<T>(), net,
                                  static_cast<const T* const*>(workspace.input_rows()), l,
                                  workspace, gradients.flat().data())) {
        return;
      }
    }
  });
  return !watch.stopped();
}

template <class T>
void slopes_of_batch(const BasicNetwork<T>& net, BasicWorkspace<T>& workspace, std::size_t l,
                     BasicMatrixView<T> slope) {
  require_batch(net, workspace);
  require(l >= 1 && l <= net.depth(), "l: expected 1 .. ", net.depth(), ", got ", l);
  const Layer& layer = net.layers()[l - 1];
  const ActivationTraits traits = traits_of(layer.activation);
  require(traits.elementwise, "l: expected a layer whose neurons have slopes, got ", traits.name);
  require(slope.rows() == workspace.rows() && slope.cols() == layer.outputs,
          "slope: expected shape (", workspace.rows(), ", ", layer.outputs, "), got (",
          slope.rows(), ", ", slope.cols(), ")");
  const FloatMode mode;
  const BasicMatrixView<T> from = workspace.derivative_from(l);
  for (std::size_t i = 0; i < slope.rows(); ++i) {
    std::fill_n(slope.row(i).data(), slope.cols(), T(1));
  }
  active_kernels<T>().output_derivative(slope.data(), slope.stride(), slope.data(), slope.stride(),
                                        from.data(), from.stride(), layer.activation, slope.rows(),
                                        slope.cols());
}

}  // namespace

ConstMatrixView forward(const Network& net, ConstMatrixView x, Workspace& workspace,
                        const PropagateOptions& options) {
  return forward_batch(net, x, workspace, options);
}
ConstMatrixView64 forward(const Network64& net, ConstMatrixView64 x, Workspace64& workspace,
                          const PropagateOptions& options) {
  return forward_batch(net, x, workspace, options);
}

double cost(const Network& net, const Data& data, Loss loss, Workspace& workspace,
            const PropagateOptions& options) {
  return cost_of_batch(net, data, loss, workspace, options);
}
double cost(const Network64& net, const Data64& data, Loss loss, Workspace64& workspace,
            const PropagateOptions& options) {
  return cost_of_batch(net, data, loss, workspace, options);
}

bool set_output_derivative(const Network& net, ConstMatrixView dC_da, Workspace& workspace,
                           const PropagateOptions& options) {
  return take_output_derivative(net, dC_da, workspace, options);
}
bool set_output_derivative(const Network64& net, ConstMatrixView64 dC_da, Workspace64& workspace,
                           const PropagateOptions& options) {
  return take_output_derivative(net, dC_da, workspace, options);
}

bool backward(const Network& net, ConstMatrixView x, Workspace& workspace, Gradients& gradients,
              const PropagateOptions& options) {
  return backward_batch(net, x, workspace, gradients, options);
}
bool backward(const Network64& net, ConstMatrixView64 x, Workspace64& workspace,
              Gradients64& gradients, const PropagateOptions& options) {
  return backward_batch(net, x, workspace, gradients, options);
}

void slopes(const Network& net, Workspace& workspace, std::size_t l, MatrixView slope) {
  slopes_of_batch(net, workspace, l, slope);
}
void slopes(const Network64& net, Workspace64& workspace, std::size_t l, MatrixView64 slope) {
  slopes_of_batch(net, workspace, l, slope);
}

std::size_t first_nonfinite(std::span<const float> numbers) {
  return active_kernels<float>().first_nonfinite(numbers.data(), numbers.size());
}
std::size_t first_nonfinite(std::span<const double> numbers) {
  return active_kernels<double>().first_nonfinite(numbers.data(), numbers.size());
}

}  // namespace filbert
