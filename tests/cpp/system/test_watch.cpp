// The question whether to go on: all threads of a team hear the same answer, whatever gives it.
#include <atomic>
#include <functional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "network/row_parts.hpp"
#include "support/check.hpp"
#include "system/team.hpp"
#include "system/watch.hpp"

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

using filbert::by_rows;
using filbert::Range;
using filbert::run_team;
using filbert::Watch;
using filbert::Worker;

namespace {

constexpr std::size_t many = std::size_t{1} << 21;  // operations: the clock is looked at each time

/// Walks from barrier to barrier until the watch ends it; how many barriers each worker passed.
std::vector<std::size_t> walk(std::size_t threads, const std::function<bool()>& keep_going) {
  std::vector<std::size_t> passed(threads);
  Watch watch(keep_going);
  run_team(threads, [&](Worker& worker) {
    while (watch.sync(worker, many)) ++passed[worker.index()];
  });
  CHECK(watch.stopped());
  return passed;
}

void all_leave_at_the_same_barrier() {
  for (const std::size_t threads : {1, 2, 3, 8}) {
    for (int wanted = 1; wanted <= 3; ++wanted) {
      const check::Case at(threads, "threads", wanted, "calls");
      int calls = 0;
      const std::thread::id caller = std::this_thread::get_id();
      bool by_caller = true;
      const std::vector<std::size_t> passed = walk(threads, [&] {
        by_caller = by_caller && std::this_thread::get_id() == caller;
        return ++calls < wanted;
      });
      CHECK_EQ(calls, wanted);
      CHECK(by_caller);
      for (const std::size_t count : passed) CHECK_EQ(count, passed.front());
    }
  }
}

void exceptions_come_out() {
  for (const std::size_t threads : {1, 2, 3, 8}) {
    const check::Case at(threads, "threads");
    CHECK_THROWS(std::runtime_error,
                 walk(threads, []() -> bool { throw std::runtime_error("enough"); }), "enough");
    walk(threads, [] { return false; });  // the pool is whole
  }
}

/// The same for workers that wait for nobody: they learn of the answer when they next ask.
void all_leave_without_barriers() {
  const auto interval = std::exchange(Watch::interval, std::chrono::milliseconds(1));
  for (const filbert::Helpers helpers : {filbert::Helpers::needed, filbert::Helpers::optional}) {
    for (const std::size_t threads : {1, 2, 3, 8}) {
      for (int wanted = 1; wanted <= 3; ++wanted) {
        for (const bool throws : {false, true}) {
          const check::Case at(threads, "threads", wanted,
                               throws ? "th call throws" : "th call says no");
          int calls = 0;
          const std::thread::id caller = std::this_thread::get_id();
          bool by_caller = true;
          const std::function<bool()> ask = [&] {
            by_caller = by_caller && std::this_thread::get_id() == caller;
            if (++calls < wanted) return true;
            return throws ? throw std::runtime_error("enough") : false;
          };
          Watch watch(ask);
          const auto walk_alone = [&] {
            run_team(
                threads,
                [&](Worker& worker) {
                  while (watch.go_on(worker, many)) {
                  }
                },
                helpers);
          };
          if (throws) {
            CHECK_THROWS(std::runtime_error, walk_alone(), "enough");
          } else {
            walk_alone();
          }
          CHECK_EQ(calls, wanted);
          CHECK(by_caller && watch.stopped());
        }
      }
    }
  }
  Watch::interval = interval;
}

void work_is_not_always_asked() {
  bool asked = false;
  const std::function<bool()> ask = [&] { return asked = true; };
  Watch watch(ask), nobody, empty{std::function<bool()>()};
  for (const std::size_t threads : {1, 3}) {
    run_team(threads, [&](Worker& worker) {
      CHECK(watch.sync(worker, 10) &&
            watch.go_on(worker, 10));  // too little work to look at the clock
      CHECK(nobody.sync(worker, many) && empty.sync(worker, many));
    });
  }
  CHECK(!asked && !watch.stopped() && !nobody.stopped() && !empty.stopped());
}

/// Every row once, in whole blocks.
void rows_in_parts() {
  for (const std::size_t rows : {0, 1, 1023, 1024, 1025, 5000, 100'000}) {
    for (const std::size_t operations : {1, 1000, 300'000, 100'000'000}) {
      const check::Case at(rows, "rows of", operations, "operations");
      std::size_t next = 0;
      Watch nobody;
      run_team(1, [&](Worker& worker) {
        CHECK(by_rows(worker, nobody, rows, operations, [&](Range part) {
          CHECK_EQ(part.begin, next);
          CHECK(part.begin % filbert::row_block == 0 && !part.empty());
          CHECK(part.size() * operations <= std::size_t{1} << 28 ||
                part.size() <= filbert::row_block);
          next = part.end;
        }));
      });
      CHECK_EQ(next, rows);
    }
  }
}

#if defined(__linux__) && defined(__GLIBCXX__)
/// A thread that ends in the callback: its stack is unwound, through the team too.
void the_caller_may_end() {
  static int mark;
  for (const std::size_t threads : {1, 3}) {
    pthread_t thread;
    std::size_t given = threads;
    const auto body = [](void* wanted) -> void* {
      walk(*static_cast<std::size_t*>(wanted), []() -> bool { pthread_exit(&mark); });
      return nullptr;
    };
    CHECK_EQ(pthread_create(&thread, nullptr, body, &given), 0);
    void* result = nullptr;
    CHECK_EQ(pthread_join(thread, &result), 0);
    CHECK(result == &mark);
    walk(3, [] { return false; });
  }
}
#endif

void forks_in_the_callback() {
  // ThreadSanitizer does not support a fork with threads, and qemu crashes in the child's new ones.
#if (defined(__unix__) || defined(__APPLE__)) && !defined(__SANITIZE_THREAD__) && \
    !defined(FILBERT_EMULATED)
  for (const std::size_t threads : {1, 3}) {
    const pid_t parent = getpid();
    pid_t child = -1;
    bool refused = false;
    const auto fork_once = [&] {
      if (child == -1) child = fork();
      return false;
    };
    try {
      walk(threads, fork_once);
    } catch (const std::runtime_error& error) {
      refused = std::string(error.what()).find("forked") != std::string::npos;
    }
    if (getpid() != parent) {
      walk(3, [] { return false; });  // a pool of its own
      _exit(refused == (threads > 1) ? 0 : 1);
    }
    CHECK(!refused);
    int status = -1;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    walk(3, [] { return false; });
  }
#endif
}

}  // namespace

int main() {
  all_leave_at_the_same_barrier();
  all_leave_without_barriers();
  exceptions_come_out();
  work_is_not_always_asked();
  rows_in_parts();
#if defined(__linux__) && defined(__GLIBCXX__)
  the_caller_may_end();
#endif
  forks_in_the_callback();
  return check::report();
}
