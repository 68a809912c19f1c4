#include "gil.hpp"

#include <chrono>
#include <thread>

namespace filbert::python {
namespace {

/// Puts a thread to sleep that leaves a scope by being ended. A destructor, as not every C++
/// library lets `catch` see the end of a thread; it never returns, so that nothing further is
/// unwound. What runs in the scope must not throw.
class Survivor {
 public:
  Survivor() = default;
  ~Survivor() {
    while (ended_) std::this_thread::sleep_for(std::chrono::hours(1));
  }
  Survivor(const Survivor&) = delete;
  Survivor& operator=(const Survivor&) = delete;

  void survived() { ended_ = false; }

 private:
  bool ended_ = true;
};

/// A function of its own, which may be unwound, between its callers, which may not.
PYBIND11_NOINLINE void take_gil(PyThreadState* state) {
  Survivor self;
  PyEval_RestoreThread(state);
  self.survived();
}

PYBIND11_NOINLINE bool call_with_gil(PyThreadState* state, bool (*call)(void*), void* context) {
  Survivor self;
  PyEval_RestoreThread(state);
  const bool result = call(context);
  self.survived();
  return result;
}

PYBIND11_NOINLINE bool has_main_thread_id(unsigned long id) {
  Survivor self;  // `threading` is written in Python: the thread may lose the GIL in it
  PyObject* const name = PyUnicode_FromString("threading");
  PyObject* const threading = name == nullptr ? nullptr : PyImport_GetModule(name);
  bool result = PyErr_Occurred() == nullptr;  // where nobody has imported it there is one thread
  if (threading != nullptr) {
    PyObject* const main = PyObject_CallMethod(threading, "main_thread", nullptr);
    PyObject* const ident = main == nullptr ? nullptr : PyObject_GetAttrString(main, "ident");
    result = ident != nullptr && PyLong_Check(ident) && PyLong_AsUnsignedLong(ident) == id;
    Py_XDECREF(ident);
    Py_XDECREF(main);
  }
  Py_XDECREF(threading);
  Py_XDECREF(name);
  self.survived();
  return result;
}

}  // namespace

bool is_main_thread() {
  const bool result = has_main_thread_id(PyThread_get_thread_ident());
  if (PyErr_Occurred() != nullptr) throw py::error_already_set();
  return result;
}

Released::~Released() { take_gil(state_); }

bool Released::run(bool (*call)(void*), void* context) {
  const bool result = call_with_gil(state_, call, context);
  state_ = PyEval_SaveThread();
  return result;
}

bool Released::run_signal_handlers() {
  raised_ = !with_gil([] { return PyErr_CheckSignals() == 0; });
  return !raised_;
}

}  // namespace filbert::python
