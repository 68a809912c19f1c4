// The first batch of a source, which a fit has to see before it begins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "filbert/batch_source.hpp"
#include "system/check.hpp"

namespace filbert {

/// A source of the same batches, of which the first has been asked for already.
template <class T>
class FirstBatch final : public BasicBatchSource<T> {
 public:
  /// done: how many batches of the first epoch are done.
  FirstBatch(BasicBatchSource<T>& source, std::size_t done) : source_(source) {
    passed_ = source_.begin_epoch(done);
    held_ = source_.next(data_);
    if (held_ || done == 0) {
      require(held_, "X: expected batches, got none");
      return;
    }
    // All batches are done, and the epoch has not been reported yet: any batch says what they are.
    source_.begin_epoch(0);
    require(source_.next(data_), "X: expected the ", done, " batches that are done, got none");
    passed_.reset();
  }

  const BasicData<T>& data() const { return data_; }

  std::uint64_t begin_epoch(std::size_t done) override {
    if (!passed_) return source_.begin_epoch(done);
    const std::uint64_t rows = *passed_;
    passed_.reset();
    return rows;
  }

  bool next(BasicData<T>& batch) override {
    if (!held_) return source_.next(batch);
    batch = data_;
    held_ = false;
    return true;
  }

  std::size_t count() const override { return source_.count(); }

 private:
  BasicBatchSource<T>& source_;
  BasicData<T> data_;
  bool held_ = false;
  std::optional<std::uint64_t> passed_;  // rows of batches that are done, until asked for
};

}  // namespace filbert
