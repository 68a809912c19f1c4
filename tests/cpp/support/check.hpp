// A test framework that fits on a page: CHECK, CHECK_EQ, CHECK_THROWS, check::quick() for tests
// that can do less, and check::report() for main.
#pragma once

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <sstream>
#include <string>
#include <type_traits>

namespace check {

inline std::atomic<long> passed{0};
inline std::atomic<long> failed{0};

/// Counts a check, and prints it if it fails (the first 100 times).
inline bool record(bool ok, const char* file, int line, const std::string& message) {
  if (ok) {
    ++passed;
  } else if (++failed <= 100) {
    std::fprintf(stderr, "%s:%d: %s\n", file, line, message.c_str());
  }
  return ok;
}

/// What a failed check prints for a value; floats with all their digits.
template <class T>
std::string show(const T& value) {
  std::ostringstream out;
  if constexpr (std::is_floating_point_v<T>) {
    char text[64];
    std::snprintf(text, sizeof text, "%.17g (%a)", static_cast<double>(value),
                  static_cast<double>(value));
    out << text;
  } else if constexpr (requires { out << value; }) {
    out << value;
  } else {
    out << "(a value that cannot be printed)";
  }
  return out.str();
}

template <class A, class B>
bool equal(const A& a, const B& b, const char* text, const char* file, int line) {
  if (a == b) return record(true, file, line, {});
  return record(false, file, line, std::string(text) + ": got " + show(a) + " and " + show(b));
}

/// Runs f; it must throw an E whose message contains `part`.
template <class E, class F>
bool throws(F&& f, const std::string& part, const char* text, const char* file, int line) {
  std::string got = "nothing was thrown";
  try {
    f();
  } catch (const E& e) {
    got = e.what();
    if (got.find(part) != std::string::npos) return record(true, file, line, got);
  } catch (const std::exception& e) {
    got = std::string("another exception: ") + e.what();
  } catch (...) {
    got = "something that is no std::exception";
  }
  return record(false, file, line,
                std::string(text) + ": expected a message with \"" + part + "\", got: " + got);
}

/// Whether to do less, for an emulator or a sanitizer: fewer cases, never other answers.
inline bool quick() { return std::getenv("FILBERT_TEST_QUICK") != nullptr; }

/// Prints "N passed, M failed"; the result is what main returns.
inline int report() {
  std::printf("%ld passed, %ld failed\n", passed.load(), failed.load());
  return failed == 0 ? 0 : 1;
}

}  // namespace check

#define CHECK(...) check::record(static_cast<bool>(__VA_ARGS__), __FILE__, __LINE__, #__VA_ARGS__)
#define CHECK_EQ(a, b) check::equal((a), (b), #a " == " #b, __FILE__, __LINE__)
#define CHECK_THROWS(type, expr, substring) \
  check::throws<type>([&] { static_cast<void>(expr); }, substring, #expr, __FILE__, __LINE__)
