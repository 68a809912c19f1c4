#include "kernels/cpu_features.hpp"

#include <cstdint>

#if defined(_MSC_VER) && (defined(_M_X64) || defined(_M_IX86))
#include <immintrin.h>
#include <intrin.h>
#define FILBERT_X86 1
#elif defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#define FILBERT_X86 1
#endif

namespace filbert {

#ifdef FILBERT_X86
namespace {

struct Registers {
  std::uint32_t a = 0, b = 0, c = 0, d = 0;
};

Registers cpuid(std::uint32_t leaf) {
  Registers r;
#ifdef _MSC_VER
  int out[4];
  __cpuid(out, 0);
  if (static_cast<std::uint32_t>(out[0]) < leaf) return r;
  __cpuidex(out, static_cast<int>(leaf), 0);
  r = {static_cast<std::uint32_t>(out[0]), static_cast<std::uint32_t>(out[1]),
       static_cast<std::uint32_t>(out[2]), static_cast<std::uint32_t>(out[3])};
#else
  __get_cpuid_count(leaf, 0, &r.a, &r.b, &r.c, &r.d);
#endif
  return r;
}

/// Returns which registers the operating system saves, a bit for each kind.
std::uint64_t extended_control() {
#ifdef _MSC_VER
  return _xgetbv(0);
#else
  std::uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return std::uint64_t{high} << 32 | low;
#endif
}

bool bit(std::uint32_t word, int n) { return (word >> n & 1) != 0; }

}  // namespace

CpuFeatures cpu_features() {
  const Registers one = cpuid(1), seven = cpuid(7);
  CpuFeatures features;
  if (!bit(one.c, 27)) return features;  // OSXSAVE, without which there is no xgetbv
  const std::uint64_t saved = extended_control();
  const bool ymm = (saved & 0x06) == 0x06;  // SSE and AVX state
  const bool zmm = (saved & 0xE6) == 0xE6;  // also masks, upper halves, registers 16 to 31
  const bool fma = bit(one.c, 12) && bit(one.c, 28);
  features.avx2 = ymm && fma && bit(seven.b, 5);
  features.avx512 = features.avx2 && zmm && bit(seven.b, 16) && bit(seven.b, 17) &&
                    bit(seven.b, 30) && bit(seven.b, 31);  // F, DQ, BW, VL
  return features;
}
#else
CpuFeatures cpu_features() { return {}; }
#endif

}  // namespace filbert
