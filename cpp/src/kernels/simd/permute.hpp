// The order of an epoch, for several positions at a time. Each loop runs over as many integers as
// the widest vector has lanes, and compilers turn it into vector instructions.
#pragma once

#include "kernels/kernels.hpp"
#include "system/compiler.hpp"

namespace filbert {
namespace {

/// How many positions walk side by side: see Permutation in kernels.hpp.
constexpr std::size_t walkers = 16;

/// The finaliser of MurmurHash3, in which every bit of x changes every bit of the result.
FILBERT_INLINE std::uint32_t mixed(std::uint32_t x) {
  x = (x ^ (x >> 16)) * 0x85EBCA6B;
  x = (x ^ (x >> 13)) * 0xC2B2AE35;
  return x ^ (x >> 16);
}

/// Takes each walker one step further: through all rounds of the Feistel network once.
FILBERT_INLINE void walk(std::uint64_t* at, const Permutation& permutation) {
  const unsigned right_bits = permutation.right_bits;
  const auto low = [](unsigned bits) {
    return static_cast<std::uint32_t>((std::uint64_t{1} << bits) - 1);
  };
  const std::uint32_t left_mask = low(permutation.left_bits), right_mask = low(right_bits);
  std::uint32_t left[walkers], right[walkers];
  for (std::size_t i = 0; i < walkers; ++i) {
    left[i] = static_cast<std::uint32_t>(at[i] >> right_bits);
    right[i] = static_cast<std::uint32_t>(at[i]) & right_mask;
  }
  for (int round = 0; round < Permutation::rounds; round += 2) {
    const std::uint32_t key0 = permutation.keys[round], key1 = permutation.keys[round + 1];
    for (std::size_t i = 0; i < walkers; ++i) right[i] ^= mixed(left[i] + key0) & right_mask;
    for (std::size_t i = 0; i < walkers; ++i) left[i] ^= mixed(right[i] + key1) & left_mask;
  }
  for (std::size_t i = 0; i < walkers; ++i) at[i] = std::uint64_t{left[i]} << right_bits | right[i];
}

void permute(std::uint64_t* rows, const Permutation& permutation, std::uint64_t first,
             std::size_t count) {
  constexpr std::size_t most = 128;
  std::uint64_t at[most + walkers] = {};
  std::uint32_t place[most];
  for (std::size_t begin = 0; begin < count; begin += most) {
    std::size_t walking = count - begin < most ? count - begin : most;
    for (std::size_t i = 0; i < walking; ++i) {
      at[i] = first + begin + i;
      place[i] = static_cast<std::uint32_t>(i);
    }
    while (walking > 0) {
      for (std::size_t i = 0; i < walking; i += walkers) walk(at + i, permutation);
      std::size_t outside = 0;  // walkers that have not landed below the size walk on
      for (std::size_t i = 0; i < walking; ++i) {
        const std::uint64_t reached = at[i];
        rows[begin + place[i]] = reached;
        at[outside] = reached;
        place[outside] = place[i];
        outside += reached >= permutation.size;
      }
      walking = outside;
    }
  }
}

}  // namespace
}  // namespace filbert
