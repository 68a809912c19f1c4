#include "outlive.hpp"

#ifdef _WIN32

// Windows ends a thread where it stands.
void filbert::python::outlive(void (*function)(void*), void* context) { function(context); }

#else

#include <pthread.h>

#include <chrono>
#include <thread>

// Where exceptions are on, glibc's pthread_cleanup_push is an object with a destructor. To run it,
// the unwinder that glibc uses asks the C++ library, and crashes where that was made for another
// unwinder, as the one that zig links is. Without exceptions it is a place to jump back to, which
// needs no C++ library.
#if defined(__GLIBC__) && defined(__EXCEPTIONS)
#error "compile outlive.cpp with -fno-exceptions"
#endif

namespace filbert::python {
namespace {

void sleep_for_ever(void*) {
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

}  // namespace

void outlive(void (*function)(void*), void* context) {
  pthread_cleanup_push(sleep_for_ever, nullptr);
  function(context);
  pthread_cleanup_pop(0);
}

}  // namespace filbert::python

#endif
