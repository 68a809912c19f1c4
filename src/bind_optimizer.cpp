// Optimizer: an update rule with its state.
#include <pybind11/stl.h>

#include <memory>
#include <string_view>

#include "arrays.hpp"
#include "bind.hpp"
#include "filbert/optimizer_options.hpp"

namespace filbert::python {
namespace {

template <class T>
void step(SharedOptimizer& self, SharedNetwork<T>& network, const py::object& gradient) {
  const std::span<const T> flat = as_vector<T>(gradient, "gradient");
  const Writing writing(network.usage, network_busy);
  const Writing stepping(self.usage, optimizer_busy);
  without_gil([&] { self.optimizer.step(network.net, flat); });
}

py::dict options(SharedOptimizer& self) {
  const Reading reading(self.usage, optimizer_busy);
  py::dict values;
  std::visit(
      [&](const auto& of_rule) {
        for_each_option(of_rule,
                        [&](std::string_view name, auto value) { values[py::str(name)] = value; });
      },
      self.optimizer.rule());
  return values;
}

py::bytes optimizer_bytes(SharedOptimizer& self) {
  const Reading reading(self.usage, optimizer_busy);
  const std::vector<std::byte> bytes = without_gil(long_work, [&](Released& released) {
    return to_bytes(self.optimizer, released.keep_going());
  });
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
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
            const Changing changing(self.usage, optimizer_busy);
            self.optimizer.set_learning_rate(learning_rate);
          })
      .def_property_readonly("steps", [](SharedOptimizer& self) { return self.optimizer.steps(); })
      .def("step", &step<float>, py::arg("network"), py::arg("gradient"))
      .def("step", &step<double>, py::arg("network"), py::arg("gradient"))
      .def_property_readonly(
          "rule",
          [](SharedOptimizer& self) {
            return std::visit([](const auto& of_rule) { return std::string(rule_name(of_rule)); },
                              self.optimizer.rule());
          })
      .def_property_readonly("options", &options)
      .def("to_bytes", &optimizer_bytes)
      .def_static(
          "from_bytes",
          [](const py::bytes& bytes) {
            const std::string_view text = bytes;
            return std::make_unique<SharedOptimizer>(
                without_gil(static_cast<double>(text.size()), [&](Released& released) {
                  return optimizer_from_bytes(std::as_bytes(std::span(text)),
                                              released.keep_going());
                }));
          },
          py::arg("bytes"));
}

}  // namespace filbert::python
