// The instruction CPUID, by which x86 processors describe themselves.
#pragma once

#include <cstdint>

#if defined(_MSC_VER) && (defined(_M_X64) || defined(_M_IX86))
#include <intrin.h>
#define FILBERT_X86 1
#elif defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#define FILBERT_X86 1
#endif

#ifdef FILBERT_X86
namespace filbert {

struct CpuidRegisters {
  std::uint32_t a = 0, b = 0, c = 0, d = 0;
};

/// Zeros where the processor has no such leaf.
inline CpuidRegisters cpuid(std::uint32_t leaf, std::uint32_t part = 0) {
  CpuidRegisters r;
#ifdef _MSC_VER
  int out[4];
  __cpuid(out, static_cast<int>(leaf & 0x80000000));
  if (static_cast<std::uint32_t>(out[0]) < leaf) return r;
  __cpuidex(out, static_cast<int>(leaf), static_cast<int>(part));
  r = {static_cast<std::uint32_t>(out[0]), static_cast<std::uint32_t>(out[1]),
       static_cast<std::uint32_t>(out[2]), static_cast<std::uint32_t>(out[3])};
#else
  __get_cpuid_count(leaf, part, &r.a, &r.b, &r.c, &r.d);
#endif
  return r;
}

}  // namespace filbert
#endif
