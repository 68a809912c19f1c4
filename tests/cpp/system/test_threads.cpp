// Teams of threads: everybody takes part, barriers hold, the pool survives what programs do to it.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "filbert/threads.hpp"
#include "support/check.hpp"
#include "system/cpu_count.hpp"
#include "system/placement.hpp"
#include "system/team.hpp"

#ifdef __linux__
#include <sched.h>
#endif
#if defined(__unix__) || defined(__APPLE__)
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace {

/// Each worker adds its number in each of many phases; barriers make the sums exact.
bool barriers_hold(std::size_t threads, int phases) {
  std::vector<std::size_t> seen(threads);
  std::atomic<bool> right{true};
  std::size_t members = 0;
  filbert::run_team(threads, [&](filbert::Worker& worker) {
    if (worker.index() == 0) members = worker.count();
    for (int phase = 0; phase < phases; ++phase) {
      seen[worker.index()] = static_cast<std::size_t>(phase) + worker.index();
      worker.sync();
      for (std::size_t i = 0; i < worker.count(); ++i) {
        if (seen[i] != static_cast<std::size_t>(phase) + i) right = false;
      }
      worker.sync();
    }
  });
  return right && members == threads;
}

void teams() {
  for (const std::size_t threads : {1, 2, 3, 8}) {
    const check::Case at(threads, "threads");
    CHECK(barriers_hold(threads, 200));
  }
  for (std::size_t i = 0; i < 200; ++i) {
    const check::Case at(1 + i % 4, "threads, round", i);
    CHECK(barriers_hold(1 + i % 4, 3));
  }
}

void splits() {
  for (std::size_t count = 1; count <= 8; ++count) {
    for (const std::size_t size : {0, 1, 15, 16, 17, 100, 1000}) {
      for (const std::size_t grain : {1, 16}) {
        std::size_t next = 0;
        bool gapless = true;
        for (std::size_t i = 0; i < count; ++i) {
          const filbert::Range part =
              filbert::Worker(i, count, nullptr, nullptr, nullptr).split(size, grain);
          if (part.empty()) continue;
          gapless = gapless && part.begin == next && part.begin % grain == 0;
          next = part.end;
        }
        const check::Case at(size, "rows over", count, "threads in parts of", grain);
        CHECK(gapless && next == size);
      }
    }
  }
  CHECK_EQ(filbert::Worker(0, 8, nullptr, nullptr, nullptr).share(10, 1).size(),
           std::size_t{10});  // too little work
  CHECK(filbert::Worker(1, 8, nullptr, nullptr, nullptr).share(10, 1).empty());
}

/// Numbers that pass from worker to worker, piece by piece, each adding its own.
void pipelines() {
  for (const std::size_t threads : {2, 3, 8}) {
    constexpr int pieces = 300;
    std::vector<std::size_t> sums(pieces);
    filbert::run_team(threads, [&](filbert::Worker& worker) {
      for (int round = 0; round < 3; ++round) {
        for (std::size_t& sum : sums) {
          if (worker.index() > 0) worker.await_previous();
          sum = sum * 10 + worker.index() + 1;
          worker.publish();
        }
        worker.sync();
      }
    });
    std::size_t expected = 0;
    for (int round = 0; round < 3; ++round) {
      for (std::size_t i = 1; i <= threads; ++i) expected = expected * 10 + i;
    }
    const check::Case at(threads, "threads");
    CHECK(std::ranges::all_of(sums, [&](std::size_t sum) { return sum == expected; }));
  }
}

void busy_pool() {
  std::atomic<bool> right{true};
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        std::atomic<std::size_t> members{0};
        std::size_t expected = 0;
        filbert::run_team(3, [&](filbert::Worker& worker) {
          if (worker.index() == 0) expected = worker.count();
          ++members;
        });
        if (members != expected || (expected != 1 && expected != 3)) right = false;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(right);
}

/// Every piece of work is done once, by whoever has come; and when run_team has returned, nobody
/// comes any more, nor is anybody missing from the next team.
void optional_helpers() {
  static std::atomic<std::size_t> open;  // the number of the round that may be worked on
  std::atomic<bool> right{true};
  for (std::size_t round = 1; round <= 500; ++round) {
    const std::size_t threads = 1 + round % 5, pieces = round % 3 * 20;
    std::vector<std::atomic<int>> done(pieces);
    std::atomic<std::size_t> next{0};
    open = round;
    bool led = false;
    filbert::run_team(
        threads,
        [&, round](filbert::Worker& worker) {
          if (worker.index() == 0) led = true;
          for (std::size_t i = next++; i < pieces; i = next++) ++done[i];
          if (open != round) right = false;
        },
        filbert::Helpers::optional);
    open = 0;
    CHECK(led && std::ranges::all_of(done, [](const auto& count) { return count == 1; }));
    if (round % 50 == 0) CHECK(barriers_hold(threads, 3));
  }
  CHECK(right);
}

void nested_teams_work_alone() {
  std::size_t inner = 0;
  filbert::run_team(2, [&](filbert::Worker& worker) {
    if (worker.index() == 0) {
      filbert::run_team(2, [&](filbert::Worker& nested) { inner = nested.count(); });
    }
  });
  CHECK_EQ(inner, std::size_t{1});
}

void forks() {
  // ThreadSanitizer does not support a fork with threads, and qemu crashes in the child's new ones.
#if (defined(__unix__) || defined(__APPLE__)) && !defined(__SANITIZE_THREAD__) && \
    !defined(FILBERT_EMULATED)
  for (int i = 0; i < 20; ++i) {
    const pid_t child = fork();
    if (child == 0) _exit(barriers_hold(3, 5) ? 0 : 1);
    int status = -1;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  CHECK(barriers_hold(3, 5));
#endif
}

void settings() {
  CHECK(filbert::cpu_count() >= 1);
  filbert::set_threads(3);
  CHECK_EQ(filbert::get_threads(), std::size_t{3});
  CHECK_THROWS(std::invalid_argument, filbert::set_threads(1025), "threads: expected at most 1024");
  CHECK_EQ(filbert::get_threads(), std::size_t{3});
  filbert::set_threads(0);
#ifndef _WIN32
  setenv("FILBERT_THREADS", "5", 1);
  CHECK_EQ(filbert::get_threads(), std::size_t{5});
  for (const char* bad :
       {"0", "-1", "two", "2x", "1025", "99999999999999999999", "Auto", "auto "}) {
    const check::Case at(bad);
    setenv("FILBERT_THREADS", bad, 1);
    CHECK_THROWS(std::invalid_argument, filbert::get_threads(),
                 "FILBERT_THREADS: expected a number of threads in 1 .. 1024 or 'auto', got '" +
                     std::string(bad) + "'");
  }
  for (const char* automatic : {"", "auto"}) {
    const check::Case at(automatic);
    setenv("FILBERT_THREADS", automatic, 1);
    CHECK_EQ(filbert::get_threads(), filbert::cpu_count());
  }
  unsetenv("FILBERT_THREADS");
#endif
}

/// A thread that leaves a processor may run where it might before, and stays where it may run
/// nowhere else.
void placement() {
#ifdef __linux__
  const auto allowed = [] {
    cpu_set_t set;
    CPU_ZERO(&set);
    CHECK_EQ(sched_getaffinity(0, sizeof set, &set), 0);
    return set;
  };
  const cpu_set_t before = allowed();
  std::vector<int> kept(8);
  filbert::run_team(kept.size(), [&](filbert::Worker& worker) {
    const cpu_set_t now = allowed();
    kept[worker.index()] = CPU_EQUAL(&before, &now);
  });
  CHECK(std::ranges::all_of(kept, [](int equal) { return equal != 0; }));
  std::thread([&] {
    filbert::leave_processor(-1);
    filbert::leave_processor(filbert::current_processor());
    cpu_set_t now = allowed();
    CHECK(CPU_EQUAL(&before, &now));
    cpu_set_t one;
    CPU_ZERO(&one);
    const int here = filbert::current_processor();
    if (here < 0) return;
    CPU_SET(static_cast<unsigned>(here), &one);
    CHECK_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    filbert::leave_processor(here);
    now = allowed();
    CHECK(CPU_EQUAL(&one, &now));
  }).join();
#endif
}

}  // namespace

int main() {
  teams();
  placement();
  splits();
  pipelines();
  busy_pool();
  optional_helpers();
  nested_teams_work_alone();
  forks();
  settings();
  return check::report();
}
