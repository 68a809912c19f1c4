#include "filbert/aligned.hpp"

#include <cstdint>
#include <cstdlib>
#include <limits>

namespace filbert {

ZeroedMemory allocate_zeroed(std::size_t count, std::size_t size) {
  constexpr auto line = static_cast<std::size_t>(AlignedBuffer<char>::alignment);
  if (count > (std::numeric_limits<std::size_t>::max() - line) / size) throw std::bad_alloc();
  void* const block = std::calloc(count * size + line, 1);
  if (block == nullptr) throw std::bad_alloc();
  return {block,
          reinterpret_cast<void*>((reinterpret_cast<std::uintptr_t>(block) / line + 1) * line)};
}

void free_zeroed(void* block) noexcept { std::free(block); }

}  // namespace filbert
