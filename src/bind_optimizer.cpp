// Optimizer: an update rule with its state.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>

#include "arrays.hpp"
#include "bind.hpp"

namespace filbert::python {
namespace {

template <class T>
void step(SharedOptimizer& self, SharedNetwork<T>& network, const py::object& gradient) {
  const std::span<const T> flat = as_vector<T>(gradient, "gradient");
  const Writing writing(network.usage, network_busy);
  const Writing stepping(self.usage, optimizer_busy);
  const py::gil_scoped_release release;
  self.optimizer.step(network.net, flat);
}

template <class T>
void append_arrays(py::list& arrays, const Optimizer::Progress& progress) {
  const auto* state = std::get_if<Optimizer::State<T>>(&progress.state);
  if (state == nullptr) return;
  for (const AlignedBuffer<T>& buffer : state->buffers) {
    arrays.append(py::array_t<T>(static_cast<py::ssize_t>(buffer.size()), buffer.data()));
  }
}

py::tuple progress(SharedOptimizer& self) {
  const Reading reading(self.usage, optimizer_busy);
  const Optimizer::Progress& now = self.optimizer.progress();
  py::list arrays;
  append_arrays<float>(arrays, now);
  append_arrays<double>(arrays, now);
  return py::make_tuple(now.steps, now.beta1_power, now.beta2_power, arrays);
}

template <class T>
Optimizer::State<T> state_from(const py::list& arrays) {
  Optimizer::State<T> state;
  for (const py::handle& array : arrays) {
    const std::span<const T> values = as_vector<T>(array, "state");
    std::ranges::copy(values, state.buffers.emplace_back(values.size()).data());
  }
  return state;
}

void restore(SharedOptimizer& self, std::uint64_t steps, double beta1_power, double beta2_power,
             const py::list& state) {
  Optimizer::Progress to{
      .steps = steps, .beta1_power = beta1_power, .beta2_power = beta2_power, .state = {}};
  if (!state.empty() && is_ready<double>(state[0])) {
    to.state = state_from<double>(state);
  } else if (!state.empty()) {
    to.state = state_from<float>(state);
  }
  const Writing writing(self.usage, optimizer_busy);
  self.optimizer.restore(std::move(to));
}

}  // namespace

void bind_optimizer(py::module_& m) {
  py::class_<SharedOptimizer>(m, "Optimizer", py::is_final())
      .def_static(
          "sgd",
          [](double learning_rate, double momentum, bool nesterov, double weight_decay, double l1,
             double l2) {
            return std::make_unique<SharedOptimizer>(Sgd({.learning_rate = learning_rate,
                                                          .momentum = momentum,
                                                          .nesterov = nesterov,
                                                          .weight_decay = weight_decay,
                                                          .l1 = l1,
                                                          .l2 = l2}));
          },
          py::kw_only(), py::arg("learning_rate"), py::arg("momentum"), py::arg("nesterov"),
          py::arg("weight_decay"), py::arg("l1"), py::arg("l2"))
      .def_static(
          "adam",
          [](double learning_rate, double beta1, double beta2, double epsilon, double weight_decay,
             double l1, double l2) {
            return std::make_unique<SharedOptimizer>(Adam({.learning_rate = learning_rate,
                                                           .beta1 = beta1,
                                                           .beta2 = beta2,
                                                           .epsilon = epsilon,
                                                           .weight_decay = weight_decay,
                                                           .l1 = l1,
                                                           .l2 = l2}));
          },
          py::kw_only(), py::arg("learning_rate"), py::arg("beta1"), py::arg("beta2"),
          py::arg("epsilon"), py::arg("weight_decay"), py::arg("l1"), py::arg("l2"))
      .def_property(
          "learning_rate", [](SharedOptimizer& self) { return self.optimizer.learning_rate(); },
          [](SharedOptimizer& self, double learning_rate) {
            const Writing writing(self.usage, optimizer_busy);
            self.optimizer.set_learning_rate(learning_rate);
          })
      .def_property_readonly("steps", [](SharedOptimizer& self) { return self.optimizer.steps(); })
      .def("step", &step<float>, py::arg("network"), py::arg("gradient"))
      .def("step", &step<double>, py::arg("network"), py::arg("gradient"))
      .def("progress", &progress)
      .def("restore", &restore, py::arg("steps"), py::arg("beta1_power"), py::arg("beta2_power"),
           py::arg("state"));
}

}  // namespace filbert::python
