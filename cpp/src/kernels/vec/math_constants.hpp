// The constants of math.hpp, as tools/minimax.py prints them. The coefficients of polynomials begin
// with that of the lowest power.
#pragma once

#include <cstdint>

namespace filbert {
namespace {

template <class T>
struct MathConstants;

template <>
struct MathConstants<float> {
  using integer = std::int32_t;
  static constexpr int fraction_bits = 23;
  static constexpr float round_bias = 0x1.8p23F;  // adding it rounds to an integer, in the low bits
  static constexpr float integer_base = 0x1p23F;  // the low bits of its fraction are an integer
  static constexpr float smallest_normal = 0x1p-126F;
  static constexpr float infinity = __builtin_huge_valf();

  static constexpr float log2_e = 0x1.715476p+0F;
  static constexpr float ln2_high = 0x1.62e4p-1F;  // n ln2_high is exact for any exponent n
  static constexpr float ln2_low = 0x1.7f7d1cp-20F;
  static constexpr float exp_top = 0x1.62e42ep+6F;      // above, exp overflows
  static constexpr float exp_bottom = -0x1.5d589ep+6F;  // below, exp is subnormal
  static constexpr float expm1_bottom = -20;            // here and below, expm1 is -1
  static constexpr float tanh_top = 10;                 // here and above, tanh is 1
  static constexpr float tanh_split = 0.75F;            // below, the polynomial
  static constexpr float erf_top = 4;                   // here and above, erf is 1

  static constexpr integer exponent_offset = integer(128) << fraction_bits;
  static constexpr integer sqrt_half = __builtin_bit_cast(integer, 0x1.6a09e6p-1F);

  static constexpr float exp[] = {0x1p-1F,        0x1.555556p-3F,  0x1.55549ep-5F,
                                  0x1.11101cp-7F, 0x1.6d83f2p-10F, 0x1.a2a47p-13F};
  static constexpr float log[] = {0x1.555554p-1F, 0x1.999a7cp-2F, 0x1.2438aap-2F, 0x1.e2fdap-3F};
  static constexpr float tanh[] = {-0x1.55554ap-2F, 0x1.110db8p-3F,  -0x1.b97d3cp-5F,
                                   0x1.5f785ep-6F,  -0x1.f5d384p-8F, 0x1.c753fcp-10F};
  static constexpr float erf[] = {0x1.06eba8p-3F, -0x1.81273ep-2F,  0x1.ce2cf8p-4F, -0x1.b7f90cp-6F,
                                  0x1.5405bp-8F,  -0x1.a3f6f4p-11F, 0x1.496a16p-14F};
  static constexpr float erfc[] = {0x1.d97fcp+0F,    0x1.51c9bp+1F,   0x1.afabbap-1F,
                                   0x1.547d16p-5F,   -0x1.4934e6p-7F, 0x1.07bad2p-9F,
                                   -0x1.2fa802p-12F, 0x1.6c066ap-16F};
};

template <>
struct MathConstants<double> {
  using integer = std::int64_t;
  static constexpr int fraction_bits = 52;
  static constexpr double round_bias = 0x1.8p52;  // adding it rounds to an integer, in the low bits
  static constexpr double integer_base = 0x1p52;  // the low bits of its fraction are an integer
  static constexpr double smallest_normal = 0x1p-1022;
  static constexpr double infinity = __builtin_huge_val();

  static constexpr double log2_e = 0x1.71547652b82fep+0;
  static constexpr double ln2_high = 0x1.62e42fefa4p-1;  // n ln2_high is exact for any exponent n
  static constexpr double ln2_low = -0x1.8432a1b0e2634p-43;
  static constexpr double exp_top = 0x1.62e42fefa39efp+9;      // above, exp overflows
  static constexpr double exp_bottom = -0x1.6232bdd7abcd2p+9;  // below, exp is subnormal
  static constexpr double expm1_bottom = -40;                  // here and below, expm1 is -1
  static constexpr double tanh_top = 20;                       // here and above, tanh is 1
  static constexpr double tanh_split = 0.75;                   // below, the polynomial
  static constexpr double erf_top = 6;                         // here and above, erf is 1

  static constexpr integer exponent_offset = integer(1024) << fraction_bits;
  static constexpr integer sqrt_half = __builtin_bit_cast(integer, 0x1.6a09e667f3bcdp-1);

  static constexpr double exp[] = {
      0x1.0000000000001p-1,  0x1.5555555555557p-3,  0x1.5555555554d2fp-5,  0x1.11111111100c9p-7,
      0x1.6c16c16f0e049p-10, 0x1.a01a01abf2e14p-13, 0x1.a019f38adeb72p-16, 0x1.71de020d20c17p-19,
      0x1.2802314cb86dap-22, 0x1.af4e387cfb2abp-26, 0x1.e63248d3fb28bp-30};
  static constexpr double log[] = {0x1.5555555555593p-1, 0x1.999999997fb44p-2, 0x1.24924942168fep-2,
                                   0x1.c71c51e8dec4p-3,  0x1.746645fb0eadap-3, 0x1.39a0fa3574d7bp-3,
                                   0x1.2f0d580b6b6dcp-3};
  static constexpr double tanh[] = {
      -0x1.555555555554ap-2,  0x1.111111111042ep-3,  -0x1.ba1ba1b97c36ep-5,  0x1.664f4863a28a5p-6,
      -0x1.226e31c64f4d4p-7,  0x1.d6d347c447825p-9,  -0x1.7d9c7453d3b59p-10, 0x1.35193e73f3be2p-11,
      -0x1.f2528875a99dcp-13, 0x1.87eb4b1e51ab2p-14, -0x1.19fba353db0dep-15, 0x1.3e7961572f93cp-17,
      -0x1.8ebb43a4b23dp-20};
  static constexpr double erf[] = {
      0x1.06eba8214db69p-3,  -0x1.812746b0379e6p-2,  0x1.ce2f21a042b2p-4,   -0x1.b82ce3128499cp-6,
      0x1.565bcd0db02e5p-8,  -0x1.c02db3d8ed23bp-11, 0x1.f9a321a11d601p-14, -0x1.f4d1df393c38bp-17,
      0x1.b9def19ce782dp-20, -0x1.5f1d36b760d78p-23, 0x1.f7a411a79a0bbp-27, -0x1.386abefa30c2p-30,
      0x1.0579a58582471p-34};
  static constexpr double erfc[] = {
      0x1.d97fbf27aa2a1p+0,   0x1.51c9b0006c23dp+1,   0x1.afabc11a28f44p-1,
      0x1.5477f09ca853dp-5,   -0x1.48c9d40be4947p-7,  0x1.033f6992605fdp-9,
      -0x1.f1b4bbdd5142ap-13, -0x1.b8be29846127fp-16, 0x1.c758ed623e798p-16,
      -0x1.4154be948f6ffp-17, 0x1.0eac644ef4fcbp-19,  -0x1.ac1bf361054fbp-24,
      -0x1.182781721f779p-23, 0x1.31617386024c9p-24,  -0x1.8fab439b0d015p-26,
      0x1.80a5f2207a8e1p-28,  -0x1.18dd44d070ffcp-30, 0x1.314ab70ede9acp-33,
      -0x1.d3140de50d0b5p-37, 0x1.c07a8b8a18785p-41,  -0x1.95d4cd9c8117ap-46};
};

}  // namespace
}  // namespace filbert
