// Training examples that come batch by batch, from wherever they are made.
#pragma once

#include <cstddef>
#include <cstdint>

#include "filbert/data.hpp"

namespace filbert {

/// Where the batches of a fit come from, one after another, so that they need not be in memory
/// together. The thread that called fit calls these functions, between two steps and one batch
/// ahead. What they throw ends the fit as it is, when the batches before have been done.
template <class T>
class BasicBatchSource {
 public:
  virtual ~BasicBatchSource() = default;

  /// Begins an epoch, and passes over its first `done` batches. Returns how many rows these have.
  virtual std::uint64_t begin_epoch(std::size_t done) = 0;

  /// Sets `batch` to the next batch of the epoch, which is checked as the data of any fit are; what
  /// it refers to has to live until the batch after the next has been asked for. Returns false if
  /// there is none left.
  virtual bool next(BasicData<T>& batch) = 0;

  /// How many batches an epoch has; 0: that is not known.
  virtual std::size_t count() const = 0;
};

using BatchSource = BasicBatchSource<float>;
using BatchSource64 = BasicBatchSource<double>;

}  // namespace filbert
