// Results do not depend on the caller's floating-point mode, and that mode is left as it was.
#include <cfenv>
#include <cstring>
#include <vector>

#include "filbert/filbert.hpp"
#include "support/check.hpp"
#include "system/float_mode.hpp"

namespace {

/// Products near the subnormals: flushing them, or another rounding, changes the result.
struct Problem {
  std::vector<float> x, y;
  filbert::Network net{{40, 300, 40}, {.activation = filbert::Activation::tanh, .seed = 3}};

  Problem() {
    for (std::size_t i = 0; i < 64 * 40; ++i) {
      x.push_back(1e-19F * static_cast<float>(i % 7 + 1));
      y.push_back(3e-20F * static_cast<float>(i % 5));
    }
    for (float& w : net.parameters()) w *= 1e-19F;
  }
};

std::vector<float> trained(const Problem& problem, std::size_t threads) {
  filbert::set_threads(threads);
  filbert::Network net = problem.net;
  filbert::Optimizer sgd = filbert::Sgd({.learning_rate = 0.5, .momentum = 0.9});
  filbert::fit(net, {.x = {problem.x.data(), 64, 40}, .y = {problem.y.data(), 64, 40}}, sgd,
               {.epochs = 3});
  return {net.parameters().begin(), net.parameters().end()};
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

#ifdef __aarch64__
std::uint64_t read_fpcr() {
  std::uint64_t word;
  __asm__ volatile("mrs %0, fpcr" : "=r"(word));
  return word;
}
void write_fpcr(std::uint64_t word) { __asm__ volatile("msr fpcr, %0" : : "r"(word)); }
#endif

}  // namespace

int main() {
  const Problem problem;
  const std::vector<float> expected = trained(problem, 1);
  for (const int rounding : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    std::fesetround(rounding);
    for (const std::size_t threads : {1, 3}) CHECK(same_bits(trained(problem, threads), expected));
    CHECK_EQ(std::fegetround(), rounding);
  }
  std::fesetround(FE_TONEAREST);
#if defined(__SSE2__) || defined(_M_X64)
  _mm_setcsr(_mm_getcsr() | 0x8040);  // flush to zero, denormals are zero
  for (const std::size_t threads : {1, 3}) CHECK(same_bits(trained(problem, threads), expected));
  CHECK((_mm_getcsr() & 0x8040) == 0x8040);
  _mm_setcsr(_mm_getcsr() & ~0x8040U);
#elif defined(__aarch64__)
  constexpr std::uint64_t flush = 1 << 24;
  write_fpcr(read_fpcr() | flush);
  volatile float tiny = 1e-40F;
  CHECK_EQ(tiny * 1.0F, 0.0F);  // the mode is real, here too where it is emulated
  for (const std::size_t threads : {1, 3}) CHECK(same_bits(trained(problem, threads), expected));
  CHECK((read_fpcr() & flush) != 0);
  write_fpcr(read_fpcr() & ~flush);
#endif
  return check::report();
}
