// Network: what it is, prediction and training.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "arrays.hpp"
#include "bind.hpp"

namespace filbert::python {
namespace {

template <class T>
std::unique_ptr<SharedNetwork<T>> make_network(std::vector<std::size_t> sizes,
                                               const std::vector<std::string>& activations,
                                               const std::string& output, std::uint64_t seed,
                                               const Classes& classes) {
  NetworkOptions options{
      .output = activation_from_string(output), .seed = seed, .classes = classes};
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

/// A list, or None.
template <class T>
py::object feature_names_of(SharedNetwork<T>& self) {
  const std::vector<std::string> names = self.feature_names();
  return names.empty() ? py::none() : py::object(py::cast(names));
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

/// Copies of the weights (n_out, n_in) and biases of every layer, of one moment.
template <class T>
py::list copies(const py::object& self) {
  auto& shared = self.cast<SharedNetwork<T>&>();
  const Reading reading(shared.usage, network_busy);
  py::list layers;
  for (std::size_t l = 1; l <= shared.net.depth(); ++l) {
    layers.append(
        py::make_tuple(weights<T>(self, l).attr("copy")(), biases<T>(self, l).attr("copy")()));
  }
  return layers;
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

/// Signal handlers run now and then, between two batches; what one raises ends the work.
bool signals_allow() {
  const py::gil_scoped_acquire acquire;
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  return true;
}

/// Learns what outputs and inputs are called, if that is known, and calls train(), which returns
/// what the training returned. If it ends before the first step, everything is called as before.
template <class T, class Train>
bool with_names(SharedNetwork<T>& self, const SharedOptimizer& optimizer,
                std::optional<Classes> classes,
                std::optional<std::vector<std::string>> feature_names, Train train) {
  if (!classes && !feature_names) return train();
  const Classes old_classes = self.net.classes();
  const std::vector<std::string> old_names = self.net.feature_names();
  const std::uint64_t steps = optimizer.optimizer.steps();
  try {
    if (classes) self.set_classes(std::move(*classes));
    if (feature_names) self.set_feature_names(std::move(*feature_names));
    return train();
  } catch (const std::exception&) {
    if (optimizer.optimizer.steps() == steps) {
      self.set_classes(old_classes);
      self.set_feature_names(old_names);
    }
    throw;
  }
}

template <class T>
bool fit_network(SharedNetwork<T>& self, const py::object& x, const py::object& y,
                 SharedOptimizer& optimizer, std::size_t epochs, std::size_t batch_size,
                 const std::optional<std::string>& loss, bool shuffle,
                 std::optional<std::uint64_t> seed, FitPosition& position,
                 const py::object& on_epoch, std::optional<Classes> classes,
                 std::optional<std::vector<std::string>> feature_names,
                 const py::object& on_start) {
  const BasicMatrixView<const T> in = as_matrix<T>(x, "X");
  FitOptions options{.epochs = epochs,
                     .batch_size = batch_size,
                     .shuffle = shuffle,
                     .seed = seed,
                     .position = &position,
                     .keep_going = signals_allow};
  if (loss) options.loss = loss_from_string(*loss);
  if (!on_start.is_none()) {
    options.on_start = [&on_start] {
      const py::gil_scoped_acquire acquire;
      on_start();
    };
  }
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
  return with_names(self, optimizer, std::move(classes), std::move(feature_names), [&] {
    return with_targets<T>(y, [&](auto targets) {
      const py::gil_scoped_release release;
      return fit(self.net, in, targets, optimizer.optimizer, options);
    });
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
void bind_one_network(py::module_& m, const char* name) {
  using Self = SharedNetwork<T>;
  py::class_<Self>(m, name, py::is_final())
      .def(py::init(&make_network<T>), py::arg("sizes"), py::arg("activations"), py::arg("output"),
           py::arg("seed"), py::arg("classes"))
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
      .def_property("classes", &Self::classes,
                    [](Self& self, const Classes& classes) {
                      const Writing writing(self.usage, network_busy);
                      self.set_classes(classes);
                    })
      .def_property("feature_names", &feature_names_of<T>,
                    [](Self& self, const std::vector<std::string>& names) {
                      const Writing writing(self.usage, network_busy);
                      self.set_feature_names(names);
                    })
      .def_property_readonly(
          "parameters",
          [](const py::object& self) { return view_of(self.cast<Self&>().net.parameters(), self); })
      .def("w", &weights<T>, py::arg("l"))
      .def("b", &biases<T>, py::arg("l"))
      .def("copies", &copies<T>)
      .def("predict", &predict_ready<T>, py::arg("X"))
      .def("fit", &fit_network<T>, py::arg("X"), py::arg("y"), py::arg("optimizer"),
           py::arg("epochs"), py::arg("batch_size"), py::arg("loss"), py::arg("shuffle"),
           py::arg("seed"), py::arg("position"), py::arg("on_epoch"), py::kw_only(),
           py::arg("classes") = py::none(), py::arg("feature_names") = py::none(),
           py::arg("on_start") = py::none())
      .def("evaluate", &evaluate_network<T>, py::arg("X"), py::arg("y"), py::arg("loss"));
}

}  // namespace

py::object array_of(const Classes& classes) {
  return std::visit(
      [](const auto& labels) -> py::object {
        if (labels.empty()) return py::none();
        constexpr bool texts = std::is_same_v<decltype(labels), const std::vector<std::string>&>;
        const py::object array =
            py::module_::import("numpy").attr("array")(labels, texts ? "U" : "int64");
        array.attr("setflags")(py::arg("write") = false);
        return array;
      },
      classes);
}

void bind_network(py::module_& m) {
  bind_one_network<float>(m, "Network32");
  bind_one_network<double>(m, "Network64");
}

}  // namespace filbert::python
