// Teams: threads that do the same work side by side, each its part, and meet at barriers.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "system/float_mode.hpp"

namespace filbert {

inline constexpr std::size_t most_threads = 1024;

/// Where the threads of a team wait for each other. A thread that waits spins for a while, and then
/// sleeps.
class Barrier {
 public:
  explicit Barrier(std::uint32_t count) : count_(count) {}
  /// A thread of the team other than the first has begun its work.
  void begin() { begun_.fetch_add(1, std::memory_order_relaxed); }
  void wait();

 private:
  bool all_have_begun() const { return begun_.load(std::memory_order_relaxed) == count_; }

  alignas(64) std::atomic<std::uint32_t> arrived_{0};
  alignas(64) std::atomic<std::uint32_t> round_{0};  // how often all have met
  std::atomic<std::uint32_t> begun_{1};              // threads, the first one included
  std::uint32_t count_;
};

/// How many pieces one worker has done of work that the next worker continues.
struct alignas(64) PiecesDone {
  std::atomic<std::uint32_t> done{0};
};

struct Range {
  std::size_t begin, end;
  std::size_t size() const { return end - begin; }
  bool empty() const { return begin == end; }

  /// The range that `inner` is when its numbers are counted from the begin of this one.
  Range part(Range inner) const { return {begin + inner.begin, begin + inner.end}; }
};

/// One thread of a team, as the work sees it: its index, its part of the work, its memory.
class Worker {
 public:
  /// pieces_done: (count), all 0. It is null for a worker that is alone, as barrier is.
  Worker(std::size_t index, std::size_t count, Barrier* barrier, PiecesDone* pieces_done,
         void* scratch)
      : index_(index),
        count_(count),
        barrier_(barrier),
        pieces_done_(pieces_done),
        scratch_(scratch) {}

  std::size_t index() const { return index_; }
  std::size_t count() const { return count_; }

  /// This thread's own scratch_bytes of memory, for kernels.
  template <class T>
  T* scratch() const {
    return static_cast<T*>(scratch_);
  }

  /// Waits until all workers of the team have called this. What they wrote before is then visible
  /// to all of them.
  void sync() {
    if (count_ > 1) barrier_->wait();
  }

  /// Returns 1, 2, ...: the number of a barrier at which the whole team may leave.
  std::uint64_t next_meeting() { return ++meetings_; }

  /// The same thread as a worker that does all of a work by itself.
  Worker alone() const { return {0, 1, nullptr, nullptr, scratch_}; }

  /// From now on this worker waits for nobody: it is in the child of a fork, which has none of the
  /// other threads.
  void stand_alone() { count_ = 1; }

  /// Says that this worker has done a piece of work, for which the next worker waits in
  /// await_previous.
  void publish() {
    pieces_done_[index_].done.store(++pieces_, std::memory_order_release);
    pieces_done_[index_].done.notify_one();
  }

  /// Waits until the worker before this one has done one piece more than this one has. What it
  /// wrote is then visible.
  void await_previous();

  /// This worker's part of 0 .. size - 1, where parts begin at multiples of `grain`. No result
  /// depends on how the range is cut into parts.
  Range split(std::size_t size, std::size_t grain = 1) const { return part(size, grain, count_); }

  /// The same among as many workers as size times `cost` operations are worth; the others get an
  /// empty part.
  Range share(std::size_t size, std::size_t cost, std::size_t grain = 1) const {
    return part(size, grain, std::min(count_, useful_threads(size * cost)));
  }

  /// On how many threads so many operations may be spread so that each has enough to do.
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

  static constexpr std::size_t operations_per_thread = 200'000;  // they take a few microseconds

  std::size_t index_, count_;
  Barrier* barrier_;
  PiecesDone* pieces_done_;
  void* scratch_;
  std::uint32_t pieces_ = 0;
  std::uint64_t meetings_ = 0;
};

/// How many times the process has been forked since its first team, counted along its ancestors.
unsigned forks();

/// Whether all threads of a team take part. Where they are optional, those that have not begun when
/// the first worker's work has returned never begin: nobody waits for a thread that the system is
/// slow to wake, or has no core for. Such work leaves no part to a certain worker but the first,
/// and has no barriers.
enum class Helpers { needed, optional };

/// Calls work(context, worker) on `threads` threads, or on as many as the system provides, and
/// returns when all calls have returned. The caller's thread is one of them. While another team is
/// at work, the caller works alone. Only the first worker, which is on the caller's thread, may
/// throw, and only where the others leave as well. helpers: as said there.
void run_team(std::size_t threads, void (*work)(void*, Worker&), void* context,
              Helpers helpers = Helpers::needed);

/// The scratch_bytes of memory of the calling thread, which it gets when it first works.
void* own_scratch();

template <class Work>
void run_team(std::size_t threads, Work work, Helpers helpers = Helpers::needed) {
  if (threads == 1) {
    const FloatMode mode;
    Worker alone(0, 1, nullptr, nullptr, own_scratch());
    return work(alone);
  }
  run_team(
      threads, [](void* context, Worker& worker) { (*static_cast<Work*>(context))(worker); }, &work,
      helpers);
}

}  // namespace filbert
