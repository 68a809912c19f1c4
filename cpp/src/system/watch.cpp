#include "system/watch.hpp"

#include <stdexcept>
#include <string>

namespace filbert {

Interrupted::Interrupted() : std::runtime_error("keep_going: expected true, got false") {}

bool Watch::ask(Worker& worker, std::uint64_t meeting) {
  operations_ = 0;
  const Clock::time_point now = Clock::now();
  if (now - asked_ < interval) return true;
  const bool go_on = call(worker, meeting, *keep_going_, "keep_going");
  asked_ = Clock::now();
  return go_on;
}

bool Watch::call(Worker& worker, std::uint64_t meeting, const std::function<bool()>& function,
                 const char* what) {
  // The end of this scope tells the others, also if the callback throws.
  struct Answer {
    std::atomic<std::uint64_t>& stopped_at;
    std::uint64_t meeting;
    bool go_on = false;
    ~Answer() {
      if (!go_on) stopped_at.store(meeting, std::memory_order_relaxed);
    }
  } answer{stopped_at_, meeting};
  const unsigned process = forks();
  const bool go_on = function();
  if (forks() != process && worker.count() > 1) {
    worker.stand_alone();
    throw std::runtime_error(
        std::string(what) +
        ": expected the process that called it, got a child that was forked in it, which has none "
        "of the threads at work");
  }
  return answer.go_on = go_on;
}

bool Watch::first_alone(Worker& worker, const std::function<bool()>& work) {
  const std::uint64_t meeting = worker.next_meeting();
  if (worker.index() != 0) {
    worker.sync();
    return stopped_at_.load(std::memory_order_relaxed) != meeting;
  }
  // The end of this scope is a barrier, also if the work throws.
  struct Meeting {
    Worker& worker;
    ~Meeting() { worker.sync(); }
  } const end{worker};
  return call(worker, meeting, work, "cost");
}

bool Watch::look(Worker& worker, std::uint64_t meeting) {
  // The end of this scope is a barrier, also if the callback throws.
  struct Meeting {
    Worker& worker;
    ~Meeting() { worker.sync(); }
  } const end{worker};
  return ask(worker, meeting);
}

}  // namespace filbert
