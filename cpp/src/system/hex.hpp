// Numbers as hexadecimal text, exactly.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace filbert {

/// Sixteen digits.
std::string hex(std::uint64_t value);

/// As Python's float.hex writes it: "0x1.999999999999ap-4", "-0x0.0p+0", "inf", "nan".
std::string hex(double value);

/// What hex(double) wrote; nothing for any other text.
std::optional<double> double_from_hex(std::string_view text);

}  // namespace filbert
