#include "filbert/threads.hpp"

#include <atomic>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "system/check.hpp"
#include "system/cpu_count.hpp"
#include "system/team.hpp"

namespace filbert {
namespace {

std::atomic<std::size_t> requested{0};

std::size_t automatic_threads() {
  const char* text = std::getenv("FILBERT_THREADS");
  const std::string_view value(text == nullptr ? "" : text);
  if (value.empty() || value == "auto") return cores();
  std::size_t threads = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), threads);
  require(error == std::errc() && end == value.data() + value.size() && threads >= 1 &&
              threads <= most_threads,
          "FILBERT_THREADS: expected a number of threads in 1 .. ", most_threads,
          " or 'auto', got '", value, "'");
  return threads;
}

}  // namespace

void set_threads(std::size_t threads) {
  require(threads <= most_threads, "threads: expected at most ", most_threads, ", got ", threads);
  requested.store(threads, std::memory_order_relaxed);
}

std::size_t get_threads() {
  const std::size_t threads = requested.load(std::memory_order_relaxed);
  return threads > 0 ? threads : automatic_threads();
}

}  // namespace filbert
