// The generator of all random numbers, Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers:
// as easy as 1, 2, 3"): 128 random bits as a function of a counter and a key.
#pragma once

#include <array>
#include <cstdint>

namespace filbert {

using Philox4 = std::array<std::uint32_t, 4>;

/// Its constants: what a round multiplies by, and what is added to the key from round to round,
/// which are the fractions of the golden ratio and of sqrt(3).
struct PhiloxConstants {
  static constexpr int rounds = 10;
  static constexpr std::uint32_t multiplier0 = 0xD2511F53, multiplier1 = 0xCD9E8D57;
  static constexpr std::uint32_t key0 = 0x9E3779B9, key1 = 0xBB67AE85;
};

inline Philox4 philox(Philox4 counter, std::uint64_t key) {
  using C = PhiloxConstants;
  auto key0 = static_cast<std::uint32_t>(key);
  auto key1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < C::rounds; ++round) {
    const std::uint64_t a = std::uint64_t{C::multiplier0} * counter[0];
    const std::uint64_t b = std::uint64_t{C::multiplier1} * counter[2];
    counter = {
        static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key0, static_cast<std::uint32_t>(b),
        static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key1, static_cast<std::uint32_t>(a)};
    key0 += C::key0;
    key1 += C::key1;
  }
  return counter;
}

}  // namespace filbert
