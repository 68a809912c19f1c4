#include "filbert/threads.hpp"

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "check.hpp"
#include "cpu_count.hpp"
#include "filbert/aligned.hpp"
#include "float_mode.hpp"
#include "kernels/kernels.hpp"
#include "team.hpp"

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#define FILBERT_HAS_FORK 1
#endif
#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace filbert {
namespace {

constexpr std::size_t most_threads = 1024;

void pause() noexcept {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// Waits until value is no longer `old`: spins while that is cheaper than sleeping and there is a
/// core to spin on.
void wait_for_change(std::atomic<std::uint32_t>& value, std::uint32_t old, bool spin) {
  using Clock = std::chrono::steady_clock;
  if (spin) {
    const Clock::time_point limit = Clock::now() + std::chrono::microseconds(50);
    do {
      for (int i = 0; i < 32; ++i) {
        if (value.load(std::memory_order_acquire) != old) return;
        pause();
      }
    } while (Clock::now() < limit);
  }
  value.wait(old, std::memory_order_acquire);
}

std::size_t cores() {
  static const std::size_t count = cpu_count();
  return count;
}

/// The threads behind all teams. One team at a time; a second caller works alone. Never destroyed:
/// the threads sleep until the process ends, so there is no order of destruction to get wrong.
class Pool {
 public:
  void run(std::size_t threads, void (*work)(void*, Worker&), void* context) {
    const std::unique_lock lock(busy_, std::try_to_lock);
    if (threads > 1 && lock.owns_lock()) threads = 1 + hire(threads - 1);
    if (threads == 1 || !lock.owns_lock()) {
      Worker alone(0, 1, nullptr, nullptr, own_scratch());
      work(context, alone);
      return;
    }
    Barrier barrier(static_cast<std::uint32_t>(threads));
    for (std::size_t i = 0; i < threads; ++i) progress_[i].done.store(0, std::memory_order_relaxed);
    job_ = {work, context, &barrier, threads};
    finished_.store(0, std::memory_order_relaxed);
    for (std::size_t i = 0; i + 1 < threads; ++i) {
      helpers_[i]->turn.fetch_add(1, std::memory_order_release);
      helpers_[i]->turn.notify_one();
    }
    Worker first(0, threads, &barrier, progress_.data(), own_scratch());
    work(context, first);
    for (;;) {  // what the context points to must outlive everybody's use of it
      const std::uint32_t finished = finished_.load(std::memory_order_acquire);
      if (finished + 1 == threads) return;
      wait_for_change(finished_, finished, threads <= cores());
    }
  }

 private:
  struct Job {
    void (*work)(void*, Worker&);
    void* context;
    Barrier* barrier;
    std::size_t threads;
  };

  struct alignas(64) Helper {
    std::atomic<std::uint32_t> turn{0};  // counts this helper's jobs
    AlignedBuffer<unsigned char> scratch{scratch_bytes};
  };

  /// Makes sure of that many helpers; fewer if the system gives no more threads.
  std::size_t hire(std::size_t wanted) {
    try {
      while (helpers_.size() < wanted) {
        auto helper = std::make_unique<Helper>();
        std::thread(&Pool::serve, this, helper.get(), helpers_.size() + 1).detach();
        helpers_.push_back(std::move(helper));
      }
    } catch (const std::exception&) {
    }
    return std::min(wanted, helpers_.size());
  }

  void serve(Helper* helper, std::size_t index) {
    const FloatMode mode;
    for (std::uint32_t turn = 0;; ++turn) {
      wait_for_change(helper->turn, turn, index < cores());
      Worker worker(index, job_.threads, job_.barrier, progress_.data(), helper->scratch.data());
      job_.work(job_.context, worker);
      finished_.fetch_add(1, std::memory_order_acq_rel);
      finished_.notify_one();
    }
  }

  std::mutex busy_;
  std::vector<Progress> progress_{most_threads};
  Job job_{};
  alignas(64) std::atomic<std::uint32_t> finished_{0};  // helpers done with the job
  std::vector<std::unique_ptr<Helper>> helpers_;
};

std::atomic<Pool*> current_pool{nullptr};

Pool& pool() {
  static std::mutex making;
#ifdef FILBERT_HAS_FORK
  // A child has none of its parent's threads: it forgets the pool and makes its own when needed.
  static const int registered = pthread_atfork(nullptr, nullptr, [] {
    current_pool.store(nullptr, std::memory_order_relaxed);
    new (&making) std::mutex;
  });
  static_cast<void>(registered);
#endif
  Pool* found = current_pool.load(std::memory_order_acquire);
  if (found != nullptr) return *found;
  const std::lock_guard lock(making);
  found = current_pool.load(std::memory_order_relaxed);
  if (found == nullptr) {
    found = new Pool;
    current_pool.store(found, std::memory_order_release);
  }
  return *found;
}

std::atomic<std::size_t> requested{0};

std::size_t automatic_threads() {
  const char* text = std::getenv("FILBERT_THREADS");
  if (text == nullptr || *text == '\0') return cores();
  const std::string_view value(text);
  std::size_t threads = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), threads);
  require(error == std::errc() && end == value.data() + value.size() && threads >= 1 &&
              threads <= most_threads,
          "FILBERT_THREADS: expected a number of threads in 1 .. ", most_threads, ", got '", value,
          "'");
  return threads;
}

}  // namespace

void Barrier::wait() {
  const std::uint32_t phase = phase_.load(std::memory_order_relaxed);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == count_) {
    arrived_.store(0, std::memory_order_relaxed);
    phase_.store(phase + 1, std::memory_order_release);
    phase_.notify_all();
    return;
  }
  wait_for_change(phase_, phase, count_ <= cores());
}

void Worker::await_previous() {
  std::atomic<std::uint32_t>& done = progress_[index_ - 1].done;
  for (;;) {
    const std::uint32_t now = done.load(std::memory_order_acquire);
    if (static_cast<std::int32_t>(now - pieces_) > 0) return;
    wait_for_change(done, now, count_ <= cores());
  }
}

void* own_scratch() {
  thread_local AlignedBuffer<unsigned char> memory(scratch_bytes);
  return memory.data();
}

void run_team(std::size_t threads, void (*work)(void*, Worker&), void* context) {
  const FloatMode mode;
  pool().run(threads, work, context);
}

void set_threads(std::size_t threads) {
  require(threads <= most_threads, "threads: expected at most ", most_threads, ", got ", threads);
  requested.store(threads, std::memory_order_relaxed);
}

std::size_t get_threads() {
  const std::size_t threads = requested.load(std::memory_order_relaxed);
  return threads > 0 ? threads : automatic_threads();
}

}  // namespace filbert
