// Schedule: a learning rate as a function of time.
#include <string_view>
#include <variant>

#include "bind.hpp"
#include "option_values.hpp"

namespace filbert::python {
namespace {

/// The schedule of that name, with its defaults but for these options.
Schedule make(std::string_view name, const py::kwargs& options) {
  Schedule schedule = schedule_from_string(name);
  std::visit([&](auto& any) { set_options(any, options, name); }, schedule.any());
  require_in_range(schedule);
  return schedule;
}

py::dict options_of(const Schedule& schedule) {
  return std::visit([](const auto& any) { return dict_of(any); }, schedule.any());
}

}  // namespace

void bind_schedule(py::module_& m) {
  py::class_<Schedule>(m, "Schedule", py::is_final())
      .def(py::init(&make), py::arg("name"))
      .def_property_readonly("name", [](const Schedule& self) { return to_string(self); })
      .def_property_readonly("options", &options_of)
      .def_static(
          "defaults", [](std::string_view name) { return options_of(schedule_from_string(name)); },
          py::arg("name"))
      .def(
          "__eq__", [](const Schedule& self, const Schedule& other) { return self == other; },
          py::is_operator(), py::arg("other"))
      .def("at", &Schedule::at, py::arg("epoch"), py::arg("epochs"));
}

}  // namespace filbert::python
