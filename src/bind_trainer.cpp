// Trainer: one training example after another.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "arrays.hpp"
#include "bind.hpp"

namespace filbert::python {
namespace {

/// A trainer with what it needs to live: the network and the optimizer.
template <class T>
struct SharedTrainer {
  SharedTrainer(py::object of, py::object by, const std::string& loss)
      : owner(std::move(of)),
        optimizer_owner(std::move(by)),
        network(owner.cast<SharedNetwork<T>&>()),
        optimizer(optimizer_owner.cast<SharedOptimizer&>()),
        trainer(network.net, optimizer.optimizer, loss_from_string(loss)),
        columns(target_columns(trainer.loss(), network.net.outputs())),
        traits(traits_of(trainer.loss())),
        probabilities(traits_of(network.net.output()).probabilities) {
    // As in Python's Wanted.labels: what tells several classes apart takes them as labels.
    const bool tells =
        traits_of(network.net.output()).classifies || traits.targets == TargetRange::signs;
    labels = tells && network.net.outputs() > 1 && columns == network.net.outputs() &&
             class_count(network.net.outputs(), network.net.output()) == network.net.outputs();
  }

  py::object owner, optimizer_owner;
  SharedNetwork<T>& network;
  SharedOptimizer& optimizer;
  BasicTrainer<T> trainer;
  std::size_t columns;
  LossTraits traits;
  bool probabilities;  // targets are in [0, 1]
  bool labels;         // an integer is a label
};

// numpy.float32, which lives as long as the process. Set when the module is imported: were it set
// at its first use, threads could wait for each other's initialisation and for the GIL.
PyTypeObject* float32 = nullptr;

/// A number of Python's or numpy's, if it is one that can be taken as it is.
std::optional<double> number_of(PyObject* object) {
  if (PyFloat_Check(object) != 0) return PyFloat_AS_DOUBLE(object);
  if (Py_TYPE(object) != float32) return {};
  const double value = PyFloat_AsDouble(object);
  if (value == -1.0 && PyErr_Occurred() != nullptr) PyErr_Clear();
  return value;
}

/// The same for an integer; a bool and an array are none.
std::optional<std::int64_t> integer_of(PyObject* object) {
  if (PyBool_Check(object) != 0 || PyIndex_Check(object) == 0 ||
      PyObject_TypeCheck(object, py::detail::npy_api::get().PyArray_Type_) != 0) {
    return {};
  }
  const Py_ssize_t value = PyNumber_AsSsize_t(object, PyExc_OverflowError);
  if (value == -1 && PyErr_Occurred() != nullptr) {
    PyErr_Clear();
    return {};
  }
  return static_cast<std::int64_t>(value);
}

/// A ready row of so many finite numbers, or an empty one.
template <class T>
std::span<const T> ready_row(const py::handle& array, std::size_t size) {
  if (!is_ready<T>(array)) return {};
  const auto row = py::reinterpret_borrow<py::array>(array);
  if (row.ndim() != 1 || static_cast<std::size_t>(row.shape(0)) != size) return {};
  const std::span<const T> numbers(static_cast<const T*>(row.data()), size);
  return first_nonfinite(numbers) == size ? numbers : std::span<const T>();
}

/// One step; target: a label or a row.
template <class T, class Target>
double step(SharedTrainer<T>& self, std::span<const T> x, const Target& target) {
  constexpr double short_work = 1 << 18;  // giving up the GIL takes a part of a small step
  const Writing writing(self.network.usage, network_busy);
  const Writing stepping(self.optimizer.usage, optimizer_busy);
  if (operations(self.network.net, 1) < short_work) return self.trainer.step(x, target);
  return without_gil([&] { return self.trainer.step(x, target); });
}

/// None unless x and y can be taken as they are: the caller then converts them, or says what is
/// wrong with them.
template <class T>
py::object step_ready(SharedTrainer<T>& self, const py::handle& x, const py::handle& y) {
  const std::span<const T> row = ready_row<T>(x, self.network.net.inputs());
  const auto is_empty = [](const auto& labels) { return labels.empty(); };
  if (row.empty() || !std::visit(is_empty, self.network.net.classes())) return py::none();
  if (self.labels) {
    const std::optional<std::int64_t> label = integer_of(y.ptr());
    if (!label || *label < 0 || *label >= static_cast<std::int64_t>(self.network.net.outputs())) {
      return py::none();
    }
    return py::float_(step(self, row, static_cast<std::int32_t>(*label)));
  }
  if (self.traits.targets != TargetRange::any) return py::none();
  T number{};
  std::span<const T> target;
  if (self.columns == 1) {
    std::optional<double> value = number_of(y.ptr());
    if (!value) {
      const std::optional<std::int64_t> integer = integer_of(y.ptr());
      if (!integer) return py::none();
      value = static_cast<double>(*integer);
    }
    number = static_cast<T>(*value);
    if (!std::isfinite(number)) return py::none();
    target = std::span<const T>(&number, 1);
  } else {
    target = ready_row<T>(y, self.columns);
    if (target.empty()) return py::none();
  }
  for (const T value : target) {
    if (self.probabilities && !(value >= T(0) && value <= T(1))) return py::none();
  }
  return py::float_(step(self, row, target));
}

/// x: (1, inputs); y: (1, columns) values or int32 (1,), all of them checked.
template <class T>
double step_checked(SharedTrainer<T>& self, const py::object& x, const py::object& y) {
  const BasicMatrixView<const T> matrix = as_matrix<T>(x, "X");
  const BasicData<T> data = as_targets<T>(y);
  const std::span<const T> row(matrix.data(), matrix.cols());
  if (!data.labels.empty()) return step(self, row, data.labels[0]);
  return step(self, row, std::span<const T>(data.y.data(), data.y.cols()));
}

template <class T>
void bind_one(py::module_& m, const char* name) {
  using Self = SharedTrainer<T>;
  py::class_<Self>(m, name, py::is_final())
      .def(py::init<py::object, py::object, const std::string&>(), py::arg("network"),
           py::arg("optimizer"), py::arg("loss"))
      .def("step", &step_ready<T>, py::arg("x"), py::arg("y"))
      .def("step_checked", &step_checked<T>, py::arg("X"), py::arg("y"));
}

}  // namespace

void bind_trainer(py::module_& m) {
  float32 = reinterpret_cast<PyTypeObject*>(
      py::object(py::module_::import("numpy").attr("float32")).release().ptr());
  bind_one<float>(m, "Trainer32");
  bind_one<double>(m, "Trainer64");
}

}  // namespace filbert::python
