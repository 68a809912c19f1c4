#include "kernels/vec/vec_avx2.hpp"
#include "math_isa.hpp"

MathTables math_avx2() {
  return {filbert::math::math_table<filbert::Avx2<float>>(),
          filbert::math::math_table<filbert::Avx2<double>>()};
}
