#include "python_batches.hpp"

namespace filbert::python {
namespace {

/// The type of elements by the character of Python's struct module and their size.
ElementType type_of(char format, Py_ssize_t size) {
  using enum ElementType;
  constexpr ElementType signed_types[] = {int8, int16, int32, int64},
                        unsigned_types[] = {uint8, uint16, uint32, uint64};
  const std::size_t power = size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3;
  switch (format) {
    case '?':
      return boolean;
    case 'e':
      return float16;
    case 'f':
      return float32;
    case 'd':
      return float64;
    case 'b':
    case 'h':
    case 'i':
    case 'l':
    case 'q':
      return signed_types[power];
    default:
      return unsigned_types[power];
  }
}

}  // namespace

bool HeldArray::hold(PyObject* array) {
  if (PyObject_GetBuffer(array, &view_, PyBUF_STRIDES | PyBUF_FORMAT) != 0) return false;
  held_ = true;
  const char* format = view_.format;
  if (format[0] == '@' || format[0] == '=' || format[0] == '^') ++format;  // native byte order
  const bool is_native = format[0] != '\0' && format[1] == '\0';
  if (!is_native || view_.ndim < 1 || view_.ndim > 2) {
    PyErr_SetString(PyExc_TypeError, "batch: expected arrays of numbers in native byte order");
    return false;
  }
  type_ = type_of(format[0], view_.itemsize);
  return true;
}

void HeldArray::release() {
  if (held_) PyBuffer_Release(&view_);
  held_ = false;
}

AnyMatrixView HeldArray::elements() const {
  return {.data = view_.buf,
          .type = type_,
          .rows = rows(),
          .cols = cols(),
          .row_stride = view_.strides[0],
          .col_stride = view_.strides[1]};
}

}  // namespace filbert::python
