#include "kernels/functions.hpp"

#include <cstddef>

#include "kernels/vec/fma.hpp"
#include "kernels/vec/math.hpp"
#include "kernels/vec/normal_quantile.hpp"
#include "kernels/vec/vec_scalar.hpp"

namespace filbert::scalar {
namespace {

/// A vector of one lane whose fma rounds the product too. The functions of math.hpp run over it.
struct TwoRoundings : ScalarVec<double> {
  FILBERT_INLINE static double fma(double a, double b, double c) { return a * b + c; }
  FILBERT_INLINE static double fnma(double a, double b, double c) { return c - a * b; }
};
using DoubleConstants = MathConstants<double>;

/// Returns the sum of c[i] z^(n - 1 - i), by Horner's rule.
template <std::size_t n>
double polynomial(const double (&c)[n], double z) {
  double sum = c[0];
  for (std::size_t i = 1; i < n; ++i) sum = sum * z + c[i];
  return sum;
}

// cos x and sin x for |x| <= pi / 4. The polynomials are those of fdlibm (Sun Microsystems, 1993:
// k_cos.c and k_sin.c), written with the highest power first.

double small_cos(double x) {
  constexpr double c[] = {-0x1.8fae9be8838d4p-37, 0x1.1ee9ebdb4b1c4p-29,  -0x1.27e4f809c52adp-22,
                          0x1.a01a019cb1590p-16,  -0x1.6c16c16c15177p-10, 0x1.555555555554cp-5};
  const double z = x * x, half = 0.5 * z, w = 1.0 - half;
  return w + (((1.0 - w) - half) + z * (z * polynomial(c, z)));
}

double small_sin(double x) {
  constexpr double c[] = {0x1.5d93a5acfd57cp-33,  -0x1.ae5e68a2b9cebp-26, 0x1.71de357b1fe7dp-19,
                          -0x1.a01a019c161d5p-13, 0x1.111111110f8a6p-7,   -0x1.5555555555549p-3};
  const double z = x * x;
  return x + (z * x) * polynomial(c, z);
}

/// Returns a b = high + low exactly, where high is a b rounded. The method is Dekker's.
Sum2 two_product(double a, double b) {
  const double high = a * b;
  const double ah = upper_half(a), al = a - ah, bh = upper_half(b), bl = b - bh;
  return {high, (((ah * bh - high) + ah * bl) + al * bh) + al * bl};
}

/// Returns log x = high + low to about 64 bits, for a finite x > 0. With x = 2^k m and
/// s = (m - 1) / (m + 1) it is k ln2 + 2 s + s^3 (2/3 + 2/5 s^2 + 2/7 s^4 + ...), where the first
/// terms are sums of two doubles.
Sum2 precise_log(double x) {
  constexpr double two_thirds = 0x1.5555555555555p-1, two_thirds_low = 0x1.5555555555555p-55;
  constexpr double c[] = {2.0 / 23.0, 2.0 / 21.0, 2.0 / 19.0, 2.0 / 17.0, 2.0 / 15.0,
                          2.0 / 13.0, 2.0 / 11.0, 2.0 / 9.0,  2.0 / 7.0,  2.0 / 5.0};
  const auto [k, m] = math::log_parts<TwoRoundings>(x);
  const double f = m - 1.0;
  const Sum2 d = two_sum(m, 1.0);
  const double s = f / d.high;
  const Sum2 sd = two_product(s, d.high);
  const double s_low = (((f - sd.high) - sd.low) - s * d.low) / d.high;
  Sum2 z = two_product(s, s);
  z.low += (s + s) * s_low;
  const double tail = polynomial(c, z.high);
  Sum2 g = two_sum(two_thirds, z.high * tail);
  g.low += two_thirds_low + z.low * tail;
  Sum2 cube = two_product(s, z.high);
  cube.low += s * z.low + s_low * z.high;
  Sum2 p = two_product(cube.high, g.high);
  p.low += cube.high * g.low + cube.low * g.high;
  const Sum2 of_m = two_sum(s + s, p.high);
  const Sum2 sum = two_sum(k * DoubleConstants::ln2_high, of_m.high);
  const double low =
      sum.low + ((of_m.low + (s_low + s_low + p.low)) + k * DoubleConstants::ln2_low);
  return two_sum(sum.high, low);
}

/// Returns e^(high + low), for a small low, where that is a normal number.
double exp(double high, double low) {
  const math::ExpParts<TwoRoundings> e = math::exp_parts<TwoRoundings>(high);
  const double curve = e.square * e.slope;
  const double y = 1.0 + (e.r + (curve + (e.r_low + low) * (1.0 + (e.r + curve))));
  return TwoRoundings::from_bits(TwoRoundings::iadd(TwoRoundings::to_bits(y), e.exponent));
}

}  // namespace

double cos_pi(double t) {
  constexpr double pi = 0x1.921fb54442d18p+1;
  if (t <= 0.25) return small_cos(pi * t);  // below, 0.5 - t and 1.0 - t are exact
  if (t < 0.75) return small_sin(pi * (0.5 - t));
  return -small_cos(pi * (1.0 - t));
}

double log2(double x) {
  const auto [k, m] = math::log_parts<TwoRoundings>(x);
  return k + math::log_sum<TwoRoundings>(0.0, m - 1.0, 0.0) * DoubleConstants::log2_e;
}

double pow(double x, double y) {
  if (y == 0.0 || x == 1.0) return 1.0;
  if (x == 0.0 || x == DoubleConstants::infinity) return x;
  const Sum2 log = precise_log(x);
  const double estimate = y * log.high;
  if (estimate > DoubleConstants::exp_top) return DoubleConstants::infinity;
  if (estimate < DoubleConstants::exp_bottom) return 0.0;
  const Sum2 product = two_product(y, log.high);
  return exp(product.high, product.low + y * log.low);
}

double normal_quantile(double p) { return math::normal_quantile<TwoRoundings>(p); }

}  // namespace filbert::scalar
