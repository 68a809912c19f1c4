#include "filbert/aligned.hpp"

#include <cstdint>
#include <cstdlib>
#include <limits>

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace filbert {
namespace {

/// Asks the system for pages of 2 MiB where an allocation is large enough to have many of them.
/// With pages of 4 KiB, giving a gigabyte back takes a tenth of a second, for which somebody who
/// has pressed Ctrl-C waits, and the addresses of a large W do not fit in the processor's table of
/// pages. A system that has no such pages ignores the request.
void prefer_large_pages([[maybe_unused]] void* block, [[maybe_unused]] std::size_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  constexpr std::size_t enough = std::size_t{8} << 20;
  if (bytes < enough) return;
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto start = reinterpret_cast<std::uintptr_t>(block);
  const std::uintptr_t first = (start + page - 1) / page * page,
                       last = (start + bytes) / page * page;
  static_cast<void>(::madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE));
#endif
}

}  // namespace

ZeroedMemory allocate_zeroed(std::size_t count, std::size_t size) {
  constexpr auto line = static_cast<std::size_t>(AlignedBuffer<char>::alignment);
  if (count > (std::numeric_limits<std::size_t>::max() - line) / size) throw std::bad_alloc();
  void* const block = std::calloc(count * size + line, 1);
  if (block == nullptr) throw std::bad_alloc();
  prefer_large_pages(block, count * size + line);
  return {block,
          reinterpret_cast<void*>((reinterpret_cast<std::uintptr_t>(block) / line + 1) * line)};
}

void free_zeroed(void* block) noexcept { std::free(block); }

}  // namespace filbert
