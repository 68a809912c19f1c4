// Functions of single doubles, for schedules and initial weights. They have the same bits on every
// machine: each is a fixed sequence of IEEE operations, without fma, which is slow where a
// processor has none. docs/numerics.md gives the operations, and the comments the largest errors
// that were found against mpmath, in units in the last place.
#pragma once

namespace filbert::scalar {

/// Returns cos(pi t) for t in [0, 1], to 1.8 ulp.
double cos_pi(double t);

/// Returns the logarithm of a finite x > 0 to base 2, to 1.5 ulp. That of a power of two is exact.
double log2(double x);

/// Returns x^y for x >= 0 and finite y >= 0, to 1 ulp; 0^0 is 1. A result that would be subnormal
/// is +0, and one that would overflow is infinite.
double pow(double x, double y);

/// Returns z with P(Z <= z) = p, for 0 < p < 1 and a Z of the standard normal distribution, to
/// 5 ulp (Wichura 1988, algorithm AS 241).
double normal_quantile(double p);

}  // namespace filbert::scalar
