#include "filbert/isa.hpp"

#include <array>
#include <cstdlib>
#include <string>

#include "kernels/dispatch.hpp"
#include "system/names.hpp"

namespace filbert {
namespace {

constexpr std::array<std::string_view, 4> names_of_isas{"reference", "avx2", "avx512", "neon"};

Isa checked(std::string_view name, const char* what) {
  std::string valid;
  for (const Isa known : isas()) {
    if (to_string(known) == name) return known;
    if (!valid.empty()) valid += ", ";
    valid += to_string(known);
  }
  require(false, what, ": expected one of ", valid, " on this machine, got '", name, "'");
  return Isa::reference;
}

}  // namespace

std::string_view to_string(Isa isa) { return names_of_isas[static_cast<std::size_t>(isa)]; }

Isa isa_from_string(std::string_view name) { return checked(name, "isa"); }

std::vector<Isa> isas() {
  std::vector<Isa> found;
  for (const KernelTables& tables : available_tables()) found.push_back(tables.isa);
  return found;
}

Isa isa() { return active_tables().isa; }

void set_isa(Isa isa) { choose_tables(checked(to_string(isa), "isa")); }

Isa isa_of_environment() {
  const char* name = std::getenv("FILBERT_ISA");
  return name == nullptr || *name == '\0' ? isas().front() : checked(name, "FILBERT_ISA");
}

}  // namespace filbert
