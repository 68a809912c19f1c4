// The columns of the table that a network was trained with, as Python sees them.
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "bind.hpp"

namespace filbert::python {

using ColumnParts = std::tuple<std::string, std::vector<std::string>, bool>;

/// A list of the parts of columns, or None.
inline py::object parts_of(const std::vector<Column>& columns) {
  if (columns.empty()) return py::none();
  py::list list;
  for (const Column& c : columns) list.append(py::make_tuple(c.name, c.values, c.has_gaps));
  return list;
}

inline std::vector<Column> columns_of(const std::vector<ColumnParts>& parts) {
  std::vector<Column> columns;
  columns.reserve(parts.size());
  for (const auto& [name, values, has_gaps] : parts) columns.push_back({name, values, has_gaps});
  return columns;
}

/// Adds to the class of a network what it knows of a table.
template <class T>
void def_columns(py::class_<SharedNetwork<T>>& network) {
  using Self = SharedNetwork<T>;
  network.def_property_readonly("columns",
                                [](Self& self) { return parts_of(self.columns().first); });
  network.def_property_readonly("target_name", [](Self& self) {
    const std::string name = self.columns().second;
    return name.empty() ? py::none() : py::object(py::cast(name));
  });
  network.def(
      "set_columns",
      [](Self& self, const std::vector<ColumnParts>& parts, std::string target_name) {
        std::vector<Column> columns = columns_of(parts);
        const Writing writing(self.usage, network_busy);
        self.set_columns(std::move(columns), std::move(target_name));
      },
      py::arg("columns"), py::arg("target_name"));
}

}  // namespace filbert::python
