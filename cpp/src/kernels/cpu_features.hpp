// What the processor can do and the operating system lets it do.
#pragma once

namespace filbert {

struct CpuFeatures {
  bool avx2 = false;    // AVX2 and FMA, with the registers kept by the system
  bool avx512 = false;  // F, BW, DQ and VL, likewise
};

CpuFeatures cpu_features();

}  // namespace filbert
