#include "files/json.hpp"

#include <algorithm>
#include <limits>

#include "filbert/format_error.hpp"
#include "system/utf8.hpp"

namespace filbert {
namespace {

void append_utf8(std::string& to, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { to += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

}  // namespace

void JsonReader::fail(const std::string& message) const {
  throw FormatError(std::string(where_) + ", byte " + std::to_string(at_) + ": " + message);
}

void JsonReader::fail_here(const char* expected) const {
  if (at_ >= text_.size()) fail(expected, "the end");
  const unsigned char byte = static_cast<unsigned char>(text_[at_]);
  const bool printable = byte >= 0x20 && byte < 0x7F;
  fail(expected, printable ? "'" + std::string(1, text_[at_]) + "'"
                           : "byte value " + std::to_string(static_cast<unsigned>(byte)));
}

std::size_t JsonReader::index_of(std::string_view key,
                                 std::initializer_list<std::string_view> keys) {
  return static_cast<std::size_t>(std::find(keys.begin(), keys.end(), key) - keys.begin());
}

void JsonReader::skip_space() {
  while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string::npos) {
    ++at_;
  }
}

void JsonReader::expect(char wanted, const char* name) {
  skip_space();
  if (at_ >= text_.size() || text_[at_] != wanted) fail_here(name);
  ++at_;
}

bool JsonReader::next(char close, bool first) {
  skip_space();
  if (at_ < text_.size() && text_[at_] == close) {
    ++at_;
    return false;
  }
  if (!first) expect(',', close == '}' ? "',' or '}'" : "',' or ']'");
  return true;
}

std::string JsonReader::string(std::size_t most) {
  expect('"', "a string");
  std::size_t close = at_;
  while (close < text_.size() && text_[close] != '"') close += text_[close] == '\\' ? 2 : 1;
  // An escape is never shorter than the character that it stands for, and a character that is one
  // too many has at most 4 bytes. So the string never has to grow, which would take three times its
  // memory.
  std::string result;
  result.reserve(std::min(most + 4, std::min(close, text_.size()) - at_));
  while (at_ < text_.size() && text_[at_] != '"') {
    if (text_[at_] == '\\') {
      escape(result);
    } else {
      sequence(result);
    }
    if (result.size() > most) fail("at most " + std::to_string(most) + " bytes", "more");
  }
  expect('"', "the end of a string");
  return result;
}

void JsonReader::sequence(std::string& to) {
  if (static_cast<unsigned char>(text_[at_]) < 0x20) fail_here("no control character");
  const std::size_t length = utf8_length(text_.substr(at_));
  if (length == 0) fail_here("valid UTF-8");
  to += text_.substr(at_, length);
  at_ += length;
}

void JsonReader::escape(std::string& to) {
  constexpr std::string_view names = "\"\\/bfnrt", characters = "\"\\/\b\f\n\r\t";
  ++at_;
  const std::size_t which = at_ < text_.size() ? names.find(text_[at_]) : names.npos;
  if (which != names.npos) {
    to += characters[which];
    ++at_;
    return;
  }
  if (at_ >= text_.size() || text_[at_] != 'u') fail_here("a known escape");
  ++at_;
  std::uint32_t code = hex4();
  if (code >= 0xD800 && code <= 0xDBFF && text_.substr(at_, 2) == "\\u") {
    at_ += 2;
    const std::uint32_t low = hex4();
    if (low < 0xDC00 || low > 0xDFFF) fail("a pair of surrogates", "half of one");
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  } else if (code >= 0xD800 && code <= 0xDFFF) {
    fail("a pair of surrogates", "half of one");
  }
  append_utf8(to, code);
}

std::uint32_t JsonReader::hex4() {
  std::uint32_t code = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    const bool digit = c >= '0' && c <= '9', low = c >= 'a' && c <= 'f', up = c >= 'A' && c <= 'F';
    if (!digit && !low && !up) fail_here("a hexadecimal digit");
    code = code * 16 + static_cast<std::uint32_t>(digit ? c - '0'
                                                  : low ? c - 'a' + 10
                                                        : c - 'A' + 10);
  }
  return code;
}

std::uint64_t JsonReader::integer() {
  skip_space();
  return digits();
}

std::int64_t JsonReader::signed_integer() {
  skip_space();
  const bool negative = at_ < text_.size() && text_[at_] == '-';
  if (negative) ++at_;
  const std::uint64_t size = digits();
  if (negative && size == 0) fail("an integer", "-0");
  if (size > (std::uint64_t{1} << 63) - (negative ? 0 : 1)) {
    fail("an integer from -2^63 to 2^63 - 1", "one beyond");
  }
  return static_cast<std::int64_t>(negative ? 0 - size : size);
}

std::size_t JsonReader::strings_ahead() const {
  std::size_t count = 0;
  bool inside = false;
  for (std::size_t at = at_; at < text_.size() && (inside || text_[at] != ']'); ++at) {
    if (text_[at] == '\\') {
      ++at;  // skip the character that is escaped
    } else if (text_[at] == '"') {
      inside = !inside;
      if (inside) ++count;
    }
  }
  return count;
}

std::size_t JsonReader::objects_ahead() const {
  std::size_t count = 0;
  bool inside = false;  // a string
  for (std::size_t at = at_; at < text_.size(); ++at) {
    if (text_[at] == '\\') {
      ++at;  // skip the character that is escaped
    } else if (text_[at] == '"') {
      inside = !inside;
    } else if (!inside && text_[at] == '{') {
      ++count;
    }
  }
  return count;
}

bool JsonReader::before_string() {
  skip_space();
  return at_ < text_.size() && text_[at_] == '"';
}

std::uint64_t JsonReader::digits() {
  const std::size_t start = at_;
  std::uint64_t value = 0;
  for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
    const auto digit = static_cast<std::uint64_t>(text_[at_] - '0');
    if (value > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) {
      fail("an integer below 2^64", "a larger one");
    }
    value = 10 * value + digit;
  }
  if (at_ == start) fail_here("an integer");
  if (text_[start] == '0' && at_ > start + 1) fail("an integer", "a leading zero");
  return value;  // what follows, such as a fraction, is the caller's error to find
}

bool JsonReader::boolean() {
  skip_space();
  for (const bool value : {false, true}) {
    const std::string_view name = value ? "true" : "false";
    if (text_.substr(at_, name.size()) == name) {
      at_ += name.size();
      return value;
    }
  }
  fail_here("true or false");
}

void JsonReader::end(char padding) {
  while (at_ < text_.size() && text_[at_] == padding) ++at_;
  if (at_ < text_.size()) fail_here("the end");
}

void append_json(std::string& json, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  json += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (byte < 0x20) {
      json += "\\u00";
      json += digits[byte >> 4];
      json += digits[byte & 15];
    } else {
      json += c;
    }
  }
  json += '"';
}

}  // namespace filbert
