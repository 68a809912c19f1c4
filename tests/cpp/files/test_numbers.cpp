// How files hold numbers: doubles in hexadecimal, and half precision.
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "files/half.hpp"
#include "support/check.hpp"
#include "system/hex.hpp"

namespace {

void hexadecimal_numbers() {
  CHECK_EQ(filbert::hex(std::uint64_t{0x0123456789ABCDEF}), std::string("0123456789abcdef"));
  CHECK_EQ(filbert::hex(0.1), std::string("0x1.999999999999ap-4"));
  CHECK_EQ(filbert::hex(-0.0), std::string("-0x0.0p+0"));
  CHECK_EQ(filbert::hex(5e-324), std::string("0x0.0000000000001p-1022"));
  CHECK_EQ(filbert::hex(3.0), std::string("0x1.8000000000000p+1"));
  using Limits = std::numeric_limits<double>;
  std::uint64_t bits = 1;
  for (int i = 0; i < 10000; ++i) {
    bits = bits * 6364136223846793005 + 1442695040888963407;
    const double value = std::bit_cast<double>(bits);
    const check::Case at(value);
    const auto again = filbert::double_from_hex(filbert::hex(value));
    CHECK(again.has_value() && (std::isnan(value) ? std::isnan(*again) : *again == value));
  }
  for (const double value : {0.0, -0.0, 1.0, Limits::max(), Limits::min(), Limits::denorm_min(),
                             Limits::infinity(), -Limits::infinity()}) {
    const check::Case at(value);
    const auto again = filbert::double_from_hex(filbert::hex(value));
    CHECK(again.has_value() &&
          std::bit_cast<std::uint64_t>(*again) == std::bit_cast<std::uint64_t>(value));
  }
  for (const char* text : {"",
                           "-",
                           "1",
                           "0x1.8p+1",
                           "0x1.8000000000000p1",
                           "0x1.8000000000000p+01",
                           "-nan",
                           "+inf",
                           "0x2.8000000000000p+1",
                           "0x1.8000000000000p+1024",
                           "0x1.8000000000000p-1023",
                           "0x1.800000000000Ap+1",
                           "0x0.0000000000000p-1022",
                           "0x0.8000000000000p+1",
                           "0x1.8000000000000p+1 ",
                           " 0x1.8000000000000p+1",
                           "0X1.8000000000000p+1",
                           "0x1.8000000000000p+99999",
                           "--0x1.8000000000000p+1",
                           "0x1.8000000000000p"}) {
    const check::Case at(text);
    CHECK(!filbert::double_from_hex(text).has_value());
  }
}

void halves() {
  using filbert::float_from_f16;
  CHECK_EQ(float_from_f16(0x3C00), 1.0F);
  CHECK_EQ(float_from_f16(0xC000), -2.0F);
  CHECK_EQ(float_from_f16(0x7BFF), 65504.0F);
  CHECK_EQ(float_from_f16(0x0001), 0x1p-24F);
  CHECK_EQ(float_from_f16(0x83FF), -0x1.ff8p-15F);
  CHECK(std::signbit(float_from_f16(0x8000)) && float_from_f16(0x8000) == 0.0F);
  CHECK(std::isinf(float_from_f16(0x7C00)) && std::isnan(float_from_f16(0x7E00)));
  CHECK_EQ(filbert::float_from_bf16(0x3F80), 1.0F);
  CHECK_EQ(filbert::float_from_bf16(0xC040), -3.0F);
}

}  // namespace

int main() {
  hexadecimal_numbers();
  halves();
  return check::report();
}
