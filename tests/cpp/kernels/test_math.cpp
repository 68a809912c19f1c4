// exp, log, log1p, expm1, tanh, sigmoid and erf: the distance from the exact values, special
// values, and golden bits that every compiler and machine must give. test_math_isas.cpp has all
// floats. With the argument "exhaustive" it takes 100 times as many doubles. With the arguments
// "values", a function's name and "float32" or "float64", it reads numbers of that type from the
// standard input, and writes the function's values to the standard output.
#include <cstdio>
#include <string_view>

#include "math_functions.hpp"
#include "math_golden.hpp"
#include "support/check.hpp"

namespace {

void report(const char* name, const char* type, Worst worst, double count) {
  std::printf("%-8s%-7s at most %.3f ulp (at %a), %.0f arguments\n", name, type, worst.distance,
              worst.x, count);
  CHECK(worst.distance <= allowed);
}

template <class F>
void scan_floats(std::uint64_t step) {
  Worst worst;
  for (std::uint64_t bits = 0; bits >> 32 == 0; bits += step) {
    const float x = std::bit_cast<float>(std::uint32_t(bits));
    worst.see(distance<F>(F::ours(x), F::wide(double(x))), double(x));
  }
  report(F::name, "float", worst, double((std::uint64_t(1) << 32) / step));
}

template <class F>
void doubles(long count) {
  if constexpr (Limits<long double>::digits < 64) {
    std::printf("%s: no wider type than double here, accuracy not measured\n", F::name);
  } else {
    Random random;
    Worst worst;
    for (long i = 0; i < count; ++i) {
      const double x = argument<double>(random);
      worst.see(distance<F>(F::ours(x), F::wide(static_cast<long double>(x))), x);
    }
    report(F::name, "double", worst, double(count));
  }
}

/// FNV-1a over the results for a million arguments, with one NaN for all.
template <class F, class T>
void golden_hash(std::uint64_t want) {
  Random random;
  std::uint64_t hash = 0xCBF29CE484222325;
  for (int i = 0; i < 1000000; ++i) {
    const T y = F::ours(argument<T>(random));
    hash = (hash ^ (y != y ? 1 : std::bit_cast<Word<T>>(y))) * 0x100000001B3;
  }
  const check::Case at(F::name, sizeof(T) == 4 ? "float" : "double");
  CHECK_EQ(hash, want);
}

template <class F, class T, std::size_t N>
void golden(const Golden<T> (&rows)[N]) {
  for (const Golden<T>& row : rows) {
    const check::Case at(F::name, row.x);
    const Word<T> bits = std::bit_cast<Word<T>>(row.exact) + Word<T>(std::int64_t(row.steps));
    CHECK_EQ(F::ours(row.x), std::bit_cast<T>(bits));
  }
}

template <class F, class T>
void special(T x, T want) {
  const T got = F::ours(x);
  const check::Case at(F::name, "of", x, "is", want, "got", got);
  CHECK(same(got, want));
}

template <class F, class T>
void odd(T x, T want) {
  special<F, T>(x, want);
  special<F, T>(-x, -want);
}

template <class T>
void specials() {
  constexpr T inf = Limits<T>::infinity();
  constexpr T nan = Limits<T>::quiet_NaN();
  constexpr T tiny = Limits<T>::denorm_min();
  constexpr T normal = Limits<T>::min();
  constexpr T big = Limits<T>::max();
  constexpr T zero = 0;
  constexpr T bottom = filbert::MathConstants<T>::exp_bottom;
  constexpr T top = filbert::MathConstants<T>::exp_top;

  for (const T x : {inf, big, T(1000), std::nextafter(top, inf)}) {
    special<Exp, T>(x, inf);
    special<Expm1, T>(x, inf);
  }
  for (const T x : {-inf, -big, T(-1000), std::nextafter(bottom, -inf)}) {
    special<Exp, T>(x, zero);
    special<Sigmoid, T>(x, zero);
    special<Expm1, T>(x, -1);
  }
  CHECK(Exp::ours(bottom) >= normal && Sigmoid::ours(bottom) >= normal);
  CHECK(Exp::ours(top) <= big && Expm1::ours(top) <= big);
  for (const T x : {zero, -zero, tiny, -tiny, normal, -normal}) {
    special<Exp, T>(x, 1);
    special<Sigmoid, T>(x, T(0.5));
    special<Log1p, T>(x, x);
    special<Expm1, T>(x, x);
    special<Tanh, T>(x, x);
  }
  special<Expm1, T>(inf, inf);

  special<Log, T>(zero, -inf);
  special<Log, T>(-zero, -inf);
  special<Log, T>(1, zero);
  special<Log, T>(inf, inf);
  for (const T x : {-tiny, -normal, T(-1), -big, -inf}) special<Log, T>(x, nan);
  special<Log1p, T>(-1, -inf);
  special<Log1p, T>(inf, inf);
  for (const T x : {std::nextafter(T(-1), T(-2)), T(-2), -big, -inf}) special<Log1p, T>(x, nan);

  for (const T x : {T(10), T(100), big, inf}) {
    odd<Erf, T>(x, 1);
    if (x > 10) odd<Tanh, T>(x, 1);
    if (x > 10) special<Sigmoid, T>(x, 1);
  }
  odd<Erf, T>(zero, zero);
  odd<Erf, T>(tiny, tiny);

  constexpr Word<T> fraction = (Word<T>(1) << (Limits<T>::digits - 1)) - 1;
  for (const Word<T> payload : {Word<T>(1), Word<T>(0xA5), Word<T>(fraction / 3), fraction}) {
    const T x = std::bit_cast<T>(Word<T>(std::bit_cast<Word<T>>(inf) | payload));
    odd<Exp, T>(x, nan);
    odd<Log, T>(x, nan);
    odd<Log1p, T>(x, nan);
    odd<Expm1, T>(x, nan);
    odd<Tanh, T>(x, nan);
    odd<Sigmoid, T>(x, nan);
    odd<Erf, T>(x, nan);
  }
}

template <class F, std::size_t N, std::size_t M>
void test(const Golden<float> (&floats)[N], const Golden<double> (&doubles_)[M],
          std::uint64_t float_hash, std::uint64_t double_hash, bool exhaustive) {
  golden<F>(floats);
  golden<F>(doubles_);
  golden_hash<F, float>(float_hash);
  golden_hash<F, double>(double_hash);
  scan_floats<F>(check::quick() ? 40009 : 4099);
  doubles<F>(exhaustive ? 20000000 : check::quick() ? 2000 : 200000);
}

template <class F, class T>
void values() {
  T x;
  while (std::fread(&x, sizeof x, 1, stdin) == 1) {
    const T y = F::ours(x);
    std::fwrite(&y, sizeof y, 1, stdout);
  }
}

template <class T, class... F>
int values_of(std::string_view name) {
  return ((name == F::name && (values<F, T>(), true)) || ...) ? 0 : 1;
}

template <class... F>
int values_of(std::string_view name, std::string_view type) {
  if (type == "float32") return values_of<float, F...>(name);
  return type == "float64" ? values_of<double, F...>(name) : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[1]) == "values") {
    return values_of<Exp, Log, Log1p, Expm1, Tanh, Sigmoid, Erf>(argv[2], argv[3]);
  }
  const bool all = argc > 1 && std::string_view(argv[1]) == "exhaustive";
  specials<float>();
  specials<double>();
  test<Exp>(exp_float, exp_double, 0x40DC525A8BE87DE1, 0xE51EDF9697B67062, all);
  test<Log>(log_float, log_double, 0x60BBA11676A02819, 0x255CF605C0410431, all);
  test<Log1p>(log1p_float, log1p_double, 0x3C59C6BF0662C40B, 0xADC33CF8566C21BA, all);
  test<Expm1>(expm1_float, expm1_double, 0xEF035E4523930825, 0x19E86C1195C5D450, all);
  test<Tanh>(tanh_float, tanh_double, 0x18AF9EF025F11A83, 0xAC7D56A5E575058E, all);
  test<Sigmoid>(sigmoid_float, sigmoid_double, 0x916CBC85388B5D18, 0xBD3422770E5944B4, all);
  test<Erf>(erf_float, erf_double, 0x6D25A63ECAEB6C29, 0xF87F4DBA421EB94F, all);
  return check::report();
}
