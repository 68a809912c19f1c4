// What a program throws with where its C++ library has no exceptions, as zig's for WebAssembly: the
// program ends, and a test that expects an exception fails.
#include <cstddef>
#include <cstdio>
#include <cstdlib>

extern "C" {

void* __cxa_allocate_exception(std::size_t) {
  std::puts("an exception, where there are none");
  std::abort();
}

void __cxa_throw(void*, void*, void (*)(void*)) { std::abort(); }

}  // extern "C"
