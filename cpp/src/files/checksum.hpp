// The checksum XXH64 with seed 0. It finds damage, and is as fast as memory. It is no defence
// against somebody who changes a file on purpose.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace filbert {

class Checksum {
 public:
  Checksum();
  void update(std::span<const std::byte> bytes);
  std::uint64_t value() const;

 private:
  void mix(const std::byte* block);

  std::uint64_t lanes_[4];
  std::byte block_[32] = {};
  std::size_t filled_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace filbert
