// Counts the memory that a test program has in use. Only one source of a program may include it,
// because it replaces the global operators new and delete.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

std::atomic<std::size_t> in_use{0}, peak{0};

/// The size of an allocation is kept in front of it.
void* counted(std::size_t size, std::size_t alignment) {
  const std::size_t front = std::max(alignment, 2 * sizeof(std::size_t));
  auto* const start =
      static_cast<std::byte*>(std::aligned_alloc(front, (size + 2 * front - 1) / front * front));
  if (start == nullptr) throw std::bad_alloc();
  std::memcpy(start + front - sizeof size, &size, sizeof size);
  const std::size_t now = in_use += size;
  for (std::size_t most = peak; now > most && !peak.compare_exchange_weak(most, now);) {
  }
  return start + front;
}

void discounted(void* block, std::size_t alignment) {
  if (block == nullptr) return;
  const std::size_t front = std::max(alignment, 2 * sizeof(std::size_t));
  std::size_t size = 0;
  std::memcpy(&size, static_cast<std::byte*>(block) - sizeof size, sizeof size);
  in_use -= size;
  std::free(static_cast<std::byte*>(block) - front);
}

}  // namespace

void* operator new(std::size_t size) { return counted(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept { discounted(block, 1); }
void operator delete(void* block, std::size_t) noexcept { discounted(block, 1); }
void operator delete(void* block, std::align_val_t alignment) noexcept {
  discounted(block, static_cast<std::size_t>(alignment));
}
void operator delete(void* block, std::size_t, std::align_val_t alignment) noexcept {
  discounted(block, static_cast<std::size_t>(alignment));
}
