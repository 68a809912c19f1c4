#include "dispatch.hpp"

#include <atomic>
#include <vector>

#include "cpu_features.hpp"

namespace filbert {
namespace {

std::vector<KernelTables> find_tables() {
  std::vector<KernelTables> found;
  [[maybe_unused]] const CpuFeatures cpu = cpu_features();
#ifdef FILBERT_HAS_AVX512
  if (cpu.avx512) found.push_back(avx512_tables());
#endif
#ifdef FILBERT_HAS_AVX2
  if (cpu.avx2) found.push_back(avx2_tables());
#endif
#ifdef FILBERT_HAS_NEON
  found.push_back(neon_tables());  // every aarch64 has it
#endif
  found.push_back(reference_tables());
  return found;
}

std::atomic<const KernelTables*> active{nullptr};

}  // namespace

std::span<const KernelTables> available_tables() {
  static const std::vector<KernelTables> tables = find_tables();
  return tables;
}

const KernelTables& active_tables() {
  const KernelTables* tables = active.load(std::memory_order_acquire);
  if (tables != nullptr) return *tables;
  choose_tables(isa_of_environment());
  return *active.load(std::memory_order_acquire);
}

void choose_tables(Isa isa) {
  for (const KernelTables& tables : available_tables()) {
    if (tables.isa == isa) active.store(&tables, std::memory_order_release);
  }
}

}  // namespace filbert
