// The extension module: a table of contents.
#include "bind.hpp"

PYBIND11_MODULE(_core, m, py::mod_gil_not_used()) {
  m.doc() = "The compiled core of filbert. Private: use the package.";
  filbert::python::bind_library(m);
  filbert::python::bind_optimizer(m);
  filbert::python::bind_network(m);
  filbert::python::bind_forward(m);
  filbert::python::bind_files(m);
  filbert::python::bind_checkpoint(m);
}
