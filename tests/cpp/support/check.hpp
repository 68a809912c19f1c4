// A small test framework: CHECK, CHECK_EQ and CHECK_THROWS; check::Case, which says what a loop is
// at; check::quick() for tests that can do less, and check::report() for main.
#pragma once

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <sstream>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace check {

inline std::atomic<long> passed{0};
inline std::atomic<long> failed{0};

/// A value as a failed check prints it. Floats have all their digits.
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

/// A case of any type. A thread's cases that are open form a list, the innermost first.
class AnyCase {
 public:
  AnyCase(const AnyCase&) = delete;
  AnyCase& operator=(const AnyCase&) = delete;
  virtual std::string text() const = 0;

  /// The open cases of this thread as text, the outermost first, such as "avx2 float, size 3, at
  /// the end".
  static std::string all() {
    std::string result;
    for (const AnyCase* open = innermost; open != nullptr; open = open->outer_) {
      if (!result.empty()) result.insert(0, ", ");
      result.insert(0, open->text());
    }
    return result;
  }

 protected:
  AnyCase() : outer_(std::exchange(innermost, this)) {}
  ~AnyCase() { innermost = outer_; }

 private:
  static inline thread_local const AnyCase* innermost = nullptr;
  const AnyCase* outer_;
};

/// What a check in this scope is about, such as Case("size", n): a check of this thread that fails
/// there prints it. It becomes text only then, so that a loop may have one for each round.
template <class... Parts>
class Case final : public AnyCase {
 public:
  explicit Case(Parts... parts) : parts_(std::move(parts)...) {}

  std::string text() const override {
    std::string result;
    const auto add = [&](const auto& part) {
      if (!result.empty()) result += ' ';
      result += show(part);
    };
    std::apply([&](const auto&... part) { (add(part), ...); }, parts_);
    return result;
  }

 private:
  std::tuple<Parts...> parts_;
};

/// Counts a check, and prints it if it fails (the first 100 times).
inline bool record(bool ok, const char* file, int line, const std::string& message) {
  if (ok) {
    ++passed;
  } else if (++failed <= 100) {
    const std::string cases = AnyCase::all();
    std::fprintf(stderr, "%s:%d: %s%s%s\n", file, line, message.c_str(),
                 cases.empty() ? "" : "\n  in the case ", cases.c_str());
  }
  return ok;
}

template <class A, class B>
bool equal(const A& a, const B& b, const char* text, const char* file, int line) {
  if (a == b) return record(true, file, line, {});
  return record(false, file, line, std::string(text) + ": got " + show(a) + " and " + show(b));
}

/// Checks that f throws an E whose message contains `part`.
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

/// Whether tests shall try fewer cases, because an emulator or a sanitizer makes them slow.
inline bool quick() { return std::getenv("FILBERT_TEST_QUICK") != nullptr; }

/// Prints "N passed, M failed", and returns what main has to return.
inline int report() {
  std::printf("%ld passed, %ld failed\n", passed.load(), failed.load());
  return failed == 0 ? 0 : 1;
}

}  // namespace check

#define CHECK(...) check::record(static_cast<bool>(__VA_ARGS__), __FILE__, __LINE__, #__VA_ARGS__)
#define CHECK_EQ(a, b) check::equal((a), (b), #a " == " #b, __FILE__, __LINE__)
#define CHECK_THROWS(type, expr, substring) \
  check::throws<type>([&] { static_cast<void>(expr); }, substring, #expr, __FILE__, __LINE__)
