#include "arrays.hpp"

namespace filbert::python {

std::optional<ElementType> element_type(const py::array& array) {
  using enum ElementType;
  const py::dtype dtype = array.dtype();
  const char order = dtype.byteorder();
  if (order != '=' && order != '|') return {};
  constexpr ElementType integers[] = {int8, int16, int32, int64, uint8, uint16, uint32, uint64};
  const auto size = dtype.itemsize();
  if (size != 1 && size != 2 && size != 4 && size != 8) return {};
  const int power = size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3;
  switch (dtype.kind()) {
    case 'b':
      return boolean;
    case 'i':
      return integers[power];
    case 'u':
      return integers[4 + power];
    case 'f':
      if (size == 2) return float16;
      if (size == 4) return float32;
      if (size == 8) return float64;
      return {};
    default:
      return {};
  }
}

AnyMatrixView as_elements(const py::handle& array, const char* name) {
  const std::string expected = std::string(name) + ": expected a matrix of numbers, got ";
  if (!py::isinstance<py::array>(array)) {
    throw py::type_error(expected + std::string(py::str(py::type::of(array))));
  }
  const auto matrix = py::reinterpret_borrow<py::array>(array);
  const std::optional<ElementType> type = element_type(matrix);
  if (!type || matrix.ndim() != 2) {
    throw py::type_error(expected + std::to_string(matrix.ndim()) + " dimensions of " +
                         std::string(py::str(matrix.dtype())));
  }
  return {.data = matrix.data(),
          .type = *type,
          .rows = static_cast<std::size_t>(matrix.shape(0)),
          .cols = static_cast<std::size_t>(matrix.shape(1)),
          .row_stride = matrix.strides(0),
          .col_stride = matrix.strides(1)};
}

}  // namespace filbert::python
