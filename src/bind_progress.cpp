// How a fit does: metrics, the best epoch so far, and what is raised when it diverges.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrays.hpp"
#include "bind.hpp"

namespace filbert::python {
namespace {

Predicting predicting(std::size_t outputs, std::string_view output,
                      const std::optional<std::string>& loss) {
  Predicting network{.outputs = outputs, .output = activation_from_string(output)};
  if (loss) network.loss = loss_from_string(*loss);
  return network;
}

/// Numbers as doubles, row by row.
template <class T>
std::vector<double> doubles(const py::handle& array) {
  const auto numbers = py::reinterpret_borrow<py::array>(array);
  const T* const data = static_cast<const T*>(numbers.data());
  return {data, data + numbers.size()};
}

/// a, y: arrays of T, or labels. weights: of T, or None.
template <class T>
std::vector<double> measure_arrays(const std::vector<Metric>& metrics, const py::object& a,
                                   const py::object& y, const py::object& weights,
                                   const Predicting& network) {
  const BasicMatrixView<const T> outputs = as_matrix<T>(a, "a");
  const BasicData<T> data = as_targets<T>(y);
  const std::vector<double> of_a = doubles<T>(a);
  const std::vector<double> of_y = data.labels.empty() ? doubles<T>(y) : std::vector<double>();
  std::vector<double> of_weights;
  if (!weights.is_none()) {
    require_ready<T>(weights, "weights");
    of_weights = doubles<T>(weights);
  }
  const Predictions predictions{.a = {of_a.data(), outputs.rows(), outputs.cols()},
                                .labels = data.labels,
                                .y = {of_y.data(), data.y.rows(), data.y.cols()},
                                .weights = of_weights};
  return without_gil([&] { return measure(metrics, predictions, network); });
}

std::vector<double> measure_all(const std::vector<std::string>& names, const py::object& a,
                                const py::object& y, std::string_view output,
                                const std::optional<std::string>& loss, const py::object& weights) {
  std::vector<Metric> metrics;
  for (const std::string& name : names) metrics.push_back(metric_from_string(name));
  const auto columns = static_cast<std::size_t>(py::reinterpret_borrow<py::array>(a).shape(1));
  const Predicting network = predicting(columns, output, loss);
  if (is_ready<float>(a)) return measure_arrays<float>(metrics, a, y, weights, network);
  return measure_arrays<double>(metrics, a, y, weights, network);
}

template <class T>
std::optional<double> constant_cost_of(const SharedNetwork<T>& network, const py::object& y,
                                       std::string_view loss, const py::object& weights) {
  BasicData<T> data = as_targets<T>(y);
  if (!weights.is_none()) data.weights = as_vector<T>(weights, "weights");
  const Loss known = loss_from_string(loss);
  return without_gil([&] { return constant_cost(network.net, data, known); });
}

template <class T>
void count(BestEpoch& self, const SharedNetwork<T>& network, std::size_t epoch, double value,
           bool maximize, double min_delta, bool last) {
  const EarlyStopping rules{.maximize = maximize, .min_delta = min_delta, .last = last};
  count_epoch(self, rules, network.net, epoch, value);
}

template <class T>
void put_back_into(const BestEpoch& self, SharedNetwork<T>& network) {
  const Changing changing(network.usage, network_busy);
  put_back(self, network.net);
}

template <class T>
bool is_finite(const SharedNetwork<T>& network) {
  const std::span<const T> all = network.net.parameters();
  return first_nonfinite(all) == all.size();
}

PyObject* diverged_class = nullptr;  // for ever: exceptions may be raised while modules are cleared

void translate(std::exception_ptr exception) {
  try {
    if (exception) std::rethrow_exception(exception);
  } catch (const Diverged& error) {
    const Divergence& where = error.where();
    const py::tuple arguments = py::make_tuple(where.epoch, where.step, where.cost, where.layer,
                                               where.column, where.largest, where.kept);
    PyErr_SetObject(diverged_class, arguments.ptr());
  }
}

}  // namespace

void bind_progress(py::module_& m) {
  diverged_class = PyErr_NewException("filbert._core.Diverged", PyExc_ArithmeticError, nullptr);
  if (diverged_class == nullptr) throw py::error_already_set();
  m.attr("Diverged") = py::reinterpret_borrow<py::object>(diverged_class);
  py::register_exception_translator(&translate);

  m.def("metric_names", [] {
    std::vector<std::string> names;
    for (const std::string_view name : metric_names()) names.emplace_back(name);
    return names;
  });
  m.def(
      "checked_metric",
      [](std::string_view name, std::size_t outputs, std::string_view output,
         const std::optional<std::string>& loss) {
        const Metric metric = metric_from_string(name);
        require_metric_fits(metric, predicting(outputs, output, loss));
        return higher_is_better(metric);
      },
      py::arg("name"), py::arg("outputs"), py::arg("output"), py::arg("loss"));
  m.def(
      "higher_is_better",
      [](std::string_view name) { return higher_is_better(metric_from_string(name)); },
      py::arg("name"));
  m.def("measure", &measure_all, py::arg("names"), py::arg("a"), py::arg("y"), py::arg("output"),
        py::arg("loss"), py::arg("weights") = py::none());
  m.def("constant_cost", &constant_cost_of<float>, py::arg("network"), py::arg("y"),
        py::arg("loss"), py::arg("weights") = py::none());
  m.def("constant_cost", &constant_cost_of<double>, py::arg("network"), py::arg("y"),
        py::arg("loss"), py::arg("weights") = py::none());
  m.def("is_finite", &is_finite<float>, py::arg("network"));
  m.def("is_finite", &is_finite<double>, py::arg("network"));

  py::class_<BestEpoch, std::shared_ptr<BestEpoch>>(m, "BestEpoch", py::is_final())
      .def(py::init<>())
      .def_readonly("seen", &BestEpoch::seen)
      .def_readonly("epoch", &BestEpoch::epoch)
      .def_readonly("value", &BestEpoch::value)
      .def_readonly("bad", &BestEpoch::bad)
      .def("count", &count<float>, py::arg("network"), py::arg("epoch"), py::arg("value"),
           py::arg("maximize"), py::arg("min_delta"), py::arg("last"))
      .def("count", &count<double>, py::arg("network"), py::arg("epoch"), py::arg("value"),
           py::arg("maximize"), py::arg("min_delta"), py::arg("last"))
      .def("put_back", &put_back_into<float>, py::arg("network"))
      .def("put_back", &put_back_into<double>, py::arg("network"));
}

}  // namespace filbert::python
