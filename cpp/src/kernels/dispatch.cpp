#include "kernels/dispatch.hpp"

#include <array>
#include <atomic>
#include <cstddef>

#include "kernels/cpu_features.hpp"

namespace filbert {
namespace {

/// The tables that were found. They are not in a std::vector, because at the end of the process
/// that would be destroyed while a thread may still compute.
struct FoundTables {
  std::array<KernelTables, 4> tables{};
  std::size_t count = 0;

  void add(const KernelTables& table) { tables[count++] = table; }
};

FoundTables find_tables() {
  FoundTables found;
  [[maybe_unused]] const CpuFeatures cpu = cpu_features();
#ifdef FILBERT_HAS_AVX512
  if (cpu.avx512) found.add(avx512_tables());
#endif
#ifdef FILBERT_HAS_AVX2
  if (cpu.avx2) found.add(avx2_tables());
#endif
#ifdef FILBERT_HAS_NEON
  found.add(neon_tables());  // every processor of aarch64 has NEON
#endif
  found.add(reference_tables());
  return found;
}

std::atomic<const KernelTables*> active{nullptr};

}  // namespace

std::span<const KernelTables> available_tables() {
  static const FoundTables found = find_tables();
  return {found.tables.data(), found.count};
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
