#include "filbert/threads.hpp"

#include <algorithm>
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

/// How many threads OMP_NUM_THREADS allows, by which a program that starts several processes, such
/// as joblib, tells each of them how many cores are its own. It may be a list, whose first number
/// counts. What is no number is somebody else's affair.
std::size_t limit_of_others() {
  const char* text = std::getenv("OMP_NUM_THREADS");
  const std::string_view value(text == nullptr ? "" : text);
  std::size_t threads = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), threads);
  const bool known =
      error == std::errc() && threads >= 1 && (end == value.data() + value.size() || *end == ',');
  return known ? threads : most_threads;
}

std::size_t automatic_threads() {
  const char* text = std::getenv("FILBERT_THREADS");
  const std::string_view value(text == nullptr ? "" : text);
  if (value.empty() || value == "auto") return std::min(cores(), limit_of_others());
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
