#include "files/checksum.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace filbert {

namespace {

constexpr std::uint64_t p1 = 0x9E3779B185EBCA87, p2 = 0xC2B2AE3D27D4EB4F, p3 = 0x165667B19E3779F9,
                        p4 = 0x85EBCA77C2B2AE63, p5 = 0x27D4EB2F165667C5;

template <class Word>
Word load(const std::byte* from) {
  static_assert(std::endian::native == std::endian::little,
                "filbert is written for little-endian processors");
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

std::uint64_t round(std::uint64_t lane, std::uint64_t word) {
  return std::rotl(lane + word * p2, 31) * p1;
}

}  // namespace

Checksum::Checksum() : lanes_{p1 + p2, p2, 0, 0 - p1} {}

void Checksum::update(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  total_ += bytes.size();
  if (filled_ > 0) {
    const std::size_t part = std::min(bytes.size(), sizeof block_ - filled_);
    std::memcpy(block_ + filled_, bytes.data(), part);
    filled_ += part;
    bytes = bytes.subspan(part);
    if (filled_ < sizeof block_) return;
    mix(block_);
    filled_ = 0;
  }
  for (; bytes.size() >= sizeof block_; bytes = bytes.subspan(sizeof block_)) mix(bytes.data());
  filled_ = bytes.size();
  if (filled_ > 0) std::memcpy(block_, bytes.data(), filled_);
}

std::uint64_t Checksum::value() const {
  std::uint64_t hash = p5;
  if (total_ >= sizeof block_) {
    hash = std::rotl(lanes_[0], 1) + std::rotl(lanes_[1], 7) + std::rotl(lanes_[2], 12) +
           std::rotl(lanes_[3], 18);
    for (const std::uint64_t lane : lanes_) hash = (hash ^ round(0, lane)) * p1 + p4;
  }
  hash += total_;
  std::size_t at = 0;
  for (; at + 8 <= filled_; at += 8) {
    hash = std::rotl(hash ^ round(0, load<std::uint64_t>(block_ + at)), 27) * p1 + p4;
  }
  if (at + 4 <= filled_) {
    hash = std::rotl(hash ^ load<std::uint32_t>(block_ + at) * p1, 23) * p2 + p3;
    at += 4;
  }
  for (; at < filled_; ++at) {
    hash = std::rotl(hash ^ static_cast<std::uint64_t>(block_[at]) * p5, 11) * p1;
  }
  hash = (hash ^ hash >> 33) * p2;
  hash = (hash ^ hash >> 29) * p3;
  return hash ^ hash >> 32;
}

void Checksum::mix(const std::byte* block) {
  for (std::size_t i = 0; i < 4; ++i) {
    lanes_[i] = round(lanes_[i], load<std::uint64_t>(block + 8 * i));
  }
}

}  // namespace filbert
