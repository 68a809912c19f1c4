// Predictions. A call for one row of a small network takes about a microsecond, so this is compiled
// for speed.
#include <pybind11/numpy.h>

#include "arrays.hpp"
#include "bind.hpp"
#include "long_loops.hpp"

namespace filbert::python {
namespace {

/// None unless x is ready: the caller then converts it, or says what is wrong with it.
/// is_finite: its numbers are known to be finite.
template <class T, bool is_finite>
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
  const bool finite = without_gil(operations(self.net, rows), [&](Released& released) {
    return predict(self.net, in, out,
                   {.keep_going = released.keep_going(), .only_finite = !is_finite});
  });
  if (!finite) return py::none();
  return result;
}

}  // namespace

template <class T>
void def_predict(py::class_<SharedNetwork<T>>& network) {
  network.def("predict", &predict_ready<T, false>, py::arg("X"))
      .def("predict_finite", &predict_ready<T, true>, py::arg("X"));
}

template void def_predict(py::class_<SharedNetwork<float>>& network);
template void def_predict(py::class_<SharedNetwork<double>>& network);

}  // namespace filbert::python
