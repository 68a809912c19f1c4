// What a fit is asked for, and where it stands.
#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "bind.hpp"

namespace filbert::python {
namespace {

// A value of FitOptions as Python has it, and back.
template <class Value>
py::object to_python(const Value& value) {
  return py::cast(value);
}
py::object to_python(const std::optional<Loss>& loss) {
  if (!loss) return py::none();
  return py::cast(std::string(to_string(*loss)));
}

template <class Value>
void from_python(const py::handle& given, Value& value) {
  value = given.cast<Value>();
}
void from_python(const py::handle& given, std::optional<Loss>& loss) {
  loss.reset();
  if (!given.is_none()) loss = loss_from_string(given.cast<std::string>());
}

/// The defaults, but for these.
FitOptions make(const py::kwargs& given) {
  FitOptions options;
  std::size_t known = 0;
  for_each_fit_option(options, [&](const auto& row, auto& value) {
    const py::str name(row.name);
    if (!given.contains(name)) return;
    from_python(given[name], value);
    ++known;
  });
  if (known != given.size()) throw py::type_error("FitOptions: expected its options only");
  return options;
}

/// The names of the options of two fits that differ, and must not if one goes on with the other.
std::vector<std::string> differences(const FitOptions& self, const FitOptions& other) {
  std::vector<std::string> names;
  for_each_fit_option(self, [&](const auto& row, const auto& value) {
    if (!row.may_change && value != other.*row.member) names.emplace_back(row.name);
  });
  return names;
}

}  // namespace

void bind_fit(py::module_& m) {
  py::class_<FitOptions> options(m, "FitOptions", py::is_final());
  options.def(py::init(&make))
      .def(
          "__eq__", [](const FitOptions& self, const FitOptions& other) { return self == other; },
          py::is_operator())
      .def("differences", &differences, py::arg("other"));
  const FitOptions any;
  for_each_fit_option(any, [&](const auto& row, const auto&) {
    const auto member = row.member;
    options.def_property_readonly(
        row.name.data(), [member](const FitOptions& self) { return to_python(self.*member); });
  });
  py::class_<FitPosition>(m, "FitPosition", py::is_final())
      .def(py::init<>())
      .def_readonly("epoch", &FitPosition::epoch)
      .def_readonly("batch", &FitPosition::batch);
}

}  // namespace filbert::python
