// Instruction sets: listed, chosen, refused. Prints the list.
#include <cstdio>
#include <string>

#include "filbert/isa.hpp"
#include "support/check.hpp"

int main() {
  const std::vector<filbert::Isa> found = filbert::isas();
  std::string names;
  for (const filbert::Isa each : found) {
    names += std::string(names.empty() ? "" : " ").append(to_string(each));
    const check::Case at(to_string(each));
    filbert::set_isa(each);
    CHECK(filbert::isa() == each);
    CHECK(filbert::isa_from_string(to_string(each)) == each);
  }
  std::printf("%s\n", names.c_str());
  CHECK(!found.empty() && found.back() == filbert::Isa::reference);
  CHECK_THROWS(std::invalid_argument, filbert::isa_from_string("sse9"), names.substr(0, 4));
  CHECK_THROWS(std::invalid_argument, filbert::isa_from_string("sse9"), "got 'sse9'");
#ifdef __aarch64__
  CHECK(found.front() == filbert::Isa::neon);
  CHECK_THROWS(std::invalid_argument, filbert::set_isa(filbert::Isa::avx2), "got 'avx2'");
#else
  CHECK_THROWS(std::invalid_argument, filbert::set_isa(filbert::Isa::neon), "got 'neon'");
#endif
  return check::report();
}
