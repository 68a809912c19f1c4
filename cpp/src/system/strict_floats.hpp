// Does not compile where the compiler's options allow arithmetic that is not IEEE 754's: clause 10
// of docs/numerics.md.
#pragma once

#include <cfloat>
#include <limits>

#ifdef __FAST_MATH__
#error "filbert needs IEEE arithmetic: compile its sources without -ffast-math"
#endif
static_assert(FLT_EVAL_METHOD == 0, "filbert needs float and double to be computed as such");
static_assert(std::numeric_limits<float>::radix == 2 && std::numeric_limits<float>::digits == 24 &&
              std::numeric_limits<double>::digits == 53);
