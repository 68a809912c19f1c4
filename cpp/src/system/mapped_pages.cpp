#include "system/mapped_pages.hpp"

#include <cerrno>
#include <cstdint>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace filbert {

void drop_mapped_pages([[maybe_unused]] const void* data,
                       [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(__unix__) || defined(__APPLE__)
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto start = reinterpret_cast<std::uintptr_t>(data);
  const std::uintptr_t first = (start + page - 1) / page * page,
                       last = (start + bytes) / page * page;
  // It is a hint: if the system refuses it, the pages stay.
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
#endif
}

bool read_at([[maybe_unused]] int file, [[maybe_unused]] void* to, std::size_t bytes,
             [[maybe_unused]] std::uint64_t position) noexcept {
#if defined(__unix__) || defined(__APPLE__)
  auto* at = static_cast<unsigned char*>(to);
  while (bytes > 0) {
    const ssize_t done = pread(file, at, bytes, static_cast<off_t>(position));
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    at += done;
    position += static_cast<std::uint64_t>(done);
    bytes -= static_cast<std::size_t>(done);
  }
  return true;
#else
  return bytes == 0;
#endif
}

}  // namespace filbert
