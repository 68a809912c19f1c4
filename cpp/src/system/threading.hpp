// What threads need of the C++ library, also where it has none, as on WebAssembly: there one thread
// does everything, locks nothing and waits for nobody.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#if defined(_LIBCPP_HAS_THREADS) && !_LIBCPP_HAS_THREADS
#define FILBERT_ONE_THREAD 1
#endif

namespace filbert {

#ifndef FILBERT_ONE_THREAD

using Mutex = std::mutex;
using Condition = std::condition_variable;
inline void yield() { std::this_thread::yield(); }
inline unsigned hardware_threads() { return std::thread::hardware_concurrency(); }

#else

struct Mutex {
  void lock() {}
  void unlock() {}
};

struct Condition {
  void notify_one() {}
  template <class Lock, class Duration, class Predicate>
  bool wait_for(Lock&, Duration, Predicate holds) {
    return holds();
  }
};

inline void yield() {}
inline unsigned hardware_threads() { return 1; }

#endif

}  // namespace filbert
