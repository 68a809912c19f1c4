// The functions of math.hpp over one ISA's vectors, for a file that is compiled with its flags.
#pragma once

#include <cstddef>

#include "kernels/vec/math.hpp"

/// y = function(x), element by element; size: a multiple of 16.
template <class T>
using MathFunction = void (*)(T* y, const T* x, std::size_t size);

template <class T>
struct MathTable {
  MathFunction<T> exp, log, log1p, expm1, tanh, sigmoid, erf;
};

struct MathTables {
  MathTable<float> floats;
  MathTable<double> doubles;
};

MathTables math_avx2();
MathTables math_avx512();
MathTables math_neon();

namespace filbert::math {
namespace {

#define FILBERT_EACH(function)                                                                     \
  [](typename V::scalar* y, const typename V::scalar* x, std::size_t size) {                       \
    for (std::size_t i = 0; i < size; i += V::lanes) V::store(y + i, function<V>(V::load(x + i))); \
  }

template <class V>
MathTable<typename V::scalar> math_table() {
  return {FILBERT_EACH(exp),  FILBERT_EACH(log),     FILBERT_EACH(log1p), FILBERT_EACH(expm1),
          FILBERT_EACH(tanh), FILBERT_EACH(sigmoid), FILBERT_EACH(erf)};
}
#undef FILBERT_EACH

}  // namespace
}  // namespace filbert::math
