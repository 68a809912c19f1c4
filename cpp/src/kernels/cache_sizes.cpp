#include "kernels/cache_sizes.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "kernels/cpuid.hpp"

#if defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(__linux__)
#include <unistd.h>
#endif

namespace filbert {
namespace {

constexpr CacheSizes unknown_caches{32 * 1024, 512 * 1024};

#ifdef FILBERT_X86
/// The caches as leaf 4 of CPUID lists them, and leaf 0x8000001D in the same form on AMD's
/// processors (AMD64 Architecture Programmer's Manual, volume 3, appendix E.4.15).
void ask_processor(CacheSizes& sizes, std::uint32_t leaf) {
  for (std::uint32_t i = 0; i < 16; ++i) {
    const CpuidRegisters cache = cpuid(leaf, i);
    const std::uint32_t type = cache.a & 31;  // 0: no more caches; 1: data; 2: code; 3: both
    if (type == 0) return;
    if (type == 2) continue;
    const std::size_t ways = (cache.b >> 22) + 1, partitions = (cache.b >> 12 & 1023) + 1,
                      line = (cache.b & 4095) + 1, sets = std::size_t{cache.c} + 1;
    const std::size_t bytes = ways * partitions * line * sets;
    const std::uint32_t level = cache.a >> 5 & 7;
    if (level == 1) sizes.first = bytes;
    if (level == 2) sizes.second = bytes;
  }
}
#endif

CacheSizes found_caches() {
  CacheSizes sizes{0, 0};
#ifdef FILBERT_X86
  ask_processor(sizes, 4);
  if (sizes.first == 0) ask_processor(sizes, 0x8000001D);
#elif defined(__APPLE__)
  const auto ask = [](const char* name) {
    std::int64_t value = 0;
    std::size_t length = sizeof(value);
    return sysctlbyname(name, &value, &length, nullptr, 0) == 0 && value > 0
               ? static_cast<std::size_t>(value)
               : std::size_t{0};
  };
  sizes = {ask("hw.l1dcachesize"), ask("hw.l2cachesize")};
#elif defined(_SC_LEVEL1_DCACHE_SIZE)
  const auto ask = [](int name) {
    const long value = sysconf(name);
    return value > 0 ? static_cast<std::size_t>(value) : std::size_t{0};
  };
  sizes = {ask(_SC_LEVEL1_DCACHE_SIZE), ask(_SC_LEVEL2_CACHE_SIZE)};
#endif
  if (sizes.first == 0) sizes.first = unknown_caches.first;
  if (sizes.second == 0) sizes.second = unknown_caches.second;
  return sizes;
}

/// "first,second" in bytes; false if the text is something else.
bool read_cache_sizes(const char* text, CacheSizes& sizes) {
  const char* const end = text + std::strlen(text);
  CacheSizes given{};
  const auto [comma, first] = std::from_chars(text, end, given.first);
  if (first != std::errc{} || comma == end || *comma != ',') return false;
  const auto [rest, second] = std::from_chars(comma + 1, end, given.second);
  if (second != std::errc{} || rest != end) return false;
  sizes = given;
  return true;
}

CacheSizes caches_to_use() {
  CacheSizes sizes = found_caches();
  if (const char* const text = std::getenv("FILBERT_CACHE_SIZES")) read_cache_sizes(text, sizes);
  // Virtual machines report what they like.
  sizes.first = std::clamp<std::size_t>(sizes.first, 8 * 1024, 256 * 1024);
  sizes.second = std::clamp<std::size_t>(sizes.second, 64 * 1024, 64 * 1024 * 1024);
  return sizes;
}

}  // namespace

const CacheSizes& cache_sizes() {
  static const CacheSizes sizes = caches_to_use();
  return sizes;
}

}  // namespace filbert
