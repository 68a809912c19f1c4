// The kernels for NEON, which every aarch64 has. Nothing but the entry point may leave this file.
#include "kernels/dispatch.hpp"
#include "kernels/simd/table.hpp"
#include "kernels/vec/vec_neon.hpp"

namespace filbert {
namespace {

constexpr Kernels<float> floats = make_table<Neon<float>>();
constexpr Kernels<double> doubles = make_table<Neon<double>>();

}  // namespace

KernelTables neon_tables() { return {Isa::neon, &floats, &doubles}; }

}  // namespace filbert
