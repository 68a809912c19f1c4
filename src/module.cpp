// The extension module: a table of contents.
#include <pybind11/numpy.h>

#include "bind.hpp"

namespace {

/// Whether this is the process's first interpreter. Sub-interpreters are refused: numpy has one
/// state for the whole process, and before Python 3.12 pybind11 waits for ever for the GIL in them.
bool is_main_interpreter() {
  if (PyInterpreterState_Get() == PyInterpreterState_Main()) return true;
  PyErr_SetString(PyExc_ImportError,
                  "filbert: expected to be imported by the main interpreter, got a sub-interpreter,"
                  " which neither numpy nor filbert supports; use processes or threads instead");
  return false;
}

}  // namespace

// Python may call the function that finds the module in the main interpreter, and the module's body
// in another one: each asks.
PYBIND11_MODULE(core, m, py::mod_gil_not_used(), py::multiple_interpreters::not_supported()) {
  if (!is_main_interpreter()) throw py::error_already_set();
  m.doc() = "The compiled core of filbert. Private: use the package.";
  // What pybind11 looks up in numpy at its first use, without and with the GIL in turn, a thread
  // could be ended in (gil.hpp): it is looked up now.
  py::detail::npy_api::get();
  filbert::python::bind_library(m);
  filbert::python::bind_kinds(m);
  filbert::python::bind_schedule(m);
  filbert::python::bind_optimizer(m);
  filbert::python::bind_fit(m);
  filbert::python::bind_network(m);
  filbert::python::bind_fit_many(m);
  filbert::python::bind_progress(m);
  filbert::python::bind_trainer(m);
  filbert::python::bind_normalisation(m);
  filbert::python::bind_forward(m);
  filbert::python::bind_trace(m);
  filbert::python::bind_files(m);
  filbert::python::bind_checkpoint(m);
}

extern "C" PYBIND11_EXPORT PyObject* PyInit__core() {
  return is_main_interpreter() ? PyInit_core() : nullptr;
}
