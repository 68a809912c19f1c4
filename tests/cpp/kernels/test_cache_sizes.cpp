// The sizes of the caches: test_cache_sizes [first second], which are expected then. Prints them.
#include <cstdio>
#include <cstdlib>

#include "kernels/cache_sizes.hpp"
#include "support/check.hpp"

int main(int count, char** arguments) {
  const filbert::CacheSizes& sizes = filbert::cache_sizes();
  std::printf("%zu %zu\n", sizes.first, sizes.second);
  CHECK(&sizes == &filbert::cache_sizes());
  CHECK(sizes.first >= 8 * 1024 && sizes.first <= 256 * 1024);
  CHECK(sizes.second >= 64 * 1024 && sizes.second <= 64 * 1024 * 1024);
  if (count > 2) {
    CHECK_EQ(sizes.first, std::strtoull(arguments[1], nullptr, 10));
    CHECK_EQ(sizes.second, std::strtoull(arguments[2], nullptr, 10));
  }
  return check::report();
}
