// Checks at the edge: "expected ..., got ...", naming the argument.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string_view>
#include <variant>

#include "system/compiler.hpp"

namespace filbert {

/// A part of a message. It refers to the text.
using MessagePart = std::variant<std::string_view, char, std::uint64_t, std::int64_t, double>;

/// Throws std::invalid_argument, whose message is the parts, one after another.
[[noreturn]] void refuse_parts(std::initializer_list<MessagePart> parts);

// What a part of a message is passed as: few types, so that few functions are compiled.
constexpr const char* as_part(const char* text) { return text; }
constexpr std::string_view as_part(std::string_view text) { return text; }
constexpr char as_part(char letter) { return letter; }
constexpr std::uint64_t as_part(std::unsigned_integral auto number) { return number; }
constexpr std::int64_t as_part(std::signed_integral auto number) { return number; }
constexpr double as_part(std::floating_point auto number) { return double{number}; }

/// Calls refuse_parts.
template <class... Parts>
[[noreturn]] FILBERT_NOINLINE void refuse_as(Parts... parts) {
  refuse_parts({MessagePart(parts)...});
}

/// Throws std::invalid_argument, whose message is the parts, one after another: texts, letters and
/// numbers.
template <class... Parts>
[[noreturn]] void refuse(const Parts&... parts) {
  refuse_as(as_part(parts)...);
}

/// Calls refuse with the parts if the condition is false. It is inlined, so that a check that holds
/// costs no call.
template <class... Parts>
void require(bool condition, const Parts&... parts) {
  if (!condition) [[unlikely]]
    refuse(parts...);
}

/// Returns a * b. Throws std::invalid_argument if the product does not fit in a std::size_t.
inline std::size_t checked_mul(std::size_t a, std::size_t b, const char* what) {
  require(b == 0 || a <= std::numeric_limits<std::size_t>::max() / b, what,
          ": expected a size that fits in the address space, got ", a, " * ", b);
  return a * b;
}

inline std::size_t checked_add(std::size_t a, std::size_t b, const char* what) {
  require(a <= std::numeric_limits<std::size_t>::max() - b, what,
          ": expected a size that fits in the address space, got ", a, " + ", b);
  return a + b;
}

}  // namespace filbert
