// The instruction sets that the processor has and the operating system supports.
#pragma once

namespace filbert {

struct CpuFeatures {
  bool avx2 = false;    // AVX2 and FMA
  bool avx512 = false;  // AVX-512 F, BW, DQ and VL, and avx2
};

/// Asks the processor. A set counts only if the operating system saves its registers when threads
/// take turns.
CpuFeatures cpu_features();

}  // namespace filbert
