// Forward: what forward propagation of a batch left, and backward propagation from there.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <memory>
#include <string>

#include "arrays.hpp"
#include "bind.hpp"
#include "long_loops.hpp"

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
  Usage usage;
  bool has_derivative = false;

  SharedNetwork<T>& shared() const { return network.cast<SharedNetwork<T>&>(); }
};

template <class T>
std::unique_ptr<Forward<T>> forward_batch(SharedNetwork<T>& shared, const py::object& x) {
  const BasicMatrixView<const T> in = as_matrix<T>(x, "X");
  const Reading reading(shared.usage, network_busy);
  auto result = std::make_unique<Forward<T>>(
      py::cast(shared, py::return_value_policy::reference), x,
      BasicWorkspace<T>(shared.net, {.max_batch = in.rows(), .training = true, .inspect = true}));
  without_gil(operations(shared.net, in.rows()), [&](Released& released) {
    return forward(shared.net, in, result->workspace, {released.keep_going()}).rows();
  });
  return result;
}

template <class T>
py::array_t<T> cost_of(Forward<T>& self, const py::object& y, const std::string& loss) {
  auto& shared = self.shared();
  const Reading reading(shared.usage, network_busy);
  const Writing writing(self.usage, forward_busy);
  const std::span<const T> costs = self.workspace.cost();
  py::array_t<T> result = empty_array<T>(costs.size());
  T* const to = result.mutable_data();
  const double work = 30.0 * static_cast<double>(costs.size() * shared.net.outputs());
  const BasicData<T> data = as_data<T>({}, y);
  without_gil(work, [&](Released& released) {
    cost(shared.net, data, loss_from_string(loss), self.workspace, {released.keep_going()});
    self.has_derivative = !released.raised();
    std::ranges::copy(costs, to);
    return true;
  });
  return result;
}

/// The flat gradient, and the derivative with respect to the input.
template <class T>
std::pair<py::array_t<T>, py::array_t<T>> backward_batch(Forward<T>& self,
                                                         const py::object& derivative, bool of_z) {
  if (derivative.is_none() && !self.has_derivative) {
    throw py::value_error("derivative: expected one, or a cost before, got None");
  }
  const BasicMatrixView<const T> in = as_matrix<T>(self.x, "X");
  BasicWorkspace<T>& workspace = self.workspace;
  auto& shared = self.shared();
  const Reading reading(shared.usage, network_busy);
  const Writing writing(self.usage, forward_busy);
  const BasicMatrixView<T> dz = workspace.dz(shared.net.depth()), dx = workspace.da(0);
  BasicMatrixView<const T> given;
  if (!derivative.is_none()) given = as_matrix<T>(derivative, "derivative");
  if (of_z && !derivative.is_none() && (given.rows() != dz.rows() || given.cols() != dz.cols())) {
    throw py::value_error("dC_dz: expected shape (" + std::to_string(dz.rows()) + ", " +
                          std::to_string(dz.cols()) + "), got (" + std::to_string(given.rows()) +
                          ", " + std::to_string(given.cols()) + ")");
  }
  auto gradients = std::make_unique<BasicGradients<T>>(shared.net);
  py::array_t<T> derivative_of_x = empty_array<T>(dx.rows(), dx.cols());
  const BasicMatrixView<T> to(derivative_of_x.mutable_data(), dx.rows(), dx.cols());
  without_gil(2.0 * operations(shared.net, in.rows()), [&](Released& released) {
    const PropagateOptions options{released.keep_going()};
    if (!derivative.is_none()) {
      const bool done = of_z ? copy_rows<T>(given, dz, released)
                             : set_output_derivative(shared.net, given, workspace, options);
      self.has_derivative = done;
      if (!done) return false;
    }
    return backward(shared.net, in, workspace, *gradients, options) &&
           copy_rows<T>(dx, to, released);
  });
  const std::span<T> flat = gradients->flat();
  const py::capsule owner(gradients.release(),
                          [](void* p) { delete static_cast<BasicGradients<T>*>(p); });
  return {view_of(flat, owner), derivative_of_x};
}

template <class T>
void bind_one_forward(py::module_& m, const char* name) {
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
      .def("cost", &cost_of<T>, py::arg("y"), py::arg("loss"))
      .def("backward", &backward_batch<T>, py::arg("derivative"), py::arg("of_z"));
  m.def("forward", &forward_batch<T>, py::arg("network"), py::arg("X"));
}

}  // namespace

void bind_forward(py::module_& m) {
  bind_one_forward<float>(m, "Forward32");
  bind_one_forward<double>(m, "Forward64");
}

}  // namespace filbert::python
