// Network and what forward propagation of a batch left.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <memory>
#include <optional>
#include <string>

#include "arrays.hpp"
#include "bind.hpp"

namespace filbert::python {
namespace {

/// A batch, its z and a, and later the derivatives. Keeps the arrays that it points to.
template <class T>
struct Forward {
  Forward(py::object of, py::object batch, BasicWorkspace<T> room)
      : network(std::move(of)), x(std::move(batch)), workspace(std::move(room)) {}

  py::object network;
  py::object x;
  BasicWorkspace<T> workspace;
  bool has_derivative = false;

  SharedNetwork<T>& shared() const { return network.cast<SharedNetwork<T>&>(); }
};

void require_layer(std::size_t l, std::size_t first, std::size_t last) {
  if (l < first || l > last) {
    throw py::key_error("layer: expected " + std::to_string(first) + " .. " + std::to_string(last) +
                        ", got " + std::to_string(l));
  }
}

template <class T>
std::unique_ptr<SharedNetwork<T>> make_network(std::vector<std::size_t> sizes,
                                               const std::vector<std::string>& activations,
                                               const std::string& output, std::uint64_t seed) {
  NetworkOptions options{.output = activation_from_string(output), .seed = seed};
  for (const std::string& name : activations) {
    options.activations.push_back(activation_from_string(name));
  }
  return std::make_unique<SharedNetwork<T>>(BasicNetwork<T>(std::move(sizes), options));
}

template <class T>
std::vector<std::string> activations_of(SharedNetwork<T>& self) {
  std::vector<std::string> names;
  for (const Layer& layer : self.net.layers()) names.emplace_back(to_string(layer.activation));
  return names;
}

template <class T>
py::object weights(const py::object& self, std::size_t l) {
  auto& net = self.cast<SharedNetwork<T>&>().net;
  require_layer(l, 1, net.depth());
  return view_of(net.w(l), self).attr("T");  // (n_out, n_in), as in w[l][j, k]
}

template <class T>
py::array_t<T> biases(const py::object& self, std::size_t l) {
  auto& net = self.cast<SharedNetwork<T>&>().net;
  require_layer(l, 1, net.depth());
  return view_of(net.b(l), self);
}

/// None unless x is ready: the caller then converts it, or says what is wrong with it.
template <class T>
py::object predict_ready(SharedNetwork<T>& self, const py::handle& x) {
  if (!is_ready<T>(x)) return py::none();
  const auto array = py::reinterpret_borrow<py::array>(x);
  const auto width = static_cast<py::ssize_t>(self.net.inputs());
  const py::ssize_t dimensions = array.ndim();
  if (dimensions < 1 || dimensions > 2 || array.shape(dimensions - 1) != width) return py::none();
  const py::ssize_t rows = dimensions == 1 ? 1 : array.shape(0);
  if (rows == 0) return py::none();
  const BasicMatrixView<const T> in(static_cast<const T*>(array.data()),
                                    static_cast<std::size_t>(rows), self.net.inputs());
  const auto outputs = static_cast<py::ssize_t>(self.net.outputs());
  py::array_t<T> result =
      dimensions == 1 ? py::array_t<T>(outputs) : py::array_t<T>({rows, outputs});
  const BasicMatrixView<T> out(result.mutable_data(), in.rows(), self.net.outputs());
  const Reading reading(self.usage, network_busy);
  const std::span<const T> numbers(in.data(), in.rows() * in.cols());
  const py::gil_scoped_release release;
  if (first_nonfinite(numbers) != numbers.size()) {
    const py::gil_scoped_acquire acquire;
    return py::none();
  }
  predict(self.net, in, out);
  return result;
}

template <class T>
std::unique_ptr<Forward<T>> forward_batch(const py::object& self, const py::object& x) {
  auto& shared = self.cast<SharedNetwork<T>&>();
  const BasicMatrixView<const T> in = as_matrix<T>(x, "X");
  const Reading reading(shared.usage, network_busy);
  auto result = std::make_unique<Forward<T>>(
      self, x,
      BasicWorkspace<T>(shared.net, {.max_batch = in.rows(), .training = true, .inspect = true}));
  const py::gil_scoped_release release;
  forward(shared.net, in, result->workspace);
  return result;
}

/// int32 labels or rows of values, to whatever takes them.
template <class T, class Function>
auto with_targets(const py::object& y, Function function) {
  if (is_ready<std::int32_t>(y)) return function(as_vector<std::int32_t>(y, "y"));
  return function(as_matrix<T>(y, "y"));
}

template <class T>
py::array_t<T> cost_of(Forward<T>& self, const py::object& y, const std::string& loss) {
  auto& shared = self.shared();
  const Reading reading(shared.usage, network_busy);
  with_targets<T>(y, [&](auto targets) {
    return cost(shared.net, targets, loss_from_string(loss), self.workspace);
  });
  self.has_derivative = true;
  const std::span<T> costs = self.workspace.cost();
  return py::array_t<T>(static_cast<py::ssize_t>(costs.size()), costs.data());  // a copy
}

template <class T>
py::array_t<T> backward_batch(SharedNetwork<T>& self, Forward<T>& forward,
                              const py::object& derivative, bool of_z) {
  if (&forward.shared() != &self) {
    throw py::value_error("forward: expected one of this network, got one of another network");
  }
  if (derivative.is_none() && !forward.has_derivative) {
    throw py::value_error("derivative: expected one, or a cost before, got None");
  }
  const BasicMatrixView<const T> in = as_matrix<T>(forward.x, "X");
  BasicWorkspace<T>& workspace = forward.workspace;
  const Reading reading(self.usage, network_busy);
  if (!derivative.is_none()) {
    const BasicMatrixView<const T> given = as_matrix<T>(derivative, "derivative");
    const BasicMatrixView<T> dz = workspace.dz(self.net.depth());
    if (!of_z) {
      set_output_derivative(self.net, given, workspace);
    } else if (given.rows() != dz.rows() || given.cols() != dz.cols()) {
      throw py::value_error("dC_dz: expected shape (" + std::to_string(dz.rows()) + ", " +
                            std::to_string(dz.cols()) + "), got (" + std::to_string(given.rows()) +
                            ", " + std::to_string(given.cols()) + ")");
    } else {
      for (std::size_t i = 0; i < dz.rows(); ++i) {
        std::copy_n(given.row(i).data(), dz.cols(), dz.row(i).data());
      }
    }
    forward.has_derivative = true;
  }
  auto gradients = std::make_unique<BasicGradients<T>>(self.net);
  {
    const py::gil_scoped_release release;
    backward(self.net, in, workspace, *gradients);
  }
  const std::span<T> flat = gradients->flat();
  const py::capsule owner(gradients.release(),
                          [](void* p) { delete static_cast<BasicGradients<T>*>(p); });
  return view_of(flat, owner);
}

/// Signal handlers run now and then, between two batches; what one raises ends the work.
bool signals_allow() {
  const py::gil_scoped_acquire acquire;
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  return true;
}

template <class T>
bool fit_network(SharedNetwork<T>& self, const py::object& x, const py::object& y,
                 SharedOptimizer& optimizer, std::size_t epochs, std::size_t batch_size,
                 const std::optional<std::string>& loss, bool shuffle,
                 std::optional<std::uint64_t> seed, const py::object& on_epoch) {
  const BasicMatrixView<const T> in = as_matrix<T>(x, "X");
  FitOptions options{.epochs = epochs,
                     .batch_size = batch_size,
                     .shuffle = shuffle,
                     .seed = seed,
                     .keep_going = signals_allow};
  if (loss) options.loss = loss_from_string(*loss);
  if (!on_epoch.is_none()) {
    options.on_epoch = [&on_epoch](const EpochReport& report) {
      const py::gil_scoped_acquire acquire;
      const py::object answer =
          on_epoch(report.epoch, report.training.loss, report.training.accuracy);
      return !answer.is(py::bool_(false));
    };
  }
  const Writing writing(self.usage, network_busy);
  const Writing stepping(optimizer.usage, optimizer_busy);
  return with_targets<T>(y, [&](auto targets) {
    const py::gil_scoped_release release;
    return fit(self.net, in, targets, optimizer.optimizer, options);
  });
}

template <class T>
std::pair<double, std::optional<double>> evaluate_network(SharedNetwork<T>& self,
                                                          const py::object& x, const py::object& y,
                                                          const std::optional<std::string>& loss) {
  const BasicMatrixView<const T> in = as_matrix<T>(x, "X");
  EvaluateOptions options{.keep_going = signals_allow};
  if (loss) options.loss = loss_from_string(*loss);
  const Reading reading(self.usage, network_busy);
  return with_targets<T>(y, [&](auto targets) {
    const py::gil_scoped_release release;
    const Evaluation result = evaluate(self.net, in, targets, options);
    return std::pair(result.loss, result.accuracy);
  });
}

template <class T>
void bind_forward(py::module_& m, const char* name) {
  using Self = Forward<T>;
  const auto layer_view = [](auto member, std::size_t first) {
    return [member, first](const py::object& self, std::size_t l) {
      BasicWorkspace<T>& workspace = self.cast<Self&>().workspace;
      require_layer(l, first, workspace.sizes().size() - 1);
      return view_of((workspace.*member)(l), self);
    };
  };
  using Workspace = BasicWorkspace<T>;
  py::class_<Self>(m, name, py::is_final())
      .def_property_readonly("X", [](const Self& self) { return self.x; })
      .def("z", layer_view(&Workspace::z, 1), py::arg("l"))
      .def("a", layer_view(&Workspace::a, 1), py::arg("l"))
      .def("dz", layer_view(&Workspace::dz, 1), py::arg("l"))
      .def("da", layer_view(&Workspace::da, 0), py::arg("l"))
      .def("cost", &cost_of<T>, py::arg("y"), py::arg("loss"));
}

template <class T>
void bind_one_network(py::module_& m, const char* name) {
  using Self = SharedNetwork<T>;
  py::class_<Self>(m, name, py::is_final())
      .def(py::init(&make_network<T>), py::arg("sizes"), py::arg("activations"), py::arg("output"),
           py::arg("seed"))
      .def_property_readonly("sizes",
                             [](const Self& self) {
                               return std::vector<std::size_t>(self.net.sizes().begin(),
                                                               self.net.sizes().end());
                             })
      .def_property_readonly("activations", &activations_of<T>)
      .def_property_readonly("seed", [](const Self& self) { return self.net.seed(); })
      .def_property(
          "epoch", [](const Self& self) { return self.net.epoch(); },
          [](Self& self, std::uint64_t epoch) {
            const Writing writing(self.usage, network_busy);
            self.net.set_epoch(epoch);
          })
      .def_property_readonly(
          "parameters",
          [](const py::object& self) { return view_of(self.cast<Self&>().net.parameters(), self); })
      .def("w", &weights<T>, py::arg("l"))
      .def("b", &biases<T>, py::arg("l"))
      .def("predict", &predict_ready<T>, py::arg("X"))
      .def("forward", &forward_batch<T>, py::arg("X"))
      .def("backward", &backward_batch<T>, py::arg("forward"), py::arg("derivative"),
           py::arg("of_z"))
      .def("fit", &fit_network<T>, py::arg("X"), py::arg("y"), py::arg("optimizer"),
           py::arg("epochs"), py::arg("batch_size"), py::arg("loss"), py::arg("shuffle"),
           py::arg("seed"), py::arg("on_epoch"))
      .def("evaluate", &evaluate_network<T>, py::arg("X"), py::arg("y"), py::arg("loss"));
}

}  // namespace

void bind_network(py::module_& m) {
  bind_forward<float>(m, "Forward32");
  bind_forward<double>(m, "Forward64");
  bind_one_network<float>(m, "Network32");
  bind_one_network<double>(m, "Network64");
}

}  // namespace filbert::python
