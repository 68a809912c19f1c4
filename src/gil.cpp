#include "gil.hpp"

#include "outlive.hpp"

namespace filbert::python {
namespace {

/// The question of is_main_thread, and its answer.
struct MainThread {
  unsigned long id;
  bool is_this = false;
};

void ask_threading(MainThread& question) {
  PyObject* const name = PyUnicode_FromString("threading");
  PyObject* const threading = name == nullptr ? nullptr : PyImport_GetModule(name);
  bool& result = question.is_this;
  result = PyErr_Occurred() == nullptr;  // where nobody has imported it there is one thread
  if (threading != nullptr) {
    PyObject* const main = PyObject_CallMethod(threading, "main_thread", nullptr);
    PyObject* const ident = main == nullptr ? nullptr : PyObject_GetAttrString(main, "ident");
    result = ident != nullptr && PyLong_Check(ident) && PyLong_AsUnsignedLong(ident) == question.id;
    Py_XDECREF(ident);
    Py_XDECREF(main);
  }
  Py_XDECREF(threading);
  Py_XDECREF(name);
}

/// A function of Python's C interface, to be called with the GIL, and what it returns.
struct Call {
  PyThreadState* state;
  bool (*function)(void*);
  void* context;
  bool result = false;
};

}  // namespace

bool is_main_thread() {
  MainThread question{PyThread_get_thread_ident()};
  // `threading` is written in Python: the thread may lose the GIL in it.
  outlive([](void* asked) { ask_threading(*static_cast<MainThread*>(asked)); }, &question);
  if (PyErr_Occurred() != nullptr) throw py::error_already_set();
  return question.is_this;
}

Released::~Released() {
  outlive([](void* state) { PyEval_RestoreThread(static_cast<PyThreadState*>(state)); }, state_);
}

bool Released::run(bool (*function)(void*), void* context) {
  Call call{state_, function, context};
  outlive(
      [](void* made) {
        auto& with_gil = *static_cast<Call*>(made);
        PyEval_RestoreThread(with_gil.state);
        with_gil.result = with_gil.function(with_gil.context);
      },
      &call);
  state_ = PyEval_SaveThread();
  return call.result;
}

bool Released::run_signal_handlers() {
  raised_ = !with_gil([] { return PyErr_CheckSignals() == 0; });
  return !raised_;
}

}  // namespace filbert::python
