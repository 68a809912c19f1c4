// Chooses the tables of kernels: those of the best instruction set, unless the user asks for
// others.
#pragma once

#include <span>

#include "filbert/isa.hpp"
#include "kernels/kernels.hpp"

namespace filbert {

/// The tables of one instruction set.
struct KernelTables {
  Isa isa;
  const Kernels<float>* floats;
  const Kernels<double>* doubles;
};

/// The entry points of the files of kernels. Each file is compiled for one instruction set.
KernelTables reference_tables();
KernelTables avx2_tables();
KernelTables avx512_tables();
KernelTables neon_tables();

/// The tables of this build that run on this machine, the best first.
std::span<const KernelTables> available_tables();

/// The tables in use. The first call chooses those of isa_of_environment().
const KernelTables& active_tables();
/// Uses the tables of this instruction set from now on, if they are available.
void choose_tables(Isa isa);

/// The instruction set that the environment variable FILBERT_ISA names, or else the best. Throws
/// std::invalid_argument if that name is none of isas().
Isa isa_of_environment();

/// The kernels in use for the type T. A public call asks for them once and passes them down, so
/// that it does not change tables on its way.
template <class T>
const Kernels<T>& active_kernels() {
  if constexpr (sizeof(T) == sizeof(float)) {
    return *active_tables().floats;
  } else {
    return *active_tables().doubles;
  }
}

}  // namespace filbert
