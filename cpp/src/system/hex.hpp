// Numbers as hexadecimal text, without rounding.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace filbert {

/// An integer as sixteen digits.
std::string hex(std::uint64_t value);

/// A number as Python's float.hex writes it: "0x1.999999999999ap-4", "-0x0.0p+0", "inf", "nan".
std::string hex(double value);

/// The number for which hex(double) writes this text, or nothing if there is none.
std::optional<double> double_from_hex(std::string_view text);

}  // namespace filbert
