// What belongs to the library as a whole.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include "arrays.hpp"
#include "bind.hpp"
#include "long_loops.hpp"

#define FILBERT_TEXT_(x) #x
#define FILBERT_TEXT(x) FILBERT_TEXT_(x)

namespace filbert::python {
namespace {

template <class T>
py::ssize_t first_nonfinite_of(const py::array& array) {
  const auto* values = static_cast<const T*>(array.data());
  const auto size = static_cast<std::size_t>(array.size());
  const std::size_t found = without_gil(static_cast<double>(size), [&](Released& released) {
    return find_nonfinite(std::span(values, size), released);
  });
  return found == size ? -1 : static_cast<py::ssize_t>(found);
}

py::ssize_t first_nonfinite(const py::array& array) {
  if (is_ready<float>(array)) return first_nonfinite_of<float>(array);
  require_ready<double>(array, "X");
  return first_nonfinite_of<double>(array);
}

/// to: float32 or float64, of which the numbers are to be finite.
py::ssize_t first_unfit_of(const py::object& array, const std::string& to, bool nan) {
  const AnyMatrixView all = as_elements(array, "X");
  const ElementType type = to == "float32" ? ElementType::float32 : ElementType::float64;
  const std::size_t size = all.rows * all.cols;
  const std::size_t found = without_gil(static_cast<double>(size), [&](Released& released) {
    const std::size_t step = std::max<std::size_t>(1, (std::size_t{1} << 21) / (all.cols + 1));
    std::size_t at = size;
    in_parts(all.rows, step, released, [&](std::size_t begin, std::size_t end) {
      AnyMatrixView part = all;
      part.data =
          static_cast<const char*>(all.data) + static_cast<py::ssize_t>(begin) * all.row_stride;
      part.rows = end - begin;
      const std::size_t first = first_unfit(part, type, nan);
      if (first < part.rows * part.cols) at = begin * all.cols + first;
      return at == size;
    });
    return at;
  });
  return found == size ? -1 : static_cast<py::ssize_t>(found);
}

py::array_t<std::int64_t> order(std::uint64_t n, std::uint64_t seed, std::uint64_t epoch,
                                std::uint64_t start, std::uint64_t stop) {
  if (start > stop || stop > n) throw py::value_error("stop: expected start <= stop <= n");
  py::array_t<std::int64_t> rows(static_cast<py::ssize_t>(stop - start));
  std::int64_t* to = rows.mutable_data();
  const auto count = static_cast<std::size_t>(stop - start);
  without_gil(100.0 * static_cast<double>(count), [&](Released& released) {
    return in_parts(count, 100'000, released, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        to[i] = static_cast<std::int64_t>(epoch_order(start + i, n, seed, epoch));
      }
      return true;
    });
  });
  return rows;
}

py::dict build_info() {
  py::dict info;
  info["compiler"] = FILBERT_COMPILER;
  info["build_type"] = FILBERT_BUILD_TYPE;
  info["pybind11"] = FILBERT_TEXT(PYBIND11_VERSION_MAJOR) "." FILBERT_TEXT(
      PYBIND11_VERSION_MINOR) "." FILBERT_TEXT(PYBIND11_VERSION_MICRO);
  std::string available;
  for (const Isa known : isas()) {
    available += available.empty() ? "" : " ";
    available += to_string(known);
  }
  info["isa"] = std::string(to_string(isa()));
  info["isas"] = available;
  info["threads"] = std::to_string(get_threads());
  return info;
}

}  // namespace

void bind_library(py::module_& m) {
  m.attr("__version__") = FILBERT_TEXT(FILBERT_VERSION_MAJOR) "." FILBERT_TEXT(
      FILBERT_VERSION_MINOR) "." FILBERT_TEXT(FILBERT_VERSION_PATCH) FILBERT_VERSION_SUFFIX;
  py::register_exception<Busy>(m, "BusyError", PyExc_RuntimeError);

  m.def(
      "require_names",
      [](std::size_t inputs, std::size_t outputs, std::string_view output, const Classes& classes,
         const std::vector<std::string>& feature_names) {
        require_names(inputs, outputs, activation_from_string(output), classes, feature_names);
      },
      py::arg("inputs"), py::arg("outputs"), py::arg("output"), py::arg("classes"),
      py::arg("feature_names"));
  m.def("set_threads", &set_threads, py::arg("n"));
  m.def("get_threads", &get_threads);
  m.def("isa", [] { return std::string(to_string(isa())); });
  m.def("isas", [] {
    std::vector<std::string> names;
    for (const Isa known : isas()) names.emplace_back(to_string(known));
    return names;
  });
  m.def("set_isa", [](std::string_view name) { set_isa(isa_from_string(name)); }, py::arg("name"));
  m.def("build_info", &build_info);
  m.def("first_nonfinite", &first_nonfinite, py::arg("X"));
  m.def("first_unfit", &first_unfit_of, py::arg("X"), py::arg("to"), py::arg("nan") = false);
  m.def("epoch_order", &order, py::arg("n"), py::arg("seed"), py::arg("epoch"), py::arg("start"),
        py::arg("stop"));
}

}  // namespace filbert::python
