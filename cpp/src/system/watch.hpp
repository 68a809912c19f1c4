// Asks during long work whether to go on, and tells the answer to all threads of a team.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "filbert/interrupted.hpp"
#include "system/team.hpp"

namespace filbert {

/// Asks a callback every 50 ms or so. The first worker of a team asks it, at a barrier, and all
/// workers learn the answer at that barrier; or, in a team without barriers, soon. If the callback
/// throws, the exception leaves the first worker's work, and the other workers leave as if the
/// answer had been no.
class Watch {
 public:
  /// A watch that never asks, for work that must not be left half done.
  Watch() = default;
  /// A watch that asks this callback, unless it is empty.
  explicit Watch(const KeepGoing& keep_going) {
    if (!keep_going) return;
    keep_going_ = &keep_going;
    asked_ = Clock::now();
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// A barrier, at which the callback may be asked. Returns false if all workers have to leave,
  /// which they do without another barrier. operations: how many multiply-adds take about as long
  /// as what the team has done since the last barrier. The watch looks at the clock only after many
  /// of them, because that takes a visible part of a step of a small network.
  bool sync(Worker& worker, std::size_t operations) {
    if (keep_going_ == nullptr) {
      worker.sync();
      return true;
    }
    if (worker.count() == 1) {  // nobody to meet
      operations_ += operations + barrier_operations;
      if (operations_ < look_after) [[likely]]
        return true;
      return look(worker, worker.next_meeting());
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

  /// The first worker calls `work` while the others wait for it at a barrier; then all go on. If it
  /// returns false or throws, the work of the team ends as if the callback had said no.
  bool first_alone(Worker& worker, const std::function<bool()>& work);

  /// The question without a barrier, for a team whose workers wait for nobody: the first of them
  /// may ask, the others learn of a no when they next call this. Returns false if this worker has
  /// to leave. Such a team does not call sync. operations: as there, of this worker alone.
  bool go_on(Worker& worker, std::size_t operations) {
    if (keep_going_ == nullptr) return true;
    if (stopped_at_.load(std::memory_order_relaxed) != 0) return false;
    if (worker.index() != 0) return true;
    operations_ += operations;
    return operations_ < look_after || ask(worker, worker.next_meeting());
  }

  /// The time between two questions. Tests make it shorter.
  static inline std::chrono::milliseconds interval{40};

  /// Whether the callback has ended the work. May be called only while no team is at work.
  bool stopped() const { return stopped_at_.load(std::memory_order_relaxed) != 0; }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t look_after = std::size_t{1}
                                            << 20;         // they take well below a millisecond
  static constexpr std::size_t barrier_operations = 4096;  // how much a barrier itself counts for

  /// A look at the clock and perhaps the question. meeting: not 0; where a team has barriers, the
  /// number of the one that follows.
  bool ask(Worker& worker, std::uint64_t meeting);

  /// Calls a function of the caller's, and tells the others if the work ends with it. what: what
  /// messages call it.
  bool call(Worker& worker, std::uint64_t meeting, const std::function<bool()>& function,
            const char* what);

  /// The barrier, and before it a look at the clock and perhaps the question.
  bool look(Worker& worker, std::uint64_t meeting);

  const KeepGoing* keep_going_ = nullptr;
  std::size_t operations_ = 0;
  Clock::time_point asked_{};
  // The number of the barrier at which all leave, or 0; without barriers, any other number. It is a
  // number and not a flag because a worker that reads the answer of one barrier late could read
  // that of the next one.
  std::atomic<std::uint64_t> stopped_at_{0};
};

}  // namespace filbert
