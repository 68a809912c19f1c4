// Python functions that the core calls while a network is trained or evaluated.
#pragma once

#include <pybind11/pybind11.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <type_traits>
#include <vector>

#include "bind.hpp"
#include "gil.hpp"

namespace filbert::python {

// These are for Released::with_gil: in the C interface, and false if Python has raised.

/// Calls a Python function without arguments.
inline bool call(PyObject* function) {
  PyObject* const answer = PyObject_CallNoArgs(function);
  Py_XDECREF(answer);
  return answer != nullptr;
}

/// Calls a Python function that returns a number.
inline bool ask(PyObject* function, double& number) {
  PyObject* const answer = PyObject_CallNoArgs(function);
  if (answer == nullptr) return false;
  number = PyFloat_AsDouble(answer);
  Py_DECREF(answer);
  return PyErr_Occurred() == nullptr;
}

/// Tells a Python function of an epoch. position: the class FitPosition. go_on: whether the
/// function returns anything but False.
inline bool tell(PyObject* on_epoch, const EpochReport& report, PyObject* position, bool& go_on) {
  PyObject* const next = PyObject_CallNoArgs(position);
  if (next == nullptr) return false;
  py::handle(next).cast<FitPosition&>() = report.next;
  PyObject* const accuracy =
      report.training.accuracy ? PyFloat_FromDouble(*report.training.accuracy) : Py_NewRef(Py_None);
  if (accuracy == nullptr) {
    Py_DECREF(next);
    return false;
  }
  PyObject* const answer =
      PyObject_CallFunction(on_epoch, "ndNNOd", static_cast<Py_ssize_t>(report.epoch),
                            report.training.loss, accuracy, next,  // N takes an object over
                            report.last ? Py_True : Py_False, report.penalty);
  go_on = answer != Py_False;
  Py_XDECREF(answer);
  return answer != nullptr;
}

/// Calls a Python function with the number of epochs that are done, and the memory of the rows of
/// the next one, which it fills in.
inline bool ask_order(PyObject* function, std::size_t epoch, std::span<std::uint64_t> rows) {
  PyObject* const view =
      PyMemoryView_FromMemory(reinterpret_cast<char*>(rows.data()),
                              static_cast<Py_ssize_t>(rows.size_bytes()), PyBUF_WRITE);
  if (view == nullptr) return false;
  PyObject* const answer =
      PyObject_CallFunction(function, "nN", static_cast<Py_ssize_t>(epoch), view);
  Py_XDECREF(answer);
  return answer != nullptr;
}

/// Calls a Python function with the memory of a batch: of a, of y, and of what it has to fill, C
/// and dC_da, all of them row by row without gaps. It is for Released::with_gil too.
template <class T>
bool call_cost(PyObject* function, const std::vector<T>& a, const std::vector<T>& y,
               const BasicCostBatch<T>& batch) {
  const auto bytes = [](std::size_t count) { return static_cast<Py_ssize_t>(count * sizeof(T)); };
  const auto readable = [&](const std::vector<T>& numbers) {
    char* const data = reinterpret_cast<char*>(const_cast<T*>(numbers.data()));
    return PyMemoryView_FromMemory(data, bytes(numbers.size()), PyBUF_READ);
  };
  const auto writable = [&](T* numbers, std::size_t count) {
    return PyMemoryView_FromMemory(reinterpret_cast<char*>(numbers), bytes(count), PyBUF_WRITE);
  };
  PyObject* const views[] = {readable(a), readable(y),
                             writable(batch.cost.data(), batch.cost.size()),
                             writable(batch.dC_da.data(), batch.a.rows() * batch.a.cols())};
  PyObject* answer = nullptr;
  if (std::ranges::find(views, nullptr) == std::end(views)) {
    answer =
        PyObject_CallFunctionObjArgs(function, views[0], views[1], views[2], views[3], nullptr);
  }
  for (PyObject* const view : views) Py_XDECREF(view);
  Py_XDECREF(answer);
  return answer != nullptr;
}

/// A cost that a Python function computes; an empty one for None.
template <class T>
BasicOwnCost<T> own_cost_of(const py::object& function, Released& released) {
  if (function.is_none()) return {};
  return [call = function.ptr(), &released, a = std::vector<T>(),
          y = std::vector<T>()](const BasicCostBatch<T>& batch) mutable {
    const auto pack = [](std::vector<T>& to, BasicMatrixView<const T> from) {
      to.resize(from.rows() * from.cols());
      for (std::size_t i = 0; i < from.rows(); ++i) {
        std::copy_n(from.row(i).data(), from.cols(), to.data() + i * from.cols());
      }
    };
    pack(a, batch.a);
    pack(y, batch.y);
    if (!released.with_gil([&] { return call_cost<T>(call, a, y, batch); })) throw Interrupted();
    return true;
  };
}

/// Sets the cost of the network's type among the options of fit or evaluate.
template <class T, class Options>
void set_own_cost(Options& options, const py::object& function, Released& released) {
  if constexpr (std::is_same_v<T, float>) {
    options.cost = own_cost_of<T>(function, released);
  } else {
    options.cost64 = own_cost_of<T>(function, released);
  }
}

}  // namespace filbert::python
