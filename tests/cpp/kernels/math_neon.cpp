#include "kernels/vec/vec_neon.hpp"
#include "math_isa.hpp"

MathTables math_neon() {
  return {filbert::math::math_table<filbert::Neon<float>>(),
          filbert::math::math_table<filbert::Neon<double>>()};
}
