// The global interpreter lock (GIL): given up while the core works, taken back to run Python code.
//
// All that takes the GIL is in gil.cpp: Python may end the thread there (outlive.hpp).
#pragma once

#include <pybind11/pybind11.h>

#include <limits>

#include "filbert/interrupted.hpp"

namespace filbert::python {

namespace py = pybind11;

/// Whether this is the thread in which Python runs signal handlers. It may run one itself: throws
/// what that has raised.
bool is_main_thread();

/// Without the GIL while it lives.
class Released {
 public:
  /// asks: whether work in between is to let signal handlers run.
  explicit Released(bool asks) : asks_(asks), state_(PyEval_SaveThread()) {}
  ~Released();
  Released(const Released&) = delete;
  Released& operator=(const Released&) = delete;

  /// Lets signal handlers run. False if one has raised: what it raised is this thread's Python
  /// exception from now on, and the work is to end soon.
  bool ask() { return !asks_ || run_signal_handlers(); }

  /// The same, for the options of the core; empty where nobody is to be asked.
  KeepGoing keep_going() {
    if (!asks_) return {};
    return [this] { return run_signal_handlers(); };
  }

  /// Whether a signal handler has raised.
  bool raised() const { return raised_; }

  /// Calls a function with the GIL. It must be written in Python's C interface: the thread may be
  /// put to sleep in the midst of it. False means that it has left a Python exception.
  template <class Call>
  bool with_gil(Call call) {
    return run([](void* function) { return (*static_cast<Call*>(function))(); }, &call);
  }

 private:
  bool run(bool (*function)(void*), void* context);
  bool run_signal_handlers();

  bool asks_;
  bool raised_ = false;
  PyThreadState* state_;
};

/// For work that is worth a question, whatever it takes: that on files.
inline constexpr double long_work = std::numeric_limits<double>::infinity();

/// Calls work(released) without the GIL and returns what it returns, or throws the Python exception
/// that was raised meanwhile. operations: about how many the work takes; short work lets no signal
/// handlers run, as finding out whether they may run here takes as long as a small network.
template <class Work>
auto without_gil(double operations, Work work) {
  constexpr double short_work = 1 << 24;  // well below the time between two questions
  const bool asks = operations > short_work && is_main_thread();
  const auto released_work = [&] {
    Released released(asks);
    return work(released);
  };
  try {
    auto result = released_work();
    if (PyErr_Occurred() != nullptr) throw py::error_already_set();
    return result;
  } catch (const Interrupted&) {
    throw py::error_already_set();  // what a signal handler or a callback has raised
  }
}

/// Calls work() without the GIL: what cannot be interrupted.
template <class Work>
auto without_gil(Work work) {
  const Released released(false);
  return work();
}

}  // namespace filbert::python
