// The quantile of the normal distribution, over a vector type of doubles.
#pragma once

#include <cstddef>

#include "kernels/vec/math.hpp"

namespace filbert::math {
namespace {

// The coefficients of AS 241 (Wichura 1988, PPND16), that of the highest power first.
constexpr double middle_numerator[] = {2.5090809287301226727e+3, 3.3430575583588128105e+4,
                                       6.7265770927008700853e+4, 4.5921953931549871457e+4,
                                       1.3731693765509461125e+4, 1.9715909503065514427e+3,
                                       1.3314166789178437745e+2, 3.3871328727963666080e+0};
constexpr double middle_denominator[] = {5.2264952788528545610e+3, 2.8729085735721942674e+4,
                                         3.9307895800092710610e+4, 2.1213794301586595867e+4,
                                         5.3941960214247511077e+3, 6.8718700749205790830e+2,
                                         4.2313330701600911252e+1, 1.0};
constexpr double tail_numerator[] = {7.74545014278341407640e-4, 2.27238449892691845833e-2,
                                     2.41780725177450611770e-1, 1.27045825245236838258e+0,
                                     3.64784832476320460504e+0, 5.76949722146069140550e+0,
                                     4.63033784615654529590e+0, 1.42343711074968357734e+0};
constexpr double tail_denominator[] = {1.05075007164441684324e-9, 5.47593808499534494600e-4,
                                       1.51986665636164571966e-2, 1.48103976427480074590e-1,
                                       6.89767334985100004550e-1, 1.67638483018380384940e+0,
                                       2.05319162663775882187e+0, 1.0};
constexpr double far_numerator[] = {2.01033439929228813265e-7, 2.71155556874348757815e-5,
                                    1.24266094738807843860e-3, 2.65321895265761230930e-2,
                                    2.96560571828504891230e-1, 1.78482653991729133580e+0,
                                    5.46378491116411436990e+0, 6.65790464350110377720e+0};
constexpr double far_denominator[] = {2.04426310338993978564e-15, 1.42151175831644588870e-7,
                                      1.84631831751005468180e-5,  7.86869131145613259100e-4,
                                      1.48753612908506148525e-2,  1.36929880922735805310e-1,
                                      5.99832206555887937690e-1,  1.0};

/// Returns the sum of c[i] z^(n - 1 - i), by Horner's rule.
template <class V, std::size_t n>
FILBERT_INLINE Reg<V> horner(const double (&c)[n], Reg<V> z) {
  Reg<V> sum = V::set1(c[0]);
  for (std::size_t i = 1; i < n; ++i) sum = V::fma(sum, z, V::set1(c[i]));
  return sum;
}

/// Returns z with P(Z <= z) = p, for 0 < p < 1 and a Z of the standard normal distribution.
template <class V>
FILBERT_INLINE Reg<V> normal_quantile(Reg<V> p) {
  const Reg<V> half = V::set1(0.5), q = V::sub(p, half);
  const Reg<V> r = V::fnma(q, q, V::set1(0.180625));
  const Reg<V> middle =
      V::div(V::mul(q, horner<V>(middle_numerator, r)), horner<V>(middle_denominator, r));
  const auto is_middle = V::le(V::abs(q), V::set1(0.425));
  const auto is_low = V::lt(q, V::set1(0));
  const Reg<V> beyond = V::select(is_low, p, V::sub(V::set1(1), p));
  const Reg<V> root = V::sqrt(V::neg(log<V>(beyond)));
  const Reg<V> near = V::sub(root, V::set1(1.6)), far = V::sub(root, V::set1(5));
  const Reg<V> z =
      V::select(V::le(root, V::set1(5)),
                V::div(horner<V>(tail_numerator, near), horner<V>(tail_denominator, near)),
                V::div(horner<V>(far_numerator, far), horner<V>(far_denominator, far)));
  return V::select(is_middle, middle, V::select(is_low, V::neg(z), z));
}

}  // namespace
}  // namespace filbert::math
