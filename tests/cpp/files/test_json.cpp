// The JSON of a file's header: what is read, and what is refused, with which message.
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "filbert/format_error.hpp"
#include "files/json.hpp"
#include "files/json_writer.hpp"
#include "support/check.hpp"

using filbert::FormatError;
using filbert::JsonReader;

namespace {

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
    const check::Case at(text);
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
  bad("\"\xC3(\"", "expected valid UTF-8");
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
    const check::Case at(text);
    CHECK_THROWS(FormatError, read_integer(text), "expected an integer");
  }
  for (const char* text : {"1.0", "1e3", "1 2", "1x"}) {
    const check::Case at(text);
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
    const check::Case at(text);
    CHECK_THROWS(FormatError, read_signed(text), "from -2^63 to 2^63 - 1");
  }
  CHECK_THROWS(FormatError, read_signed("-18446744073709551616"), "below 2^64");
  CHECK_THROWS(FormatError, read_signed("-0"), "expected an integer, got -0");
  for (const char* text : {"01", "-01", "00", "-00"}) {
    const check::Case at(text);
    CHECK_THROWS(FormatError, read_signed(text), "leading zero");
  }
  for (const char* text : {"-", "- 1", "--1", "+1", "", "x", "\"1\"", "null"}) {
    const check::Case at(text);
    CHECK_THROWS(FormatError, read_signed(text), "expected an integer");
  }
  for (const char* text : {"-1.0", "-1e3", "-0.5", "-0e0", "1-", "-1 2"}) {
    const check::Case at(text);
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
    const check::Case at(text);
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

}  // namespace

int main() {
  strings();
  integers();
  signed_integers();
  objects_and_arrays();
  return check::report();
}
