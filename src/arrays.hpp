// numpy arrays as views of the core. Refuses what does not fit; never copies.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "filbert/filbert.hpp"

namespace filbert::python {

namespace py = pybind11;

/// Whether it is an ndarray (no subclass) of T in native byte order, C-contiguous and aligned.
template <class T>
bool is_ready(const py::handle& array) {
  if (!py::isinstance<py::array>(array) ||
      Py_TYPE(array.ptr()) != py::detail::npy_api::get().PyArray_Type_) {
    return false;
  }
  const auto candidate = py::reinterpret_borrow<py::array>(array);
  constexpr int flags =
      py::detail::npy_api::NPY_ARRAY_C_CONTIGUOUS_ | py::detail::npy_api::NPY_ARRAY_ALIGNED_;
  return (candidate.flags() & flags) == flags && py::isinstance<py::array_t<T>>(array);
}

template <class T>
void require_ready(const py::handle& array, const char* name) {
  if (is_ready<T>(array)) return;
  throw py::type_error(std::string(name) + ": expected a C-contiguous array of " +
                       std::string(py::str(py::dtype::of<T>())) + ", got " +
                       std::string(py::str(py::type::of(array))));
}

/// (rows, cols) of a ready two-dimensional array.
template <class T>
BasicMatrixView<const T> as_matrix(const py::handle& array, const char* name) {
  require_ready<T>(array, name);
  const auto matrix = py::reinterpret_borrow<py::array>(array);
  if (matrix.ndim() != 2) {
    throw py::value_error(std::string(name) + ": expected 2 dimensions, got " +
                          std::to_string(matrix.ndim()));
  }
  return {static_cast<const T*>(matrix.data()), static_cast<std::size_t>(matrix.shape(0)),
          static_cast<std::size_t>(matrix.shape(1))};
}

/// A ready one-dimensional array.
template <class T>
std::span<const T> as_vector(const py::handle& array, const char* name) {
  require_ready<T>(array, name);
  const auto vector = py::reinterpret_borrow<py::array>(array);
  if (vector.ndim() != 1) {
    throw py::value_error(std::string(name) + ": expected 1 dimension, got " +
                          std::to_string(vector.ndim()));
  }
  return {static_cast<const T*>(vector.data()), static_cast<std::size_t>(vector.size())};
}

/// An array over a view's memory, which `owner` keeps alive.
template <class T>
py::array_t<T> view_of(BasicMatrixView<T> view, const py::handle& owner) {
  constexpr auto size = static_cast<py::ssize_t>(sizeof(T));
  return py::array_t<T>(
      {static_cast<py::ssize_t>(view.rows()), static_cast<py::ssize_t>(view.cols())},
      {static_cast<py::ssize_t>(view.stride()) * size, size}, view.data(), owner);
}

template <class T>
py::array_t<T> view_of(std::span<T> view, const py::handle& owner) {
  return py::array_t<T>(static_cast<py::ssize_t>(view.size()), view.data(), owner);
}

/// A new array of this shape, not filled.
template <class T, class... Sizes>
py::array_t<T> empty_array(Sizes... sizes) {
  return py::array_t<T>(std::vector<py::ssize_t>{static_cast<py::ssize_t>(sizes)...});
}

/// The type of the elements of an array, if the core knows it: numbers in native byte order.
std::optional<ElementType> element_type(const py::array& array);

/// A matrix of any numbers, in whatever layout. It has to be an ndarray of two dimensions.
AnyMatrixView as_elements(const py::handle& array, const char* name);

/// Targets: int32 labels or rows of values.
template <class T>
BasicData<T> as_targets(const py::handle& y) {
  if (is_ready<std::int32_t>(y)) return {.labels = as_vector<std::int32_t>(y, "y")};
  return {.y = as_matrix<T>(y, "y")};
}

/// What X and y are with besides, as arguments of a Python function, each of them None or left out
/// where there is none. They have to live as long as the data.
struct DataArguments {
  py::handle weights;   // (rows) of the network's type
  py::handle chosen;    // (rows) of uint64: the rows of X that are the examples
  bool unseen = false;  // X may have numbers that are not finite
  bool mapped = false;  // X lies in a file that is mapped shared
  py::handle file;      // (descriptor, position) of that file, to read from
};

/// Training examples: X of any numbers, and targets.
template <class T>
BasicData<T> as_data(const py::handle& x, const py::handle& y, const DataArguments& other) {
  BasicData<T> data = as_targets<T>(y);
  data.elements = as_elements(x, "X");
  data.name = "X";
  if (!other.weights.is_none()) data.weights = as_vector<T>(other.weights, "sample_weight");
  if (!other.chosen.is_none()) data.chosen = as_vector<std::uint64_t>(other.chosen, "chosen");
  data.unseen = other.unseen;
  data.mapped = other.mapped;
  if (!other.file.is_none()) {
    std::tie(data.file, data.file_position) = other.file.cast<std::pair<int, std::uint64_t>>();
  }
  return data;
}

}  // namespace filbert::python
