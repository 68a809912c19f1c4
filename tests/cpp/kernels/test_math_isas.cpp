// exp, log, log1p, expm1, tanh, sigmoid and erf over the vectors of every instruction set: the same
// bits as one lane gives, for a sample of all floats and for doubles. Argument "exhaustive": all
// 2^32 floats, the best set against arithmetic in double, the others against the best.
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "filbert/isa.hpp"
#include "math_functions.hpp"
#include "math_isa.hpp"
#include "support/check.hpp"

using filbert::Isa;

namespace {

struct Set {
  std::string name;
  MathTables tables;
};

/// The vectors that this build and this machine have, the best first.
std::vector<Set> sets() {
  std::vector<Set> found;
  for (const Isa isa : filbert::isas()) {
    [[maybe_unused]] const std::string name(to_string(isa));
#ifdef HAS_MATH_AVX512
    if (isa == Isa::avx512) found.push_back({name, math_avx512()});
#endif
#ifdef HAS_MATH_AVX2
    if (isa == Isa::avx2) found.push_back({name, math_avx2()});
#endif
#ifdef HAS_MATH_NEON
    if (isa == Isa::neon) found.push_back({name, math_neon()});
#endif
  }
  return found;
}

template <class F, class T>
MathFunction<T> function_of(const MathTable<T>& table) {
  const std::string_view name = F::name;
  return name == "exp"     ? table.exp
         : name == "log"   ? table.log
         : name == "log1p" ? table.log1p
         : name == "expm1" ? table.expm1
         : name == "tanh"  ? table.tanh
         : name == "erf"   ? table.erf
                           : table.sigmoid;
}

template <class F, class T>
MathFunction<T> function_of(const Set& set) {
  if constexpr (sizeof(T) == 4) return function_of<F>(set.tables.floats);
  if constexpr (sizeof(T) == 8) return function_of<F>(set.tables.doubles);
}

constexpr std::size_t block = 4096;

/// Every vector set against one lane.
template <class F, class T, class Argument>
void sample(std::size_t blocks, Argument argument) {
  std::vector<T> x(block), y(block);
  for (std::size_t b = 0; b < blocks; ++b) {
    for (T& value : x) value = argument();
    for (const Set& set : sets()) {
      function_of<F, T>(set)(y.data(), x.data(), block);
      std::size_t i = 0;
      while (i < block && same(y[i], F::ours(x[i]))) ++i;
      const T at = x[i % block];
      const check::Case one(set.name, F::name, "of", at, "is", F::ours(at), "got", y[i % block]);
      CHECK(i == block);
    }
  }
}

struct Found {
  Worst worst;
  std::uint64_t different = 0;
};

/// Floats begin .. begin + 2^31 - 1: the first set against arithmetic in double, the others and
/// one lane (slow where fma is in software: some of them) against the first.
template <class F>
void scan(std::uint64_t begin, Found& found) {
  const std::vector<Set> all = sets();
  std::vector<float> x(block), y(block), other(block);
  Found mine;
  for (std::uint64_t bits = begin; bits < begin + (std::uint64_t(1) << 31); bits += block) {
    for (std::size_t i = 0; i < block; ++i) x[i] = std::bit_cast<float>(std::uint32_t(bits + i));
    function_of<F, float>(all.front())(y.data(), x.data(), block);
    for (std::size_t i = 0; i < block; ++i) {
      mine.worst.see(distance<F>(y[i], F::wide(double(x[i]))), double(x[i]));
    }
    for (std::size_t s = 1; s < all.size(); ++s) {
      function_of<F, float>(all[s])(other.data(), x.data(), block);
      for (std::size_t i = 0; i < block; ++i) mine.different += !same(other[i], y[i]);
    }
    for (std::size_t i = bits / block % 16; i < block; i += 16) {
      mine.different += !same(F::ours(x[i]), y[i]);
    }
  }
  found = mine;
}

template <class F>
void all_floats() {
  Found positive, negative;
  std::thread other(scan<F>, std::uint64_t(1) << 31, std::ref(negative));
  scan<F>(0, positive);
  other.join();
  const Worst worst =
      positive.worst.distance > negative.worst.distance ? positive.worst : negative.worst;
  std::printf("%-8s all floats: at most %.3f ulp (at %a), %llu differences between sets\n", F::name,
              worst.distance, worst.x,
              static_cast<unsigned long long>(positive.different + negative.different));
  std::fflush(stdout);
  CHECK(worst.distance <= allowed);
  CHECK_EQ(positive.different + negative.different, std::uint64_t(0));
}

template <class F>
void test(bool exhaustive) {
  Random random;
  std::uint32_t bits = 0;
  sample<F, float>(check::quick() ? 8 : 128, [&] {
    return std::bit_cast<float>(bits += 8191);  // all over the floats, in small steps each time
  });
  sample<F, float>(check::quick() ? 2 : 16, [&] { return argument<float>(random); });
  sample<F, double>(check::quick() ? 4 : 64, [&] { return argument<double>(random); });
  if (exhaustive) all_floats<F>();
}

}  // namespace

int main(int argc, char** argv) {
  const bool exhaustive = argc > 1 && std::string_view(argv[1]) == "exhaustive";
  if (sets().empty()) {
    std::printf("no vectors in this build or on this machine\n");
    return check::report();
  }
  test<Exp>(exhaustive);
  test<Log>(exhaustive);
  test<Log1p>(exhaustive);
  test<Expm1>(exhaustive);
  test<Tanh>(exhaustive);
  test<Sigmoid>(exhaustive);
  test<Erf>(exhaustive);
  return check::report();
}
