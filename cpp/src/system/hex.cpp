#include "system/hex.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace filbert {
namespace {

constexpr int fraction_bits = 52, exponent_bias = 1023;
constexpr std::uint64_t fraction_mask = (std::uint64_t{1} << fraction_bits) - 1;
constexpr std::string_view hex_digits = "0123456789abcdef";

/// Reads a decimal number that has a sign and at most four digits.
std::optional<int> integer_from(std::string_view text) {
  if (text.size() < 2 || text.size() > 5 || (text[0] != '+' && text[0] != '-')) return {};
  int value = 0;
  for (const char c : text.substr(1)) {
    if (c < '0' || c > '9') return {};
    value = 10 * value + (c - '0');
  }
  return text[0] == '-' ? -value : value;
}

/// The magnitude that a text stands for. The text need not be the one that hex writes for it: the
/// caller compares the two.
std::optional<double> magnitude_from(std::string_view text) {
  constexpr std::size_t fraction_digits = fraction_bits / 4;
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "0x0.0p+0") return 0.0;
  if (text.size() < 4 + fraction_digits + 3 || !text.starts_with("0x") || text[3] != '.' ||
      text[4 + fraction_digits] != 'p') {
    return {};
  }
  std::uint64_t fraction = 0;
  for (const char c : text.substr(4, fraction_digits)) {
    const std::size_t digit = hex_digits.find(c);
    if (digit == hex_digits.npos) return {};
    fraction = fraction << 4 | digit;
  }
  const std::optional<int> exponent = integer_from(text.substr(4 + fraction_digits + 1));
  if (!exponent || *exponent < 1 - exponent_bias || *exponent > exponent_bias) return {};
  const std::uint64_t biased =
      text[2] == '0' ? 0 : static_cast<std::uint64_t>(*exponent + exponent_bias);
  return std::bit_cast<double>(biased << fraction_bits | fraction);
}

}  // namespace

std::string hex(std::uint64_t value) {
  std::string text(16, '0');
  for (std::size_t i = 0; i < 16; ++i) text[i] = hex_digits[value >> (60 - 4 * i) & 15];
  return text;
}

std::string hex(double value) {
  if (std::isnan(value)) return "nan";
  const std::string sign = std::signbit(value) ? "-" : "";
  if (std::isinf(value)) return sign + "inf";
  if (value == 0.0) return sign + "0x0.0p+0";
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const auto biased = static_cast<int>(bits >> fraction_bits & 0x7FF);
  const int exponent = biased == 0 ? 1 - exponent_bias : biased - exponent_bias;
  return sign + (biased == 0 ? "0x0." : "0x1.") +
         hex(bits & fraction_mask).substr(16 - fraction_bits / 4) + (exponent < 0 ? "p" : "p+") +
         std::to_string(exponent);
}

std::optional<double> double_from_hex(std::string_view text) {
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  const bool negative = text.starts_with('-');
  std::optional<double> value = magnitude_from(text.substr(negative ? 1 : 0));
  if (value && negative) value = -*value;
  if (!value || hex(*value) != text) return {};
  return value;
}

}  // namespace filbert
