// The instruction set whose kernels are in use. Results do not depend on it, in any bit; speed
// does.
#pragma once

#include <string_view>
#include <vector>

#include "filbert/export.h"

namespace filbert {

enum class Isa : unsigned char {
  reference,  ///< plain C++: every machine
  avx2,       ///< x86-64 with AVX2 and FMA
  avx512,     ///< x86-64 with AVX-512 F, BW, DQ and VL
  neon,       ///< aarch64
};

/// The name that isa_from_string takes, such as "avx2".
FILBERT_API std::string_view to_string(Isa isa);

/// Throws std::invalid_argument, listing the names that this machine and build have, if it is not
/// one of them.
FILBERT_API Isa isa_from_string(std::string_view name);

/// Those that this machine and this build have, the best first.
FILBERT_API std::vector<Isa> isas();

/// The one in use: what set_isa chose, else the environment variable FILBERT_ISA, else the best.
/// Throws std::invalid_argument, listing the valid names, if FILBERT_ISA is not one of isas().
FILBERT_API Isa isa();

/// For all calls that begin from now on, in all threads.
/// Throws std::invalid_argument if it is not one of isas().
FILBERT_API void set_isa(Isa isa);

}  // namespace filbert
