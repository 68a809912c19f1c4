// Which rows an epoch takes, and in which order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/kernels.hpp"
#include "system/team.hpp"

namespace filbert {

template <class T>
class EpochOrder {
 public:
  /// max_batch, examples: how many rows are asked for at a time at most, and how many there are.
  EpochOrder(std::size_t max_batch, std::size_t examples)
      : rows_(std::max(max_batch, look_ahead)), max_batch_(max_batch), examples_(examples) {}

  /// A permutation; null: as the rows lie.
  void set(const Permutation* permutation) {
    permutation_ = permutation;
    known_ = {0, 0};
    listed_ = {};
  }

  /// These rows, as many as there are examples.
  void set(std::span<const std::uint64_t> rows) { listed_ = rows; }

  /// Returns the rows at these positions of the order, or null where they come as they lie. at:
  /// where a worker has room for its own. shared: whether workers share the rows of a small batch.
  const std::uint64_t* rows(const Kernels<T>& kernels, Range wanted, std::size_t at, bool shared) {
    if (!listed_.empty()) return listed_.data() + wanted.begin;
    if (permutation_ == nullptr) return nullptr;
    std::uint64_t* rows = rows_.data() + at;
    if (max_batch_ >= look_ahead || shared) {
      kernels.permute(rows, *permutation_, wanted.begin, wanted.size());
      return rows;
    }
    // Small batches, which one worker prepares: more of the order than this one needs.
    if (wanted.begin < known_.begin || wanted.end > known_.end) {
      known_ = {wanted.begin, std::min(examples_, wanted.begin + look_ahead)};
      kernels.permute(rows_.data(), *permutation_, known_.begin, known_.size());
    }
    return rows_.data() + (wanted.begin - known_.begin);
  }

 private:
  static constexpr std::size_t look_ahead = 128;  // positions that are ordered at once, at least

  const Permutation* permutation_ = nullptr;
  std::span<const std::uint64_t> listed_;
  std::vector<std::uint64_t> rows_;  // of the permutation
  Range known_{0, 0};                // positions whose rows they are
  std::size_t max_batch_, examples_;
};

}  // namespace filbert
