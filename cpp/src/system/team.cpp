#include "system/team.hpp"

#include <array>
#include <chrono>
#include <new>
#include <thread>

#include "filbert/aligned.hpp"
#include "system/cpu_count.hpp"
#include "system/float_mode.hpp"
#include "system/scratch.hpp"

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#include <unistd.h>
#define FILBERT_HAS_FORK 1
#elif defined(_WIN32)
#ifndef NOMINMAX
#define NOMINMAX
#endif
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#endif
#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace filbert {
namespace {

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

using Scratch = AlignedBuffer<unsigned char>;

/// The calling thread's. A pointer has no destructor: destructors of the program's that run after
/// the owner's, such as those of static objects, may compute as well. They get memory that is not
/// freed again.
constinit thread_local Scratch* scratch_of_thread = nullptr;

struct ScratchOwner {
  ~ScratchOwner() {
    delete scratch_of_thread;
    scratch_of_thread = nullptr;
  }
};

std::atomic<unsigned> fork_count{0};

/// The threads behind all teams. One team at a time; a second caller works alone. There is nothing
/// that the end of the process destroys: threads that outlive it may ask for a team all the same.
class Pool {
 public:
  void run(std::size_t threads, void (*work)(void*, Worker&), void* context) {
    void* const scratch = own_scratch();  // may throw, and nobody must wait for us then
    const bool ours = threads > 1 && !busy_.exchange(true, std::memory_order_acquire);
    const Turn turn{ours ? this : nullptr};
    threads = ours ? 1 + hire(threads - 1) : 1;
    if (threads == 1) {
      Worker alone(0, 1, nullptr, nullptr, scratch);
      work(context, alone);
    } else {
      lead(threads, work, context, scratch);
    }
  }

  /// Ends the threads, and every caller from now on works alone. Does nothing while a team is at
  /// work: the process is then about to end, and its end stops them. (Who unloads a library that is
  /// at work is lost in any case.)
  void close() {
    if (busy_.exchange(true, std::memory_order_acquire)) return;
#ifdef FILBERT_HAS_FORK
    if (process_ != getpid()) return;  // a child that was made behind the back of pthread_atfork
#endif
    job_ = {};
    for (std::size_t i = 0; i < hired_; ++i) call(*helpers_[i]);
    for (std::size_t i = 0; i < hired_; ++i) {
      helpers_[i]->thread.join();
      delete helpers_[i];
    }
    hired_ = 0;
  }

 private:
  struct Job {
    void (*work)(void*, Worker&) = nullptr;  // null: the helpers are to end
    void* context = nullptr;
    Barrier* barrier = nullptr;
    std::size_t threads = 0;
  };

  struct alignas(64) Helper {
    std::atomic<std::uint32_t> turn{0};  // counts this helper's jobs
    Scratch scratch{scratch_bytes};
    std::thread thread = {};
  };

  /// The pool's one team at a time. A child that is forked in the midst of it has a new pool.
  struct Turn {
    Pool* pool;
    unsigned process = forks();

    ~Turn() {
      if (pool != nullptr && process == forks()) {
        pool->busy_.store(false, std::memory_order_release);
      }
    }
  };

  /// Waits at its end, also if the work throws: what the context points to must outlive everybody's
  /// use of it.
  struct Helping {
    Pool& pool;
    std::size_t threads;
    unsigned process = forks();

    ~Helping() {
      while (process == forks()) {  // else they are in the parent
        const std::uint32_t finished = pool.finished_.load(std::memory_order_acquire);
        if (finished + 1 == threads) return;
        wait_for_change(pool.finished_, finished, threads <= cores());
      }
    }
  };

  static void call(Helper& helper) {
    helper.turn.fetch_add(1, std::memory_order_release);
    helper.turn.notify_one();
  }

  void lead(std::size_t threads, void (*work)(void*, Worker&), void* context, void* scratch) {
    Barrier barrier(static_cast<std::uint32_t>(threads));
    for (std::size_t i = 0; i < threads; ++i) progress_[i].done.store(0, std::memory_order_relaxed);
    job_ = {work, context, &barrier, threads};
    finished_.store(0, std::memory_order_relaxed);
    for (std::size_t i = 0; i + 1 < threads; ++i) call(*helpers_[i]);
    Worker first(0, threads, &barrier, progress_.data(), scratch);
    const Helping helping{*this, threads};
    work(context, first);
  }

  /// Makes sure of that many helpers; fewer if the system gives no more threads.
  std::size_t hire(std::size_t wanted) {
    if (hired_ == 0) prepare();
    try {
      while (hired_ < wanted) {
        auto helper = std::make_unique<Helper>();
        helper->thread = std::thread(&Pool::serve, this, helper.get(), hired_ + 1);
        helpers_[hired_++] = helper.release();
      }
    } catch (const std::exception&) {
    }
    return std::min(wanted, hired_);
  }

  void serve(Helper* helper, std::size_t index) {
    const FloatMode mode;
    for (std::uint32_t turn = 0;; ++turn) {
      wait_for_change(helper->turn, turn, index < cores());
      if (job_.work == nullptr) return;
      Worker worker(index, job_.threads, job_.barrier, progress_.data(), helper->scratch.data());
      job_.work(job_.context, worker);
      finished_.fetch_add(1, std::memory_order_acq_rel);
      finished_.notify_one();
    }
  }

  void prepare();  // for the life of threads

  std::atomic<bool> busy_{false};
  std::array<PiecesDone, most_threads> progress_{};
  Job job_{};
  alignas(64) std::atomic<std::uint32_t> finished_{0};  // helpers done with the job
  std::array<Helper*, most_threads - 1> helpers_{};     // the first hired_ of them
  std::size_t hired_ = 0;
#ifdef FILBERT_HAS_FORK
  pid_t process_ = 0;  // whose threads they are
#endif
};

constinit Pool pool;

#ifdef _WIN32

/// A thread cannot end while Windows unloads a module, and nobody can wait for it then: the module
/// that this code is in stays until the process ends.
void Pool::prepare() {
  HMODULE module = nullptr;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                     reinterpret_cast<LPCWSTR>(&pool), &module);
}

#else

void Pool::prepare() {
#ifdef FILBERT_HAS_FORK
  process_ = getpid();
  // A child has none of its parent's threads: it forgets them and makes its own when needed.
  static const int registered = pthread_atfork(nullptr, nullptr, [] {
    fork_count.fetch_add(1, std::memory_order_relaxed);
    new (&pool) Pool;
  });
  static_cast<void>(registered);
#endif
}

/// When the library is unloaded, or the process ends, before the code of the threads is gone.
struct Closer {
  ~Closer() { pool.close(); }
};
const Closer closer;

#endif

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

unsigned forks() { return fork_count.load(std::memory_order_relaxed); }

void* own_scratch() {
  if (scratch_of_thread == nullptr) {
    scratch_of_thread = new Scratch(scratch_bytes);
    thread_local const ScratchOwner owner;
    static_cast<void>(owner);
  }
  return scratch_of_thread->data();
}

void run_team(std::size_t threads, void (*work)(void*, Worker&), void* context) {
  const FloatMode mode;
  pool.run(threads, work, context);
}

}  // namespace filbert
