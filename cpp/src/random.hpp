// Random numbers by counter: any number can be asked for by itself, on any machine, by any thread.
// docs/numerics.md, clause 8.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace filbert {

using Philox4 = std::array<std::uint32_t, 4>;

/// Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
inline Philox4 philox(Philox4 counter, std::uint64_t key) {
  auto key0 = static_cast<std::uint32_t>(key);
  auto key1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {
        static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key0, static_cast<std::uint32_t>(b),
        static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key1, static_cast<std::uint32_t>(a)};
    key0 += 0x9E3779B9;  // golden ratio
    key1 += 0xBB67AE85;  // sqrt(3) - 1
  }
  return counter;
}

/// What a stream of random numbers is for: streams never overlap. The values are part of the
/// contract.
enum class Purpose : std::uint32_t { weights = 0, order = 1 };

/// Words 4 * block .. 4 * block + 3 of a stream. layer: below 2^24.
inline Philox4 random_block(std::uint64_t seed, std::uint64_t block, Purpose purpose,
                            std::uint32_t layer, std::uint32_t epoch_or_step) {
  return philox({static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32),
                 static_cast<std::uint32_t>(purpose) << 24 | layer, epoch_or_step},
                seed);
}

/// A keyed bijection of 0 .. size - 1: an unbalanced Feistel network over the next power of two,
/// walked until it lands inside (Black and Rogaway 2002): less than two walks on average, but for
/// the smallest sets.
class Permutation {
 public:
  Permutation(std::uint64_t size, std::uint64_t seed, std::uint64_t epoch)
      : size_(size), left_bits_(bits(size) / 2), right_bits_(bits(size) - left_bits_) {
    for (std::uint32_t block = 0; block < rounds / 4; ++block) {
      // The high half of the epoch goes where an index has its own: no two epochs share keys.
      const Philox4 words = random_block(seed, block | (epoch >> 32 << 32), Purpose::order, 0,
                                         static_cast<std::uint32_t>(epoch));
      for (std::uint32_t i = 0; i < 4; ++i) keys_[4 * block + i] = words[i];
    }
  }

  /// index: below size.
  std::uint64_t operator()(std::uint64_t index) const {
    do {
      index = encrypt(index);
    } while (index >= size_);
    return index;
  }

 private:
  static constexpr std::uint32_t rounds = 8;

  /// Few bits mix badly: small sets walk through a larger domain.
  static unsigned bits(std::uint64_t size) {
    constexpr unsigned fewest = 5;
    return std::max(fewest, static_cast<unsigned>(std::bit_width(size - 1)));
  }

  /// 32 well mixed bits (the finaliser of MurmurHash3, Appleby 2011).
  static std::uint32_t mix(std::uint32_t x) {
    x = (x ^ (x >> 16)) * 0x85EBCA6B;
    x = (x ^ (x >> 13)) * 0xC2B2AE35;
    return x ^ (x >> 16);
  }

  std::uint64_t encrypt(std::uint64_t index) const {
    const std::uint32_t left_mask =
        static_cast<std::uint32_t>((std::uint64_t{1} << left_bits_) - 1);
    const std::uint32_t right_mask =
        static_cast<std::uint32_t>((std::uint64_t{1} << right_bits_) - 1);
    auto left = static_cast<std::uint32_t>(index >> right_bits_);
    auto right = static_cast<std::uint32_t>(index) & right_mask;
    for (std::uint32_t round = 0; round < rounds; round += 2) {
      right ^= mix(left + keys_[round]) & right_mask;
      left ^= mix(right + keys_[round + 1]) & left_mask;
    }
    return std::uint64_t{left} << right_bits_ | right;
  }

  std::uint64_t size_;
  unsigned left_bits_, right_bits_;
  std::uint32_t keys_[rounds] = {};
};

}  // namespace filbert
