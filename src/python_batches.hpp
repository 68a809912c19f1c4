// Batches that a Python function makes, for the core.
//
// While the core works the GIL is taken for each batch, and only Python's C interface is used (see
// gil.hpp).
#pragma once

#include <pybind11/pybind11.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "filbert/filbert.hpp"
#include "gil.hpp"

namespace filbert::python {

/// The memory of an array, which stays where it is until `release`. Both need the GIL.
class HeldArray {
 public:
  HeldArray() = default;
  HeldArray(const HeldArray&) = delete;
  HeldArray& operator=(const HeldArray&) = delete;
  ~HeldArray() { release(); }

  /// False: Python has raised.
  bool hold(PyObject* array);
  void release();

  bool is_held() const { return held_; }
  int dimensions() const { return view_.ndim; }
  std::size_t rows() const { return static_cast<std::size_t>(view_.shape[0]); }
  std::size_t cols() const { return static_cast<std::size_t>(view_.shape[1]); }
  bool is(ElementType type) const { return type_ == type; }

  /// Of two dimensions.
  AnyMatrixView elements() const;

  template <class T>
  const T* data() const {
    return static_cast<const T*>(view_.buf);
  }

 private:
  Py_buffer view_{};
  bool held_ = false;
  ElementType type_ = ElementType::float32;
};

/// A Python object with two functions: begin_epoch(done), which returns how many rows the batches
/// have that are done; and next(), which returns (X, y, weights or None) as the core takes them,
/// None at the end, or False where it has failed: raise_failure() then raises why. So no exception
/// of Python waits while the core does the step before. Made and destroyed with the GIL.
template <class T>
class PythonBatches final : public BasicBatchSource<T> {
 public:
  /// count: of the batches in an epoch, or 0.
  PythonBatches(PyObject* source, std::size_t count) : source_(source), count_(count) {}

  /// From now on it is called without the GIL, and takes it.
  void set_released(Released& released) { released_ = &released; }

  std::uint64_t begin_epoch(std::size_t done) override {
    std::uint64_t rows = 0;
    with_gil([&] {
      PyObject* const answer =
          PyObject_CallMethod(source_, "begin_epoch", "n", static_cast<Py_ssize_t>(done));
      if (answer == nullptr) return false;
      rows = PyLong_AsUnsignedLongLong(answer);
      Py_DECREF(answer);
      return PyErr_Occurred() == nullptr;
    });
    return rows;
  }

  bool next(BasicData<T>& batch) override {
    bool some = false;
    with_gil([&] { return ask(batch, some); });
    if (failed_) throw Interrupted();
    return some;
  }

  std::size_t count() const override { return count_; }

  /// Leaves what next() has failed with as Python's exception, if it has.
  void raise_failure() {
    if (!failed_) return;
    released_->with_gil([&] {
      Py_XDECREF(PyObject_CallMethod(source_, "raise_failure", nullptr));
      return false;
    });
  }

 private:
  template <class Call>
  void with_gil(Call call) {
    if (!released_->with_gil(call)) throw Interrupted();
  }

  bool ask(BasicData<T>& batch, bool& some) {
    HeldArray* const held = held_[turn_];
    turn_ = 1 - turn_;
    for (std::size_t i = 0; i < 3; ++i) held[i].release();
    PyObject* const answer = PyObject_CallMethod(source_, "next", nullptr);
    if (answer == nullptr) return false;
    some = answer != Py_None;
    if (answer == Py_False) {
      failed_ = true;
      Py_DECREF(answer);
      return true;
    }
    PyObject* parts[3];
    bool good = !some || PyArg_ParseTuple(answer, "OOO", &parts[0], &parts[1], &parts[2]) != 0;
    for (std::size_t i = 0; some && good && i < 3; ++i) {
      good = parts[i] == Py_None || held[i].hold(parts[i]);
    }
    Py_DECREF(answer);
    if (!good || !some) return good;
    const auto &x = held[0], &y = held[1], &weights = held[2];
    batch.elements = x.elements();
    batch.name = "X";
    batch.unseen = true;
    if (y.is(ElementType::int32)) {
      batch.labels = {y.template data<std::int32_t>(), y.rows()};
    } else {
      batch.y = {y.template data<T>(), y.rows(), y.cols()};
    }
    if (weights.is_held()) batch.weights = {weights.template data<T>(), weights.rows()};
    return true;
  }

  PyObject* source_;
  std::size_t count_;
  Released* released_ = nullptr;
  bool failed_ = false;
  HeldArray held_[2][3];  // of the last two batches
  std::size_t turn_ = 0;
};

}  // namespace filbert::python
