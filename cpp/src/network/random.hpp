// Random numbers that are functions of a counter: any thread can compute any of them, without those
// before it. docs/numerics.md, clause 8, says which counter each of them has.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "kernels/kernels.hpp"
#include "kernels/vec/philox.hpp"

namespace filbert {

/// What a stream of random numbers is for. Streams of different purposes never overlap. The values
/// are part of the numerics contract.
enum class Purpose : std::uint32_t { weights = 0, order = 1, dropout = 2, noise = 3 };

/// Returns words 4 * block .. 4 * block + 3 of a stream. layer: below 2^24.
inline Philox4 random_block(std::uint64_t seed, std::uint64_t block, Purpose purpose,
                            std::uint32_t layer, std::uint32_t epoch_or_step) {
  return philox({static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32),
                 static_cast<std::uint32_t>(purpose) << 24 | layer, epoch_or_step},
                seed);
}

/// Returns the stream of an epoch for a layer: of dropout for that layer's activations, of noise
/// for layer 0. The high half of the epoch stands where that of a block does, so that no two epochs
/// share numbers.
inline RandomStream epoch_stream(std::uint64_t seed, Purpose purpose, std::size_t layer,
                                 std::uint64_t epoch) {
  return {.key = seed,
          .high = static_cast<std::uint32_t>(epoch >> 32),
          .stream = static_cast<std::uint32_t>(purpose) << 24 | static_cast<std::uint32_t>(layer),
          .epoch = static_cast<std::uint32_t>(epoch)};
}

/// Returns the order of an epoch: the permutation that takes a position to the row of the data
/// there. size: the number of rows, at least one.
inline Permutation epoch_permutation(std::uint64_t size, std::uint64_t seed, std::uint64_t epoch) {
  // The rounds mix fewer bits badly, so that small sets walk through a domain larger than they
  // need.
  constexpr unsigned fewest = 5;
  const unsigned bits = std::max(fewest, static_cast<unsigned>(std::bit_width(size - 1)));
  Permutation permutation{
      .size = size, .left_bits = bits / 2, .right_bits = bits - bits / 2, .keys = {}};
  for (std::uint32_t block = 0; block < Permutation::rounds / 4; ++block) {
    // The high half of the epoch stands where other streams have that of an index, so that no two
    // epochs share keys.
    const Philox4 words = random_block(seed, block | (epoch >> 32 << 32), Purpose::order, 0,
                                       static_cast<std::uint32_t>(epoch));
    std::ranges::copy(words, permutation.keys + 4 * block);
  }
  return permutation;
}

}  // namespace filbert
