// Optimizer: an update rule with its state.
#include <pybind11/critical_section.h>
#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <string_view>

#include "arrays.hpp"
#include "bind.hpp"
#include "option_values.hpp"

namespace filbert::python {
namespace {

template <class T>
void step(SharedOptimizer& self, SharedNetwork<T>& network, const py::object& gradient) {
  const std::span<const T> flat = as_vector<T>(gradient, "gradient");
  const Writing writing(network.usage, network_busy);
  const Writing stepping(self.usage, optimizer_busy);
  without_gil([&] { self.optimizer.step(network.net, flat); });
}

/// The learning rate, which one may ask for while another thread trains. Where there is no GIL the
/// lock of the object keeps it whole; steps read it, and never set it.
Schedule learning_rate(const py::object& self) {
  const py::scoped_critical_section lock(self);
  return self.cast<SharedOptimizer&>().optimizer.learning_rate();
}

void set_learning_rate(const py::object& self, const py::object& learning_rate) {
  const auto schedule = value_from<Schedule>(learning_rate);
  auto& shared = self.cast<SharedOptimizer&>();
  const Changing changing(shared.usage, optimizer_busy);
  const py::scoped_critical_section lock(self);
  shared.optimizer.set_learning_rate(schedule);
}

/// An optimizer of the rule of that name, with its defaults but for these options.
std::unique_ptr<SharedOptimizer> make(std::string_view rule_name, const py::kwargs& options) {
  Rule rule = rule_from_string(rule_name);
  std::visit([&](auto& of_rule) { set_options(of_rule, options, rule_name); }, rule);
  return std::make_unique<SharedOptimizer>(Optimizer(rule));
}

py::dict options(SharedOptimizer& self) {
  const Reading reading(self.usage, optimizer_busy);
  return std::visit([](const auto& of_rule) { return dict_of(of_rule); }, self.optimizer.rule());
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
      .def(py::init(&make), py::arg("rule"))
      .def_property(
          "learning_rate", [](const py::object& self) { return to_python(learning_rate(self)); },
          &set_learning_rate)
      .def_property_readonly("steps", [](SharedOptimizer& self) { return self.optimizer.steps(); })
      .def("step", &step<float>, py::arg("network"), py::arg("gradient"))
      .def("step", &step<double>, py::arg("network"), py::arg("gradient"))
      .def_property_readonly(
          "rule",
          [](SharedOptimizer& self) { return std::string(to_string(self.optimizer.rule())); })
      .def_property_readonly("options", &options)
      .def_property_readonly(
          "evaluations",
          [](SharedOptimizer& self) { return self.optimizer.progress().evaluations; })
      .def(
          "default_batch_size",
          [](SharedOptimizer& self, std::size_t rows) {
            return default_batch_size(self.optimizer.rule(), rows);
          },
          py::arg("rows"))
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
