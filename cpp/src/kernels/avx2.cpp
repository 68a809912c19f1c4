// The kernels for AVX2 and FMA. The file is compiled with the flags of these, so that nothing but
// the entry point may leave it.
#include "kernels/dispatch.hpp"
#include "kernels/simd/table.hpp"
#include "kernels/vec/vec_avx2.hpp"

namespace filbert {
namespace {

constexpr Kernels<float> floats = make_table<Avx2<float>>();
constexpr Kernels<double> doubles = make_table<Avx2<double>>();

}  // namespace

KernelTables avx2_tables() { return {Isa::avx2, &floats, &doubles}; }

}  // namespace filbert
