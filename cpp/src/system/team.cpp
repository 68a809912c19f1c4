#include "system/team.hpp"

#include "system/threading.hpp"

#ifndef FILBERT_ONE_THREAD

#include <array>
#include <chrono>
#include <new>

#include "filbert/aligned.hpp"
#include "system/cpu_count.hpp"
#include "system/float_mode.hpp"
#include "system/placement.hpp"
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

using Clock = std::chrono::steady_clock;

/// Spins until value is no longer `old`, at most so long. Returns whether it is.
bool spin_for_change(const std::atomic<std::uint32_t>& value, std::uint32_t old,
                     std::chrono::microseconds most) {
  const Clock::time_point limit = Clock::now() + most;
  do {
    for (int i = 0; i < 32; ++i) {
      if (value.load(std::memory_order_acquire) != old) return true;
      pause();
    }
  } while (Clock::now() < limit);
  return false;
}

// How long a thread spins before it sleeps; the long one where another thread has just been woken.
constexpr std::chrono::microseconds usual_spin{50}, long_spin{1000};

/// Waits until value is no longer `old`. At first it spins, if there is a core for that, because a
/// thread that sleeps takes long to wake; then it sleeps.
void wait_for_change(std::atomic<std::uint32_t>& value, std::uint32_t old, bool spin) {
  if (spin && spin_for_change(value, old, usual_spin)) return;
  value.wait(old, std::memory_order_acquire);
}

using Scratch = AlignedBuffer<unsigned char>;

/// The scratch of the calling thread. It is a plain pointer, which has no destructor, because the
/// program's own destructors, such as those of static objects, may compute after ScratchOwner's has
/// run: they get new memory, which is not freed again.
constinit thread_local Scratch* scratch_of_thread = nullptr;

struct ScratchOwner {
  ~ScratchOwner() {
    delete scratch_of_thread;
    scratch_of_thread = nullptr;
  }
};

std::atomic<unsigned> fork_count{0};

/// The threads behind all teams. It serves one team at a time; a second caller works alone. It has
/// no destructor, because threads that still run while the process ends may ask for a team.
class Pool {
 public:
  void run(std::size_t threads, void (*work)(void*, Worker&), void* context, Helpers helpers) {
    void* const scratch =
        own_scratch();  // first, because it may throw, and then no helper must be waiting
    const bool ours = threads > 1 && busy_.exchange(1, std::memory_order_acquire) == 0;
    const Turn turn{ours ? this : nullptr};
    threads = ours ? 1 + hire(threads - 1) : 1;
    if (threads == 1) {
      Worker alone(0, 1, nullptr, nullptr, scratch);
      work(context, alone);
    } else {
      lead(threads, work, context, scratch, helpers);
    }
  }

  /// Ends the threads; from now on every caller works alone. While a team is at work this does
  /// nothing: then the process is about to end, which stops the threads. (A program that unloads a
  /// library while it is at work crashes in any case.)
  void close() {
    if (busy_.exchange(1, std::memory_order_acquire) != 0) return;
#ifdef FILBERT_HAS_FORK
    if (process_ != getpid()) return;  // a child of a fork that ran no handlers of pthread_atfork
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
    void (*work)(void*, Worker&) = nullptr;  // null tells the helpers to end
    void* context = nullptr;
    Barrier* barrier = nullptr;
    std::size_t threads = 0;
    int processor = -1;  // of the leader
  };

  struct alignas(64) Helper {
    // Odd: a job waits for this helper. The helper makes it even when it begins the job, or the
    // leader, when the job is no longer to be begun.
    std::atomic<std::uint32_t> turn{0};
    Scratch scratch{scratch_bytes};
    std::thread thread = {};
  };

  /// Ends a team's use of the pool. A child that was forked during the work has a new pool, which
  /// this leaves alone.
  struct Turn {
    Pool* pool;
    unsigned process = forks();

    ~Turn() {
      if (pool != nullptr && process == forks()) {
        pool->busy_.store(0, std::memory_order_release);
      }
    }
  };

  /// Waits at its end for all helpers, also if the work throws: they use what the context points
  /// to, which the caller may destroy afterwards.
  struct Helping {
    Pool& pool;
    std::size_t threads;
    Helpers helpers;
    unsigned process = forks();

    ~Helping() {
      std::size_t begun = threads - 1;
      if (helpers == Helpers::optional && process == forks()) {
        for (std::size_t i = 0; i + 1 < threads; ++i) begun -= take_back(*pool.helpers_[i]) ? 1 : 0;
      }
      while (process == forks()) {  // in a child of a fork there are no helpers
        const std::uint32_t finished = pool.finished_.load(std::memory_order_acquire);
        if (finished == begun) return;
        wait_for_change(pool.finished_, finished, threads <= cores());
      }
    }
  };

  static void call(Helper& helper) {
    helper.turn.fetch_add(1, std::memory_order_release);
    helper.turn.notify_one();
  }

  /// Takes the job from whoever comes first, its helper or the leader. True: it is the caller's.
  static bool take(Helper& helper, std::uint32_t turn) {
    return turn % 2 == 1 &&
           helper.turn.compare_exchange_strong(turn, turn + 1, std::memory_order_acq_rel);
  }
  static bool take_back(Helper& helper) {
    return take(helper, helper.turn.load(std::memory_order_relaxed));
  }

  void lead(std::size_t threads, void (*work)(void*, Worker&), void* context, void* scratch,
            Helpers helpers) {
    Barrier barrier(static_cast<std::uint32_t>(threads));
    for (std::size_t i = 0; i < threads; ++i)
      pieces_done_[i].done.store(0, std::memory_order_relaxed);
    job_ = {work, context, &barrier, threads, current_processor()};
    finished_.store(0, std::memory_order_relaxed);
    for (std::size_t i = 0; i + 1 < threads; ++i) call(*helpers_[i]);
    Worker first(0, threads, &barrier, pieces_done_.data(), scratch);
    const Helping helping{*this, threads, helpers};
    work(context, first);
  }

  /// Makes sure that there are that many helpers, and returns their number, which is lower if the
  /// system provides no more threads.
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
    scratch_of_thread = &helper->scratch;  // also of what works alone on this thread
    bool spin = true;
    for (;;) {
      const std::uint32_t turn = helper->turn.load(std::memory_order_acquire);
      if (!take(*helper, turn)) {
        if (turn % 2 == 0) {
          wait_for_change(helper->turn, turn, spin && index < cores());
          spin = false;  // unless there is a job: a helper that came too late sleeps at once
        }
        continue;
      }
      spin = true;
      if (job_.work == nullptr) return;
      leave_processor(job_.processor);
      job_.barrier->begin();
      Worker worker(index, job_.threads, job_.barrier, pieces_done_.data(), helper->scratch.data());
      job_.work(job_.context, worker);
      finished_.fetch_add(1, std::memory_order_acq_rel);
      finished_.notify_one();
    }
  }

  /// What has to happen once before there are threads.
  void prepare();

  // Nonzero: a team is at work. It is no byte, which g++ 12 cannot swap on RISC-V without a
  // library.
  std::atomic<std::uint32_t> busy_{0};
  std::array<PiecesDone, most_threads> pieces_done_{};
  Job job_{};
  alignas(64) std::atomic<std::uint32_t> finished_{0};  // helpers that have done their job
  std::array<Helper*, most_threads - 1> helpers_{};     // of which the first hired_ exist
  std::size_t hired_ = 0;
#ifdef FILBERT_HAS_FORK
  pid_t process_ = 0;  // the process in which the threads run
#endif
};

constinit Pool pool;

#ifdef _WIN32

/// A thread cannot end while Windows unloads a module, so that nobody could wait for the threads
/// then. So the module that this code is in stays loaded until the process ends.
void Pool::prepare() {
  HMODULE module = nullptr;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                     reinterpret_cast<LPCWSTR>(&pool), &module);
}

#else

void Pool::prepare() {
#ifdef FILBERT_HAS_FORK
  process_ = getpid();
  // The child of a fork has none of its parent's threads: its pool starts empty.
  static const int registered = pthread_atfork(nullptr, nullptr, [] {
    fork_count.fetch_add(1, std::memory_order_relaxed);
    new (&pool) Pool;
  });
  static_cast<void>(registered);
#endif
}

/// Closes the pool when the library is unloaded or the process ends, while the code that the
/// threads run is still in memory.
struct Closer {
  ~Closer() { pool.close(); }
};
const Closer closer;

#endif

}  // namespace

void Barrier::wait() {
  const std::uint32_t round = round_.load(std::memory_order_relaxed);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == count_) {
    arrived_.store(0, std::memory_order_relaxed);
    round_.store(round + 1, std::memory_order_release);
    round_.notify_all();
    return;
  }
  const bool spin = count_ <= cores();
  if (spin && !all_have_begun() && !spin_for_change(round_, round, usual_spin)) {
    // Somebody may wait for this very processor, to leave it. A thread that slept instead would be
    // woken on the processor of the one that wakes it, and the two would change places ever after.
    const Clock::time_point limit = Clock::now() + long_spin;
    while (!all_have_begun() && Clock::now() < limit) yield();
    if (spin_for_change(round_, round, long_spin)) return;
  }
  wait_for_change(round_, round, spin);
}

void Worker::await_previous() {
  std::atomic<std::uint32_t>& done = pieces_done_[index_ - 1].done;
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

void run_team(std::size_t threads, void (*work)(void*, Worker&), void* context, Helpers helpers) {
  const FloatMode mode;
  pool.run(threads, work, context, helpers);
}

}  // namespace filbert

#endif
