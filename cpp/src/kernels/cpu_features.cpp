#include "kernels/cpu_features.hpp"

#include <cstdint>

#include "kernels/cpuid.hpp"

#if defined(_MSC_VER) && defined(FILBERT_X86)
#include <immintrin.h>
#endif

namespace filbert {

#ifdef FILBERT_X86
namespace {

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
  const CpuidRegisters one = cpuid(1), seven = cpuid(7);
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
