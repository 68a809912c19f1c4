// The kernels for AVX-512. The file is compiled with the flags of that, so that nothing but the
// entry point may leave it.
#include "kernels/dispatch.hpp"
#include "kernels/simd/table.hpp"
#include "kernels/vec/vec_avx512.hpp"

namespace filbert {
namespace {

constexpr Kernels<float> floats = make_table<Avx512<float>>();
constexpr Kernels<double> doubles = make_table<Avx512<double>>();

}  // namespace

KernelTables avx512_tables() { return {Isa::avx512, &floats, &doubles}; }

}  // namespace filbert
