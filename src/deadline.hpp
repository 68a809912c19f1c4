// How long a call may take.
#pragma once

#include <chrono>
#include <cmath>

#include "gil.hpp"

namespace filbert::python {

/// The end of a time that begins now.
class Deadline {
 public:
  /// seconds: infinite where there is no end.
  explicit Deadline(double seconds) : exists_(std::isfinite(seconds)) {
    constexpr double most = 1e9;  // what is longer would not fit in the clock's numbers
    if (exists_ && seconds > most) exists_ = false;
    if (exists_) {
      end_ = Clock::now() +
             std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    }
  }

  bool passed() const { return exists_ && Clock::now() >= end_; }

  /// What long calls of the core ask: they end when the time has passed, or as `released` says.
  KeepGoing keep_going(Released& released) const {
    if (!exists_) return released.keep_going();
    return [this, &released] { return !passed() && released.ask(); };
  }

 private:
  using Clock = std::chrono::steady_clock;

  bool exists_;
  Clock::time_point end_;
};

}  // namespace filbert::python
