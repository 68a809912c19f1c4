#include "usage.hpp"

#include <pybind11/pybind11.h>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#define FILBERT_HAS_FORK 1
#endif

namespace filbert::python {
namespace {

constexpr std::uint64_t users_mask = 0xFFFFFFFF, writer = users_mask;

// How many forks lie between this process and the one that loaded this library, in the upper half.
std::atomic<std::uint64_t> process{0};

// The uses of this thread, the newest first.
thread_local constinit Use* newest = nullptr;

/// What is counted of the users of this process.
std::uint64_t users(std::uint64_t state) {
  return (state & ~users_mask) == process.load(std::memory_order_relaxed) ? state & users_mask : 0;
}

#ifdef FILBERT_HAS_FORK
const int registered = pthread_atfork(nullptr, nullptr, Use::carry_over_fork);
#endif

}  // namespace

Use::Kind Use::begin(Usage& usage, Kind wanted, bool within, const char* what) {
  if (usage.is_frozen() && wanted == Kind::writing) {
    throw pybind11::value_error(
        "network: expected one that may change, got a snapshot; copy.copy makes such a network of "
        "it");
  }
  const std::uint64_t here = process.load(std::memory_order_relaxed);
  std::uint64_t state = usage.state_.load(std::memory_order_relaxed);
  while (wanted == Kind::reading ? users(state) != writer : users(state) == 0) {
    const std::uint64_t with_it = here | (wanted == Kind::reading ? users(state) + 1 : writer);
    if (!usage.state_.compare_exchange_weak(state, with_it, std::memory_order_acquire)) continue;
    if (wanted == Kind::writing) {
      usage.writing_thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    }
    return wanted;
  }
  const std::thread::id owner = usage.writing_thread_.load(std::memory_order_relaxed);
  if (within && users(state) == writer && owner == std::this_thread::get_id()) {
    return Kind::within_writing;
  }
  throw Busy(what);
}

Use::Use(Usage& usage, Kind wanted, bool within, const char* what)
    : usage_(usage), kind_(begin(usage, wanted, within, what)), before_(newest) {
  newest = this;
}

Use::~Use() {
  newest = before_;
  if (kind_ == Kind::reading) {
    usage_.state_.fetch_sub(1, std::memory_order_release);
  } else if (kind_ == Kind::writing) {
    usage_.writing_thread_.store({}, std::memory_order_relaxed);
    usage_.state_.store(process.load(std::memory_order_relaxed), std::memory_order_release);
  }
}

void Use::carry_over_fork() noexcept {
  const std::uint64_t here = process.load(std::memory_order_relaxed) + users_mask + 1;
  process.store(here, std::memory_order_relaxed);
  for (const Use* use = newest; use != nullptr; use = use->before_) {
    std::atomic<std::uint64_t>& state = use->usage_.state_;
    const std::uint64_t counted = users(state.load(std::memory_order_relaxed));
    if (use->kind_ == Kind::reading) state.store(here | (counted + 1), std::memory_order_relaxed);
    if (use->kind_ == Kind::writing) state.store(here | writer, std::memory_order_relaxed);
  }
}

}  // namespace filbert::python
