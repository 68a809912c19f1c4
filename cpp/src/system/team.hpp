// Threads that walk through the same work side by side, meeting at barriers.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "system/float_mode.hpp"

namespace filbert {

inline constexpr std::size_t most_threads = 1024;

/// Where the threads of a team wait for each other. Spins a little, then sleeps.
class Barrier {
 public:
  explicit Barrier(std::uint32_t count) : count_(count) {}
  void wait();

 private:
  alignas(64) std::atomic<std::uint32_t> arrived_{0};
  alignas(64) std::atomic<std::uint32_t> phase_{0};
  std::uint32_t count_;
};

/// How far one thread has come in work that the next one goes on with.
struct alignas(64) PiecesDone {
  std::atomic<std::uint32_t> done{0};
};

struct Range {
  std::size_t begin, end;
  std::size_t size() const { return end - begin; }
  bool empty() const { return begin == end; }

  /// The part that `inner` is of this range, both counted from its begin.
  Range part(Range inner) const { return {begin + inner.begin, begin + inner.end}; }
};

/// One thread of a team, as the work sees it.
class Worker {
 public:
  /// progress: (count), all 0; as barrier, null for a worker alone.
  Worker(std::size_t index, std::size_t count, Barrier* barrier, PiecesDone* progress,
         void* scratch)
      : index_(index), count_(count), barrier_(barrier), progress_(progress), scratch_(scratch) {}

  std::size_t index() const { return index_; }
  std::size_t count() const { return count_; }

  /// This thread's own scratch_bytes of memory, for kernels.
  template <class T>
  T* scratch() const {
    return static_cast<T*>(scratch_);
  }

  /// Waits until all of the team are here; what they wrote before is then visible to all.
  void sync() {
    if (count_ > 1) barrier_->wait();
  }

  /// 1, 2, ...: to number those barriers of a team at which all can leave.
  std::uint64_t next_meeting() { return ++meetings_; }

  /// Waits for nobody any more: the others are not in this process, a fork's child.
  void stand_alone() { count_ = 1; }

  /// Says that a piece of work is done that the next worker waits for, with await_previous.
  void publish() {
    progress_[index_].done.store(++pieces_, std::memory_order_release);
    progress_[index_].done.notify_one();
  }

  /// Waits until the worker before this one has done as many pieces as this one, and one more. What
  /// it wrote is then visible.
  void await_previous();

  /// This worker's part of 0 .. size - 1; parts begin at multiples of `grain`. Which parts there
  /// are never changes a result.
  Range split(std::size_t size, std::size_t grain = 1) const { return part(size, grain, count_); }

  /// The same, among as many workers as the work is worth: size times `cost` operations.
  Range share(std::size_t size, std::size_t cost, std::size_t grain = 1) const {
    return part(size, grain, std::min(count_, useful_threads(size * cost)));
  }

  /// How many threads that many operations are worth.
  static std::size_t useful_threads(std::size_t operations) {
    return std::max<std::size_t>(1, operations / operations_per_thread);
  }

 private:
  Range part(std::size_t size, std::size_t grain, std::size_t sharers) const {
    if (sharers == 1) return index_ == 0 ? Range{0, size} : Range{size, size};
    if (index_ >= sharers) return {size, size};
    const std::size_t grains = (size + grain - 1) / grain;
    return {std::min(size, grains * index_ / sharers * grain),
            std::min(size, grains * (index_ + 1) / sharers * grain)};
  }

  static constexpr std::size_t operations_per_thread = 200'000;  // a few microseconds

  std::size_t index_, count_;
  Barrier* barrier_;
  PiecesDone* progress_;
  void* scratch_;
  std::uint32_t pieces_ = 0;
  std::uint64_t meetings_ = 0;
};

/// How many forks lie between this process and the one that made the first team.
unsigned forks();

/// Calls work(context, worker) on as many of `threads` threads as there are, the caller's among
/// them, and returns when all have returned. While another team is at work, the caller works alone.
/// Only the first worker, on the caller's thread, may throw, and only when the others leave too.
void run_team(std::size_t threads, void (*work)(void*, Worker&), void* context);

/// scratch_bytes for the calling thread, made when it first works.
void* own_scratch();

template <class Work>
void run_team(std::size_t threads, Work work) {
  if (threads == 1) {
    const FloatMode mode;
    Worker alone(0, 1, nullptr, nullptr, own_scratch());
    return work(alone);
  }
  run_team(
      threads, [](void* context, Worker& worker) { (*static_cast<Work*>(context))(worker); },
      &work);
}

}  // namespace filbert
