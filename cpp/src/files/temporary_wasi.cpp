// WebAssembly's system interface has neither locks nor owners of files, which a file's replacement
// rests on. There a network is saved to bytes, which the program writes as it sees fit.
#ifdef __wasi__

#include "files/temporary.hpp"

namespace filbert {

void remove_if_dead(const std::filesystem::path&) {}

Temporary::Temporary(const std::filesystem::path& target) : file_(-1) {
  fail_to_save(target, std::errc::function_not_supported);
}

void Temporary::discard() {}
void Temporary::write(std::span<const std::byte>) {}
void Temporary::overwrite(std::span<const std::byte>) {}
void Temporary::replace_target() {}

}  // namespace filbert

#endif
