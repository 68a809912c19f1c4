// What files and messages consist of: checksums, numbers as text, half precision, JSON.
#include <bit>
#include <cmath>
#include <limits>
#include <locale>
#include <string>

#include "filbert/filbert.hpp"
#include "files/checksum.hpp"
#include "files/half.hpp"
#include "files/json.hpp"
#include "files/json_writer.hpp"
#include "support/check.hpp"
#include "system/cpu_count.hpp"
#include "system/hex.hpp"
#include "system/utf8.hpp"

using filbert::FormatError;
using filbert::JsonReader;

namespace {

std::uint64_t checksum(std::string_view text, std::size_t piece) {
  filbert::Checksum sum;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    sum.update(std::as_bytes(std::span(text.substr(at, piece))));
  }
  return sum.value();
}

void checksums() {
  // Values of the reference implementation.
  CHECK_EQ(checksum("", 1), std::uint64_t{0xEF46DB3751D8E999});
  CHECK_EQ(checksum("a", 1), std::uint64_t{0xD24EC4F1A98C6E5B});
  CHECK_EQ(checksum("abc", 1), std::uint64_t{0x44BC2CF5AD770999});
  CHECK_EQ(checksum("Nobody inspects the spammish repetition", 100),
           std::uint64_t{0xFBCEA83C8A378BF1});
  std::string text;
  for (int i = 0; i < 200; ++i) text += static_cast<char>(i);
  const std::uint64_t whole = checksum(text, 200);
  for (const std::size_t piece : {1, 7, 31, 32, 33, 64, 65}) CHECK_EQ(checksum(text, piece), whole);
}

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
    const auto again = filbert::double_from_hex(filbert::hex(value));
    CHECK(again.has_value() && (std::isnan(value) ? std::isnan(*again) : *again == value));
  }
  for (const double value : {0.0, -0.0, 1.0, Limits::max(), Limits::min(), Limits::denorm_min(),
                             Limits::infinity(), -Limits::infinity()}) {
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

std::string read_string(std::string_view text, std::size_t most = 100) {
  JsonReader json(text, "text");
  std::string result = json.string(most);
  json.end(' ');
  return result;
}

void strings() {
  CHECK_EQ(read_string("\"\""), std::string());
  CHECK_EQ(read_string(R"( "a\"\\\/\b\f\n\r\tz" )"), std::string("a\"\\/\b\f\n\r\tz"));
  CHECK_EQ(read_string(R"("\u0041\u00e9\u20AC\ud83d\ude00\u0000")"),
           std::string("A\u00e9\u20ac\U0001F600\0", 11));
  CHECK_EQ(read_string("\"\u00e9\u20ac\U0001F600\""), std::string("\u00e9\u20ac\U0001F600"));
  const auto bad = [](std::string_view text, const char* part) {
    CHECK_THROWS(FormatError, read_string(text), part);
  };
  bad("", "text, byte 0: expected a string, got the end");
  bad("x", "expected a string, got 'x'");
  bad("\"abc", "expected the end of a string, got the end");
  bad("\"\\", "expected a known escape, got the end");
  bad(R"("\x")", "expected a known escape, got 'x'");
  bad(R"("\u12g4")", "expected a hexadecimal digit, got 'g'");
  bad(R"("\u123)", "expected a hexadecimal digit");
  bad(R"("\ud800")", "pair of surrogates");
  bad(R"("\ud800\u0041")", "pair of surrogates");
  bad(R"("\udc00")", "pair of surrogates");
  bad("\"a\nb\"", "no control character, got byte value 10");
  bad("\"a\" b", "expected the end, got 'b'");
  for (const char* invalid :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x80\x80", "\xED\xA0\x80", "\xE2\x82",
        "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    bad("\"" + std::string(invalid) + "\"", "expected valid UTF-8");
    CHECK(!filbert::is_utf8(invalid));
  }
  CHECK_EQ(read_string("\"abc\"", 3), std::string("abc"));
  CHECK_THROWS(FormatError, read_string("\"abcd\"", 3), "at most 3 bytes");
  std::string all;
  for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
  std::string json;
  filbert::append_json(json, all + "\u20ac");
  CHECK_EQ(read_string(json, 1000), all + "\u20ac");
}

std::uint64_t read_integer(std::string_view text) {
  JsonReader json(text, "text");
  const std::uint64_t result = json.integer();
  json.end(' ');
  return result;
}

void integers() {
  CHECK_EQ(read_integer("0"), std::uint64_t{0});
  CHECK_EQ(read_integer("18446744073709551615"), ~std::uint64_t{0});
  CHECK_THROWS(FormatError, read_integer("18446744073709551616"), "below 2^64");
  CHECK_THROWS(FormatError, read_integer("99999999999999999999999"), "below 2^64");
  CHECK_THROWS(FormatError, read_integer("01"), "leading zero");
  for (const char* text : {"-1", "+1", "", "x", "\"1\"", "null"}) {
    CHECK_THROWS(FormatError, read_integer(text), "expected an integer");
  }
  for (const char* text : {"1.0", "1e3", "1 2", "1x"}) {
    CHECK_THROWS(FormatError, read_integer(text), "expected the end");
  }
}

std::int64_t read_signed(std::string_view text) {
  JsonReader json(text, "text");
  const std::int64_t result = json.signed_integer();
  json.end(' ');
  return result;
}

void signed_integers() {
  CHECK_EQ(read_signed("0"), std::int64_t{0});
  CHECK_EQ(read_signed(" -10"), std::int64_t{-10});
  CHECK_EQ(read_signed("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  CHECK_EQ(read_signed("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  for (const char* text : {"9223372036854775808", "-9223372036854775809", "18446744073709551615"}) {
    CHECK_THROWS(FormatError, read_signed(text), "from -2^63 to 2^63 - 1");
  }
  CHECK_THROWS(FormatError, read_signed("-18446744073709551616"), "below 2^64");
  CHECK_THROWS(FormatError, read_signed("-0"), "expected an integer, got -0");
  for (const char* text : {"01", "-01", "00", "-00"}) {
    CHECK_THROWS(FormatError, read_signed(text), "leading zero");
  }
  for (const char* text : {"-", "- 1", "--1", "+1", "", "x", "\"1\"", "null"}) {
    CHECK_THROWS(FormatError, read_signed(text), "expected an integer");
  }
  for (const char* text : {"-1.0", "-1e3", "-0.5", "-0e0", "1-", "-1 2"}) {
    CHECK_THROWS(FormatError, read_signed(text), "expected");
  }
}

std::string read_fields(std::string_view text) {
  JsonReader json(text, "text");
  std::string result = "a 0 b 0";
  json.fields({"a", "b"}, 1, [&](std::size_t which) {
    result[2 + 4 * which] = static_cast<char>('0' + json.integer());
  });
  json.end(' ');
  return result;
}

void objects_and_arrays() {
  CHECK_EQ(read_fields(R"({"a":1,"b":2})"), std::string("a 1 b 2"));
  CHECK_EQ(read_fields("{ \"b\" : 3 ,\n\"a\"\t: 4\r}  "), std::string("a 4 b 3"));
  CHECK_EQ(read_fields(R"({"a":1})"), std::string("a 1 b 0"));
  const auto bad = [](std::string_view text, const char* part) {
    CHECK_THROWS(FormatError, read_fields(text), part);
  };
  bad("[]", "expected an object, got '['");
  bad("{}", "expected the key 'a', got none");
  bad(R"({"b":1})", "expected the key 'a', got none");
  bad(R"({"a":1,"a":2})", "expected each key once, got 'a' twice");
  bad(R"({"a":1,"\u0061":2})", "expected each key once, got 'a' twice");
  bad(R"({"a":1,"c":2})", "expected one of the known keys, got 'c'");
  bad(R"({"a":1,})", "expected a string, got '}'");
  bad(R"({,"a":1})", "expected a string, got ','");
  bad(R"({"a":1 "b":2})", "expected ',' or '}', got '\"'");
  bad(R"({"a" 1})", "expected ':'");
  bad(R"({"a":1)", "got the end");
  bad(R"({"a":1}x)", "expected the end");
  const auto count = [](std::string_view text) {
    JsonReader json(text, "text");
    std::size_t elements = 0;
    json.array(3, [&] {
      json.boolean();
      ++elements;
    });
    json.end(' ');
    return elements;
  };
  CHECK_EQ(count("[]"), std::size_t{0});
  CHECK_EQ(count("[true, false,true]"), std::size_t{3});
  CHECK_THROWS(FormatError, count("[true,true,true,true]"), "at most 3 elements");
  CHECK_THROWS(FormatError, count("[true,]"), "expected true or false, got ']'");
  CHECK_THROWS(FormatError, count("[nul]"), "expected true or false");
  CHECK_THROWS(FormatError, count("[true"), "expected ',' or ']', got the end");
}

/// A locale that writes 1234.5 as 1.234,5, as many do; made here, as a system may have none.
struct Grouped : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

/// Of everything that holds numbers as text.
std::vector<std::byte> bytes_with_numbers() {
  const filbert::Optimizer adam = filbert::Adam({.learning_rate = 1234.5});
  std::vector<std::byte> bytes = filbert::to_bytes(filbert::Network({1500, 1}));
  const std::vector<std::byte> more = filbert::to_bytes(adam);
  bytes.insert(bytes.end(), more.begin(), more.end());
  return bytes;
}

void numbers_in_another_locale() {
  const std::vector<std::byte> expected = bytes_with_numbers();
  const std::size_t cores = filbert::cpu_count();
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new Grouped));
  filbert::Network net({1500, 1});
  filbert::Workspace workspace(net);
  const float x[2] = {};
  CHECK_THROWS(std::invalid_argument, filbert::forward(net, {x, 1, 2}, workspace),
               "x: expected 1500 columns, got 2");
  CHECK_THROWS(std::invalid_argument, filbert::set_threads(12345678),
               "threads: expected at most 1024, got 12345678");
  CHECK_THROWS(std::invalid_argument, filbert::Optimizer(filbert::Sgd{.learning_rate = -1234.5}),
               "got -1234.5");
  CHECK_THROWS(FormatError, read_string(std::string(1500, ' ') + "1"), "text, byte 1500: ");
  CHECK(bytes_with_numbers() == expected);
  CHECK_EQ(std::get<filbert::Network>(filbert::from_bytes(filbert::to_bytes(net))).inputs(),
           std::size_t{1500});
  CHECK_EQ(filbert::optimizer_from_bytes(filbert::to_bytes(filbert::Sgd({.learning_rate = 1234.5})))
               .learning_rate(),
           1234.5);
  CHECK_EQ(filbert::cpu_count(), cores);
  std::locale::global(before);
}

}  // namespace

int main() {
  checksums();
  hexadecimal_numbers();
  halves();
  strings();
  integers();
  signed_integers();
  objects_and_arrays();
  numbers_in_another_locale();
  return check::report();
}
