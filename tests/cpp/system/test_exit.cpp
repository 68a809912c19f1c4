// The end of a process, whatever the threads of the library are doing then: no crash, no hang, and
// what still trains gets the same bits.
#include "support/check.hpp"

// ThreadSanitizer does not support a fork with threads, and qemu crashes in the child's new ones.
#if (defined(__unix__) || defined(__APPLE__)) && !defined(__SANITIZE_THREAD__) && \
    !defined(FILBERT_EMULATED)
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <thread>
#include <vector>

#include "filbert/filbert.hpp"
#include "system/team.hpp"

namespace {

/// A network trained by two threads, large enough to be worth both.
std::vector<float> trained(const std::function<bool()>& keep_going = {}, std::size_t epochs = 1) {
  const std::vector<float> x(128 * 64, 0.5F), y(128 * 64, 1.0F);
  filbert::Network net({64, 128, 64});
  filbert::Optimizer sgd = filbert::Sgd();
  filbert::fit(net, {.x = {x.data(), 128, 64}, .y = {y.data(), 128, 64}}, sgd,
               {.epochs = epochs, .batch_size = 128}, {.keep_going = keep_going});
  return {net.parameters().begin(), net.parameters().end()};
}

std::vector<float> expected;
bool train_late = false;

/// Made before the library's own statics, which are made when they are first used, and destroyed
/// after them.
struct Late {
  ~Late() {
    if (train_late && trained() != expected) _exit(1);
  }
} late;

/// Runs what a child process does, and then std::exit; returns how the child ended.
template <class Function>
int status_of_child(pid_t (*fork_child)(), Function body) {
  const pid_t child = fork_child();
  if (child == 0) {
    alarm(300);  // ends a child that hangs
    body();
    std::exit(0);
  }
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

void idle_threads() {
  const auto body = [] {
    if (trained() != expected) _exit(1);
  };
  for (int i = 0; i < 20; ++i) CHECK_EQ(status_of_child(fork, body), 0);
}

void a_child_that_trains_nothing() {
  CHECK_EQ(status_of_child(fork, [] {}), 0);
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
  CHECK_EQ(status_of_child(_Fork, [] {}), 0);  // calls no handlers of pthread_atfork
#endif
}

void threads_at_work() {
  const auto from_within = [] {  // the others wait for this one
    filbert::run_team(2, [](filbert::Worker& worker) {
      worker.sync();
      if (worker.index() == 0) std::exit(0);
      worker.sync();
    });
  };
  CHECK_EQ(status_of_child(fork, from_within), 0);
  const auto from_a_callback = [] { trained([]() -> bool { std::exit(0); }, 1'000'000); };
  CHECK_EQ(status_of_child(fork, from_a_callback), 0);
  const auto during_a_fit = [] {
    std::atomic<bool> started{false};
    const auto keep_going = [&] {
      started = true;
      started.notify_all();
      return true;
    };
    std::thread fit([&] { trained(keep_going, 1'000'000); });
    started.wait(false);
    std::exit(0);
  };
  for (int i = 0; i < 10; ++i) CHECK_EQ(status_of_child(fork, during_a_fit), 0);
}

void a_destructor_that_trains() {
  const auto body = [] {
    train_late = true;
    if (trained() != expected) _exit(1);
  };
  CHECK_EQ(status_of_child(fork, body), 0);
}

void all() {
  filbert::set_threads(1);
  expected = trained();
  filbert::set_threads(2);
  CHECK(trained() == expected);
  idle_threads();
  a_child_that_trains_nothing();
  threads_at_work();
  a_destructor_that_trains();
}

}  // namespace
#else
namespace {
void all() {}
}  // namespace
#endif

int main() {
  all();
  return check::report();
}
