// Which table of kernels is in use.
#pragma once

#include <span>

#include "filbert/isa.hpp"
#include "kernels/kernels.hpp"

namespace filbert {

/// The tables of one ISA.
struct KernelTables {
  Isa isa;
  const Kernels<float>* floats;
  const Kernels<double>* doubles;
};

/// The entry point of each file of kernels.
KernelTables reference_tables();
KernelTables avx2_tables();
KernelTables avx512_tables();
KernelTables neon_tables();

/// Those of this build that run on this machine, the best first.
std::span<const KernelTables> available_tables();

const KernelTables& active_tables();
void choose_tables(Isa isa);

/// What FILBERT_ISA says, or the best. Throws std::invalid_argument.
Isa isa_of_environment();

/// A public call fetches these once and passes them down.
template <class T>
const Kernels<T>& active_kernels() {
  if constexpr (sizeof(T) == sizeof(float)) {
    return *active_tables().floats;
  } else {
    return *active_tables().doubles;
  }
}

}  // namespace filbert
