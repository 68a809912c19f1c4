// Checks at the edge: "expected ..., got ...", naming the argument.
#pragma once

#include <cstddef>
#include <limits>
#include <locale>
#include <sstream>
#include <stdexcept>
#include <string>

namespace filbert {

/// Throws std::invalid_argument, whose message is the parts, one after another.
template <class... Parts>
[[noreturn]] void refuse(const Parts&... parts) {
  std::ostringstream message;
  message.imbue(std::locale::classic());  // the program's locale may write 1500 as 1.500
  (message << ... << parts);
  throw std::invalid_argument(message.str());
}

/// Calls fail with the parts if the condition is false. It is inlined, so that a check that holds
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
