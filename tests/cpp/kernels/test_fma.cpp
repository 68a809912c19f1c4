// Our software fma against known answers, and against the hardware's where there is one.
// Argument: the number of random cases for each type (a million if absent).
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "kernels/vec/fma.hpp"
#include "support/check.hpp"
#include "support/splitmix.hpp"

#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
#define HAS_HARDWARE __builtin_cpu_supports("fma")
#define HARDWARE_TARGET __attribute__((target("fma"), noinline))
#define HARDWARE_FMAF __builtin_fmaf
#define HARDWARE_FMA __builtin_fma
#else
#define HAS_HARDWARE FILBERT_FMA_IN_HARDWARE
#define HARDWARE_TARGET
#define HARDWARE_FMAF filbert::fma
#define HARDWARE_FMA filbert::fma
#endif

using check::Random;

namespace {

HARDWARE_TARGET float hardware(float a, float b, float c) { return HARDWARE_FMAF(a, b, c); }
HARDWARE_TARGET double hardware(double a, double b, double c) { return HARDWARE_FMA(a, b, c); }

template <class T>
struct Format;
template <>
struct Format<float> {
  using Word = std::uint32_t;
  static constexpr int fraction = 23, exponents = 255;
  static constexpr const char* name = "float";
};
template <>
struct Format<double> {
  using Word = std::uint64_t;
  static constexpr int fraction = 52, exponents = 2047;
  static constexpr const char* name = "double";
};

template <class T>
using Word = typename Format<T>::Word;

template <class T>
bool same(T a, T b) {  // NaN payloads are outside the contract
  return (a != a && b != b) || std::bit_cast<Word<T>>(a) == std::bit_cast<Word<T>>(b);
}

template <class T>
bool agree(T a, T b, T c, T got, T want) {
  if (same(got, want)) return true;
  std::fprintf(stderr, "%s fma(%a, %a, %a): got %a, expected %a\n", Format<T>::name, double(a),
               double(b), double(c), double(got), double(want));
  return false;
}

template <class T>
void known(T a, T b, T c, T want) {
  CHECK(agree(a, b, c, filbert::fma_software(a, b, c), want));
  CHECK(agree(b, a, c, filbert::fma_software(b, a, c), want));
  CHECK(agree(a, b, c, filbert::fma(a, b, c), want));
  if constexpr (sizeof(T) == 8) CHECK(agree(a, b, c, filbert::fma_integer(a, b, c), want));
}

template <class T>
constexpr T inf = std::numeric_limits<T>::infinity();

template <class T>
void known_specials() {
  constexpr T nan = std::numeric_limits<T>::quiet_NaN();
  constexpr T tiny = std::numeric_limits<T>::denorm_min();
  constexpr T big = std::numeric_limits<T>::max();
  constexpr T z = 0;
  constexpr T one = 1;
  const T rows[][4] = {
      {z, one, z, z},
      {-z, one, z, z},
      {z, one, -z, z},
      {-z, one, -z, -z},
      {-z, -one, -z, z},
      {z, -one, -z, -z},
      {one, one, -one, z},
      {-one, one, one, z},
      {tiny, tiny, z, z},
      {tiny, -tiny, z, -z},
      {tiny, -tiny, -z, -z},
      {tiny, tiny, -z, z},
      {tiny, T(0.5), z, z},
      {-tiny, T(0.5), z, -z},
      {tiny, T(0.5), -z, z},
      {tiny, one, -tiny, z},
      {z, z, -tiny, -tiny},
      {z, big, tiny, tiny},
      {inf<T>, one, z, inf<T>},
      {inf<T>, z, one, nan},
      {inf<T>, one, -inf<T>, nan},
      {big, big, -inf<T>, -inf<T>},
      {-big, big, inf<T>, inf<T>},
      {tiny, tiny, -inf<T>, -inf<T>},
      {inf<T>, -tiny, big, -inf<T>},
      {inf<T>, inf<T>, inf<T>, inf<T>},
      {nan, one, one, nan},
      {one, nan, inf<T>, nan},
      {one, one, nan, nan},
      {z, inf<T>, nan, nan},
      {big, big, nan, nan},
      {one, z, nan, nan},
  };
  for (const auto& r : rows) known(r[0], r[1], r[2], r[3]);
}

// a, b, c and a b + c, from exact rational arithmetic: cancellation, ties and near ties, subnormal
// operands and results, the edge of overflow, addends far below the last bit.
template <class T>
struct Row {
  T a, b, c, want;
};

constexpr Row<float> float_rows[] = {
    {0x1.000002p+0F, 0x1.000002p+0F, -0x1p+0F, 0x1p-22F},
    {0x1.000002p+0F, 0x1.fffffep-1F, -0x1p+0F, 0x1.fffffcp-25F},
    {0x1.000002p+0F, 0x1.000002p+0F, -0x1.000004p+0F, 0x1p-46F},
    {0x1.000002p+0F, 0x1.000002p+0F, 0x1p-149F, 0x1.000004p+0F},
    {0x1p+0F, 0x1p+0F, 0x1p-24F, 0x1p+0F},
    {0x1p+0F, 0x1.000002p+0F, 0x1p-24F, 0x1.000004p+0F},
    {0x1p+0F, 0x1p+0F, 0x1p-24F, 0x1p+0F},
    {0x1.000002p+0F, 0x1.fffffcp-1F, 0x1p+0F, 0x1p+1F},
    {0x1.000002p+0F, 0x1.fffffep-2F, 0x1p-48F, 0x1p-1F},
    {0x1.000002p+0F, 0x1.000002p+0F, -0x1p-46F, 0x1.000004p+0F},
    {0x1p+0F, 0x1p+0F, -0x1p-25F, 0x1p+0F},
    {0x1p+0F, 0x1p+0F, -0x1p-25F, 0x1p+0F},
    {0x1p+0F, 0x1p+0F, -0x1.fffffep-26F, 0x1p+0F},
    {0x1p+0F, 0x1p-24F, 0x1.000002p+0F, 0x1.000004p+0F},
    {0x1.000002p+0F, 0x1p-24F, 0x1p+0F, 0x1.000002p+0F},
    {0x1.fffffep-1F, 0x1p-24F, 0x1p+0F, 0x1p+0F},
    {0x1.000002p+0F, 0x1p-25F, -0x1p+0F, -0x1.fffffep-1F},
    {0x1.fffffep-1F, 0x1p-25F, -0x1p+0F, -0x1p+0F},
    {0x1p-126F, 0x1p-1F, 0x1p-149F, 0x1.000004p-127F},
    {0x1.000002p-126F, 0x1p-1F, 0x0p+0F, 0x1p-127F},
    {0x1.000006p-126F, 0x1p-1F, 0x0p+0F, 0x1.000008p-127F},
    {0x1.000002p-126F, 0x1p-1F, 0x1p-149F, 0x1.000008p-127F},
    {0x1p-126F, 0x1.fffffep-1F, 0x0p+0F, 0x1p-126F},
    {0x1p-126F, 0x1.fffffep-1F, 0x1p-149F, 0x1p-126F},
    {0x1.fffffep-126F, 0x1p-1F, 0x0p+0F, 0x1p-126F},
    {0x1.fffffep-126F, 0x1p-1F, -0x1p-149F, 0x1.fffff8p-127F},
    {0x1p-149F, 0x1p-1F, 0x1p-149F, 0x1p-148F},
    {0x1p-149F, 0x1p-1F, 0x1p-148F, 0x1p-148F},
    {0x1p-149F, 0x1.8p+0F, 0x0p+0F, 0x1p-148F},
    {0x1p-149F, 0x1.000002p-1F, 0x0p+0F, 0x1p-149F},
    {0x1p-149F, 0x1p-149F, 0x1p-149F, 0x1p-149F},
    {0x1p-149F, 0x1p-149F, 0x1p-126F, 0x1p-126F},
    {0x1p-149F, -0x1p-149F, 0x1p-126F, 0x1p-126F},
    {0x1p-149F, 0x1p-149F, 0x1p+0F, 0x1p+0F},
    {0x1p-149F, -0x1p-149F, 0x1p+0F, 0x1p+0F},
    {0x1p-149F, -0x1p-149F, 0x1.fffffep+127F, 0x1.fffffep+127F},
    {0x1p-149F, 0x1.fffffep+127F, -0x1p+0F, -0x1.fffffp-1F},
    {0x1p-63F, 0x1p-63F, -0x1.fffffcp-127F, 0x1p-149F},
    {0x1.000002p-63F, 0x1.000002p-63F, -0x1p-126F, 0x1p-148F},
    {0x1.000002p-75F, 0x1.000002p-77F, 0x1.8p-148F, 0x1.8p-148F},
    {0x1.000002p-75F, 0x1.fffffcp-78F, -0x1.8p-148F, -0x1.8p-148F},
    {0x1.fffffep+127F, 0x1p+1F, -0x1.fffffep+127F, 0x1.fffffep+127F},
    {0x1.fffffep+127F, 0x1p+1F, -0x1.fffffap+127F, inf<float>},
    {0x1.fffffep+127F, 0x1p+0F, 0x1p+103F, inf<float>},
    {0x1.fffffep+127F, 0x1p+0F, 0x1.fffffep+102F, 0x1.fffffep+127F},
    {0x1.fffffep+127F, 0x1.fffffep+127F, -0x1.fffffep+127F, inf<float>},
    {0x1.fffffep+127F, 0x1.000002p+0F, -0x1.fffffep+104F, 0x1.fffffep+127F},
    {0x1p+64F, 0x1p+64F, -0x1p+103F, inf<float>},
    {0x1p+64F, 0x1p+64F, -0x1.000002p+103F, 0x1.fffffep+127F},
    {0x1p+64F, 0x1p+64F, -0x1p+104F, 0x1.fffffep+127F},
    {0x1.fffffep+127F, 0x1p-23F, 0x1.fffffep+127F, inf<float>},
    {0x1.fffffep+127F, 0x1p-25F, 0x1.fffffep+127F, 0x1.fffffep+127F},
    {0x1.fffffep+127F, 0x1.000002p-25F, 0x1.fffffep+127F, inf<float>},
    {0x1.fffffep+127F, -0x1.fffffep+127F, 0x1.fffffep+127F, -inf<float>},
    {0x1.3eecf8p-1F, 0x1.82c9bp-1F, -0x1.e1dc92p-2F, -0x1.7cbbp-27F},
    {0x1.7bcb8p-1F, 0x1.b791f6p-1F, -0x1.461142p-1F, -0x1.1bccp-28F},
    {0x1.97239cp-1F, 0x1.61823ep-1F, -0x1.191b9ep-1F, 0x1.97af9p-27F},
    {0x1.e288d6p-1F, 0x1.aeda86p-1F, -0x1.960edep-1F, 0x1.1bb808p-27F},
    {0x1.7ad3fcp-1F, 0x1.4dd718p-1F, -0x1.ee040ap-2F, 0x1.620e8p-28F},
    {0x1.d83afap-1F, 0x1.0f6162p-1F, -0x1.f49a12p-2F, -0x1.d5926p-29F},
};

constexpr Row<double> double_rows[] = {
    {0x1.0000000000001p+0, 0x1.0000000000001p+0, -0x1p+0, 0x1p-51},
    {0x1.0000000000001p+0, 0x1.fffffffffffffp-1, -0x1p+0, 0x1.ffffffffffffep-54},
    {0x1.0000000000001p+0, 0x1.0000000000001p+0, -0x1.0000000000002p+0, 0x1p-104},
    {0x1.0000000000001p+0, 0x1.0000000000001p+0, 0x0.0000000000001p-1022, 0x1.0000000000002p+0},
    {0x1p+0, 0x1p+0, 0x1p-53, 0x1p+0},
    {0x1p+0, 0x1.0000000000001p+0, 0x1p-53, 0x1.0000000000002p+0},
    {0x1p+0, 0x1p+0, 0x1p-53, 0x1p+0},
    {0x1.0000000000001p+0, 0x1.ffffffffffffep-1, 0x1p+0, 0x1p+1},
    {0x1.0000000000001p+0, 0x1.fffffffffffffp-2, 0x1p-106, 0x1p-1},
    {0x1.0000000000001p+0, 0x1.0000000000001p+0, -0x1p-104, 0x1.0000000000002p+0},
    {0x1p+0, 0x1p+0, -0x1p-54, 0x1p+0},
    {0x1p+0, 0x1p+0, -0x1p-54, 0x1p+0},
    {0x1p+0, 0x1p+0, -0x1.fffffffffffffp-55, 0x1p+0},
    {0x1p+0, 0x1p-53, 0x1.0000000000001p+0, 0x1.0000000000002p+0},
    {0x1.0000000000001p+0, 0x1p-53, 0x1p+0, 0x1.0000000000001p+0},
    {0x1.fffffffffffffp-1, 0x1p-53, 0x1p+0, 0x1p+0},
    {0x1.0000000000001p+0, 0x1p-54, -0x1p+0, -0x1.fffffffffffffp-1},
    {0x1.fffffffffffffp-1, 0x1p-54, -0x1p+0, -0x1p+0},
    {0x1p-1022, 0x1p-1, 0x0.0000000000001p-1022, 0x0.8000000000001p-1022},
    {0x1.0000000000001p-1022, 0x1p-1, 0x0p+0, 0x0.8p-1022},
    {0x1.0000000000003p-1022, 0x1p-1, 0x0p+0, 0x0.8000000000002p-1022},
    {0x1.0000000000001p-1022, 0x1p-1, 0x0.0000000000001p-1022, 0x0.8000000000002p-1022},
    {0x1p-1022, 0x1.fffffffffffffp-1, 0x0p+0, 0x1p-1022},
    {0x1p-1022, 0x1.fffffffffffffp-1, 0x0.0000000000001p-1022, 0x1p-1022},
    {0x1.fffffffffffffp-1022, 0x1p-1, 0x0p+0, 0x1p-1022},
    {0x1.fffffffffffffp-1022, 0x1p-1, -0x0.0000000000001p-1022, 0x0.ffffffffffffep-1022},
    {0x0.0000000000001p-1022, 0x1p-1, 0x0.0000000000001p-1022, 0x0.0000000000002p-1022},
    {0x0.0000000000001p-1022, 0x1p-1, 0x0.0000000000002p-1022, 0x0.0000000000002p-1022},
    {0x0.0000000000001p-1022, 0x1.8p+0, 0x0p+0, 0x0.0000000000002p-1022},
    {0x0.0000000000001p-1022, 0x1.0000000000001p-1, 0x0p+0, 0x0.0000000000001p-1022},
    {0x0.0000000000001p-1022, 0x0.0000000000001p-1022, 0x0.0000000000001p-1022,
     0x0.0000000000001p-1022},
    {0x0.0000000000001p-1022, 0x0.0000000000001p-1022, 0x1p-1022, 0x1p-1022},
    {0x0.0000000000001p-1022, -0x0.0000000000001p-1022, 0x1p-1022, 0x1p-1022},
    {0x0.0000000000001p-1022, 0x0.0000000000001p-1022, 0x1p+0, 0x1p+0},
    {0x0.0000000000001p-1022, -0x0.0000000000001p-1022, 0x1p+0, 0x1p+0},
    {0x0.0000000000001p-1022, -0x0.0000000000001p-1022, 0x1.fffffffffffffp+1023,
     0x1.fffffffffffffp+1023},
    {0x0.0000000000001p-1022, 0x1.fffffffffffffp+1023, -0x1p+0, -0x1.ffffffffffff8p-1},
    {0x1p-511, 0x1p-511, -0x0.fffffffffffffp-1022, 0x0.0000000000001p-1022},
    {0x1.0000000000001p-511, 0x1.0000000000001p-511, -0x1p-1022, 0x0.0000000000002p-1022},
    {0x1.0000000000001p-537, 0x1.0000000000001p-539, 0x0.0000000000003p-1022,
     0x0.0000000000003p-1022},
    {0x1.0000000000001p-537, 0x1.ffffffffffffep-540, -0x0.0000000000003p-1022,
     -0x0.0000000000003p-1022},
    {0x1.fffffffffffffp+1023, 0x1p+1, -0x1.fffffffffffffp+1023, 0x1.fffffffffffffp+1023},
    {0x1.fffffffffffffp+1023, 0x1p+1, -0x1.ffffffffffffdp+1023, inf<double>},
    {0x1.fffffffffffffp+1023, 0x1p+0, 0x1p+970, inf<double>},
    {0x1.fffffffffffffp+1023, 0x1p+0, 0x1.fffffffffffffp+969, 0x1.fffffffffffffp+1023},
    {0x1.fffffffffffffp+1023, 0x1.fffffffffffffp+1023, -0x1.fffffffffffffp+1023, inf<double>},
    {0x1.fffffffffffffp+1023, 0x1.0000000000001p+0, -0x1.fffffffffffffp+971,
     0x1.fffffffffffffp+1023},
    {0x1p+512, 0x1p+512, -0x1p+970, inf<double>},
    {0x1p+512, 0x1p+512, -0x1.0000000000001p+970, 0x1.fffffffffffffp+1023},
    {0x1p+512, 0x1p+512, -0x1p+971, 0x1.fffffffffffffp+1023},
    {0x1.fffffffffffffp+1023, 0x1p-52, 0x1.fffffffffffffp+1023, inf<double>},
    {0x1.fffffffffffffp+1023, 0x1p-54, 0x1.fffffffffffffp+1023, 0x1.fffffffffffffp+1023},
    {0x1.fffffffffffffp+1023, 0x1.0000000000001p-54, 0x1.fffffffffffffp+1023, inf<double>},
    {0x1.fffffffffffffp+1023, -0x1.fffffffffffffp+1023, 0x1.fffffffffffffp+1023, -inf<double>},
    {0x1.ae421076ce2efp-1, 0x1.8d4a777330bdbp-1, -0x1.4ddccdb1a7ab2p-1, -0x1.6bcab52f93116p-55},
    {0x1.7f83df17fd374p-1, 0x1.1a8c8a6233255p-1, -0x1.a749cf2ea16adp-2, 0x1.effcd1e67761p-56},
    {0x1.504ede6a16a3bp-1, 0x1.be5bb1cfb10f6p-1, -0x1.2530ee8ea1a79p-1, 0x1.30c01466312c8p-56},
    {0x1.bca4e7814e8a2p-1, 0x1.c2f2b3f1f65a8p-1, -0x1.879fb5afdaa6p-1, 0x1.873ba2e3d28ap-55},
    {0x1.3435f8b33e968p-1, 0x1.7fa8492edcf45p-1, -0x1.cde75a9b2fe69p-2, -0x1.31e41bfefef8p-58},
    {0x1.765db035b7399p-1, 0x1.d0f92377b9aa2p-1, -0x1.53fb122fd23f2p-1, 0x1.4b74b19d861a4p-55},
};

/// A number with a biased exponent (clamped to what the format has), any sign, and a fraction that
/// is random, sparse, or next to a power of two.
template <class T>
T number(Random& random, int exponent) {
  using F = Format<T>;
  using W = Word<T>;
  constexpr W one = W(1) << F::fraction;
  exponent = exponent < 0 ? 0 : exponent >= F::exponents ? F::exponents - 1 : exponent;
  W fraction = W(random());
  switch (random.between(0, 3)) {
    case 0:
      fraction = W(1) << random.between(0, F::fraction - 1);
      break;
    case 1:
      fraction = W(0) - (W(random()) & 3);
      break;
    case 2:
      fraction = W(random()) & (W(0) - (one >> random.between(1, F::fraction)));
      break;
    default:
      break;
  }
  const W sign = W(random() & 1) << (8 * sizeof(T) - 1);
  return std::bit_cast<T>(W(sign | W(exponent) << F::fraction | (fraction & (one - 1))));
}

template <class T>
struct Operands {
  T a, b, c;
};

template <class T>
Operands<T> operands(Random& random) {
  using F = Format<T>;
  using W = Word<T>;
  constexpr int bias = F::exponents / 2;
  constexpr int p = F::fraction + 1;
  const int kind = random.between(0, 6);
  if (kind == 0) {  // any bits
    return {std::bit_cast<T>(W(random())), std::bit_cast<T>(W(random())),
            std::bit_cast<T>(W(random()))};
  }
  int sum = random.between(2 - p, 3 * bias);  // of the exponents, as the product's
  if (kind == 1) sum = bias + random.between(-2 * p, 2 * p);
  if (kind == 2) sum = random.between(-2 * p, 2 * p);  // the product near or below the subnormals
  if (kind == 3) sum = F::exponents + random.between(-3, 3);  // and near overflow
  const int ea = random.between(sum > bias ? sum - bias : 0, sum > bias ? 2 * bias : sum + bias);
  const T a = number<T>(random, ea);
  const T b = number<T>(random, sum + bias - ea);
  T c = number<T>(random, sum + random.between(-2 * p - 3, 2 * p + 3));
  if (kind >= 5) {  // c cancels most of the product
    c = -(a * b);
    W bits = std::bit_cast<W>(c);
    if ((bits >> F::fraction & W(F::exponents)) != W(F::exponents)) {
      bits = W(bits + W(random.between(0, 4)) - 2);
    }
    c = std::bit_cast<T>(bits);
  }
  return {a, b, c};
}

template <class T>
void against_hardware(long count) {
  Random random;
  bool ok = true;
  int shown = 0;
  for (long i = 0; i < count && shown < 20; ++i) {
    const Operands<T> x = operands<T>(random);
    const T want = hardware(x.a, x.b, x.c);
    bool good = same(filbert::fma_software(x.a, x.b, x.c), want);
    if constexpr (sizeof(T) == 8) good = good && same(filbert::fma_integer(x.a, x.b, x.c), want);
    if (!good) {
      ok = false;
      ++shown;
      agree(x.a, x.b, x.c, filbert::fma_software(x.a, x.b, x.c), want);
    }
  }
  CHECK(ok);
  std::printf("%s: %ld cases against the hardware\n", Format<T>::name, count);
}

}  // namespace

int main(int argc, char** argv) {
  const long count = argc > 1 ? std::atol(argv[1]) : 1000000;
  known_specials<float>();
  known_specials<double>();
  for (const auto& r : float_rows) known(r.a, r.b, r.c, r.want);
  for (const auto& r : double_rows) known(r.a, r.b, r.c, r.want);
  if (HAS_HARDWARE) {
    against_hardware<float>(count);
    against_hardware<double>(count);
  } else {
    std::printf("no hardware fma here: known answers only\n");
  }
  return check::report();
}
