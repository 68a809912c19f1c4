#include "kernels/vec/vec_avx512.hpp"
#include "math_isa.hpp"

MathTables math_avx512() {
  return {filbert::math::math_table<filbert::Avx512<float>>(),
          filbert::math::math_table<filbert::Avx512<double>>()};
}
