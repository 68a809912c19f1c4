// Options of rules and schedules as Python has them: a dict of numbers, flags, names, tuples and
// schedules.
#pragma once

#include <pybind11/stl.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "bind.hpp"

namespace filbert::python {

inline py::object to_python(double value) { return py::float_(value); }
inline py::object to_python(bool value) { return py::bool_(value); }
inline py::object to_python(std::size_t value) { return py::int_(value); }
inline py::object to_python(Monitor value) { return py::str(to_string(value)); }
inline py::object to_python(const Milestones& value) {
  py::tuple epochs(value.epochs().size());
  for (std::size_t i = 0; i < epochs.size(); ++i) epochs[i] = py::float_(value.epochs()[i]);
  return epochs;
}
/// A constant rate is a number.
inline py::object to_python(const Schedule& value) {
  if (value.is_constant()) return py::float_(value.rate());
  return py::cast(value);
}

template <class Value>
Value value_from(py::handle given) {
  if constexpr (std::is_same_v<Value, Schedule>) {
    if (!py::isinstance<Schedule>(given)) return given.cast<double>();
    return given.cast<Schedule>();
  } else if constexpr (std::is_same_v<Value, Milestones>) {
    return Milestones(given.cast<std::vector<double>>());
  } else if constexpr (std::is_same_v<Value, Monitor>) {
    return monitor_from_string(given.cast<std::string>());
  } else {
    return given.cast<Value>();
  }
}

/// Sets the options that are given. owner: the name of the rule or schedule.
template <class Options>
void set_options(Options& options, const py::kwargs& all, std::string_view owner) {
  for (const auto& [key, given] : all) {
    const auto name = key.template cast<std::string>();
    bool known = false;
    for_each_option(options, [&, &given = given](const auto& row, auto& option) {
      if (row.name != name) return;
      option = value_from<std::remove_reference_t<decltype(option)>>(given);
      known = true;
    });
    if (!known) {
      throw py::type_error("options: expected those of " + std::string(owner) + ", got '" + name +
                           "'");
    }
  }
}

template <class Options>
py::dict dict_of(const Options& options) {
  py::dict values;
  for_each_option(options, [&](const auto& row, const auto& option) {
    values[py::str(row.name)] = to_python(option);
  });
  return values;
}

}  // namespace filbert::python
