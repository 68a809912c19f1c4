// What a network does to inputs and targets before its first layer and its cost.
#include <pybind11/numpy.h>

#include <string>
#include <vector>

#include "arrays.hpp"
#include "bind.hpp"
#include "long_loops.hpp"

namespace filbert::python {
namespace {

/// A copy of some numbers that nobody can write to, or None if there are none.
py::object array_of(const std::vector<double>& numbers) {
  if (numbers.empty()) return py::none();
  py::array_t<double> array(static_cast<py::ssize_t>(numbers.size()), numbers.data());
  array.attr("setflags")(py::arg("write") = false);
  return array;
}

/// The members of Normalisation by name, or None if the network has none.
template <class T>
py::object normalisation_of(SharedNetwork<T>& self) {
  const Normalisation by = self.normalisation();
  if (!by.changes_inputs() && !by.changes_targets()) return py::none();
  py::dict members;
  members["kind"] = std::string(to_string(by.kind));
  members["centre"] = array_of(by.centre);
  members["factor"] = array_of(by.factor);
  members["fill"] = array_of(by.fill);
  members["quantiles"] = array_of(by.quantiles);
  members["target_centre"] = array_of(by.target_centre);
  members["target_scale"] = array_of(by.target_scale);
  return members;
}

/// Rows of X as the first layer takes them; X itself if it is taken as it is.
template <class T>
py::object normalised(SharedNetwork<T>& self, const py::object& x) {
  const BasicMatrixView<const T> in = as_matrix<T>(x, "X");
  const Reading reading(self.usage, network_busy);
  if (!self.net.normalisation().changes_inputs()) return x;
  py::array_t<T> result = empty_array<T>(in.rows(), in.cols());
  const BasicMatrixView<T> out(result.mutable_data(), in.rows(), in.cols());
  without_gil(20.0 * static_cast<double>(in.rows() * in.cols()), [&](Released& released) {
    const std::size_t step = std::max<std::size_t>(1, (std::size_t{1} << 16) / in.cols());
    return in_parts(in.rows(), step, released, [&](std::size_t begin, std::size_t end) {
      normalise_inputs(self.net, in.rows_from(begin, end - begin),
                       out.rows_from(begin, end - begin));
      return true;
    });
  });
  return result;
}

/// Rows of y as the cost takes them; y itself if it is taken as it is.
template <class T>
py::object normalised_targets(SharedNetwork<T>& self, const py::object& y) {
  const Reading reading(self.usage, network_busy);
  if (!self.net.normalisation().changes_targets() || is_ready<std::int32_t>(y)) return y;
  const BasicMatrixView<const T> in = as_matrix<T>(y, "y");
  py::array_t<T> result = empty_array<T>(in.rows(), in.cols());
  normalise_targets(self.net, in, {result.mutable_data(), in.rows(), in.cols()});
  return result;
}

template <class T>
void bind_one_type(py::module_& m) {
  m.def("normalisation", &normalisation_of<T>, py::arg("network"));
  m.def("normalised", &normalised<T>, py::arg("network"), py::arg("X"));
  m.def("normalised_targets", &normalised_targets<T>, py::arg("network"), py::arg("y"));
}

}  // namespace

void bind_normalisation(py::module_& m) {
  bind_one_type<float>(m);
  bind_one_type<double>(m);
}

}  // namespace filbert::python
