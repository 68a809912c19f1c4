#include "system/watch.hpp"

#include <stdexcept>

namespace filbert {

Interrupted::Interrupted() : std::runtime_error("keep_going: expected true, got false") {}

bool Watch::look(Worker& worker, std::uint64_t meeting) {
  operations_ = 0;
  const Clock::time_point now = Clock::now();
  // The end of this scope is a barrier, also if the callback throws.
  struct Meeting {
    Worker& worker;
    ~Meeting() { worker.sync(); }
  } const end{worker};
  if (now - asked_ < interval) return true;
  stopped_at_.store(meeting, std::memory_order_relaxed);  // stays if the callback says no or throws
  const unsigned process = forks();
  const bool go_on = (*keep_going_)();
  if (forks() != process && worker.count() > 1) {
    worker.stand_alone();
    throw std::runtime_error(
        "keep_going: expected the process that called it, got a child that was forked in it, which "
        "has none of the threads at work");
  }
  asked_ = Clock::now();
  if (go_on) stopped_at_.store(0, std::memory_order_relaxed);
  return go_on;
}

}  // namespace filbert
