// The functions of single doubles: known values, and that the bits are the same everywhere.
//
// test_functions values NAME computes one of them for doubles from the standard input, of pow for
// pairs, and writes the results to the standard output: tests/python/building/test_functions.py
// compares them with mpmath.
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string_view>

#include "kernels/functions.hpp"
#include "support/check.hpp"

using namespace filbert;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

void known_values() {
  CHECK_EQ(scalar::cos_pi(0.0), 1.0);
  CHECK_EQ(scalar::cos_pi(0.5), 0.0);
  CHECK_EQ(scalar::cos_pi(1.0), -1.0);
  for (int k = -1074; k <= 1023; ++k) {
    const check::Case at("2 to the power", k);
    CHECK_EQ(scalar::log2(std::ldexp(1.0, k)), static_cast<double>(k));
  }
  for (int k = 0; k <= 1022; ++k) {
    const check::Case at("the power", k);
    CHECK_EQ(scalar::pow(0.5, k), std::ldexp(1.0, -k));
    CHECK_EQ(scalar::pow(2.0, k), std::ldexp(1.0, k));
  }
  CHECK_EQ(scalar::pow(0.5, 1023), 0.0);  // subnormal
  CHECK_EQ(scalar::pow(2.0, 1024), infinity);
  CHECK_EQ(scalar::pow(3.0, 33.0), 5559060566555523.0);
  CHECK_EQ(scalar::pow(49.0, 0.5), 7.0);
  CHECK_EQ(scalar::pow(0.0, 0.0), 1.0);
  CHECK_EQ(scalar::pow(0.0, 1e-300), 0.0);
  CHECK_EQ(scalar::pow(1.0, 1e308), 1.0);
  CHECK_EQ(scalar::pow(1.0 + 0x1p-52, 1e308), infinity);
  CHECK_EQ(scalar::pow(1.0 - 0x1p-53, 1e308), 0.0);
  CHECK_EQ(scalar::pow(infinity, 0.1), infinity);
  CHECK_EQ(scalar::normal_quantile(0.5), 0.0);
  CHECK(std::abs(scalar::normal_quantile(0.975) - 1.959963984540054) < 1e-15);
  CHECK(std::abs(scalar::normal_quantile(0x1p-33) - (-6.3379577545537893)) < 1e-14);
  for (const double p : {0x1p-1000, 0x1p-40, 0x1p-33, 0.01, 0.075, 0.3}) {
    CHECK(scalar::normal_quantile(p) < scalar::normal_quantile(p * (1.0 + 1e-12)));
    if (p > 0x1p-50)
      CHECK(std::abs(scalar::normal_quantile(p) + scalar::normal_quantile(1.0 - p)) < 1e-4);
  }
}

/// FNV-1a over the bits of each function.
void golden_bits(bool print) {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&](double value) {
    hash = (hash ^ std::bit_cast<std::uint64_t>(value)) * 0x100000001b3;
  };
  for (int i = 1; i < 100000; ++i) {
    const double u = i * 0x1.3p-17;  // in (0, 1)
    add(scalar::cos_pi(u));
    add(scalar::log2(1.0 + 15.0 * u));
    add(scalar::pow(u, 100.0 * u));
    add(scalar::pow(1.0 + 1000.0 * u, 3.0 * u));
    add(scalar::normal_quantile(u));
    add(scalar::normal_quantile(u * 0x1p-33));
  }
  if (print) std::printf("0x%016llx\n", static_cast<unsigned long long>(hash));
  CHECK_EQ(hash, std::uint64_t{0x20bbb70d92729976});
}

int write_values(std::string_view name) {
  double x[2];
  const std::size_t count = name == "pow" ? 2 : 1;
  while (std::fread(x, sizeof(double), count, stdin) == count) {
    const double value = name == "pow"     ? scalar::pow(x[0], x[1])
                         : name == "log2"  ? scalar::log2(x[0])
                         : name == "cospi" ? scalar::cos_pi(x[0])
                                           : scalar::normal_quantile(x[0]);
    std::fwrite(&value, sizeof(double), 1, stdout);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "values") return write_values(argv[2]);
  known_values();
  golden_bits(argc > 1 && std::string_view(argv[1]) == "print");
  return check::report();
}
