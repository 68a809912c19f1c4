// Whether to go on: asked in the midst of long work, and answered to all threads of a team.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "filbert/interrupted.hpp"
#include "system/team.hpp"

namespace filbert {

/// Asks a callback every 50 ms or so. It is asked at barriers, by the first worker of a team, and
/// all workers hear the answer at the same barrier. What the callback throws leaves the first
/// worker's work, when the others know that they shall leave too.
class Watch {
 public:
  /// Never asks: work that must not be left half done.
  Watch() = default;
  /// An empty callback is never asked.
  explicit Watch(const KeepGoing& keep_going) {
    if (!keep_going) return;
    keep_going_ = &keep_going;
    asked_ = Clock::now();
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// A barrier, at which the callback may be asked. operations: how many multiply-adds take about
  /// as long as what the team has done since the barrier before: the clock is looked at only after
  /// many of them, as it costs a part of a small network's step. False: all workers leave, without
  /// another barrier.
  bool sync(Worker& worker, std::size_t operations) {
    if (keep_going_ == nullptr) {
      worker.sync();
      return true;
    }
    const std::uint64_t meeting = worker.next_meeting();
    if (worker.index() == 0) {
      operations_ += operations + barrier_operations;
      if (operations_ >= look_after) [[unlikely]]
        return look(worker, meeting);
    }
    worker.sync();
    return stopped_at_.load(std::memory_order_relaxed) != meeting;
  }

  /// Between two questions. Tests ask more often.
  static inline std::chrono::milliseconds interval{40};

  /// Whether the callback has ended the work. To be called when no team is at work.
  bool stopped() const { return stopped_at_.load(std::memory_order_relaxed) != 0; }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t look_after = std::size_t{1} << 20;  // well below a millisecond
  static constexpr std::size_t barrier_operations = 4096;          // what else happens in between

  /// The barrier, with a look at the clock before it.
  bool look(Worker& worker, std::uint64_t meeting);

  const KeepGoing* keep_going_ = nullptr;
  std::size_t operations_ = 0;
  Clock::time_point asked_{};
  // The number of the barrier at which all leave, or 0. A flag would not do: a worker that is slow
  // to read the answer of one barrier could read that of the next.
  std::atomic<std::uint64_t> stopped_at_{0};
};

}  // namespace filbert
