// A strict reader of JSON for the headers of files, and the writing of strings. The caller says
// what must come next, so that a file cannot decide how deep the reader nests, how many things it
// reads and how much memory it takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace filbert {

/// Reads one text. Whatever fails throws a FormatError that says what was expected, and at which
/// byte.
class JsonReader {
 public:
  /// where: what messages call the text. The reader keeps references to both.
  JsonReader(std::string_view text, std::string_view where) : text_(text), where_(where) {}

  /// Reads an object: calls member(key), which reads the value, for each member. Keys have at most
  /// max_key bytes, and may repeat.
  template <class Member>
  void object(std::size_t max_key, Member member) {
    expect('{', "an object");
    for (bool first = true; next('}', first); first = false) {
      const std::string key = string(max_key);
      expect(':', "':'");
      member(key);
    }
  }

  /// Reads an object that has only keys of this list, each at most once, and the first `required`
  /// of them. Calls member(which), which reads the value, with the index of the key in the list.
  template <class Member>
  void fields(std::initializer_list<std::string_view> keys, std::size_t required, Member member) {
    std::uint64_t seen = 0;
    object(256, [&](const std::string& key) {
      const std::size_t which = index_of(key, keys);
      if (which == keys.size()) fail("one of the known keys", "'" + key + "'");
      if ((seen >> which & 1) != 0) fail("each key once", "'" + key + "' twice");
      seen |= std::uint64_t{1} << which;
      member(which);
    });
    for (std::size_t i = 0; i < required; ++i) {
      if ((seen >> i & 1) == 0) fail("the key '" + std::string(keys.begin()[i]) + "'", "none");
    }
  }

  /// Reads an array of at most `most` elements: calls element(), which reads one, for each.
  template <class Element>
  void array(std::size_t most, Element element) {
    expect('[', "an array");
    std::size_t count = 0;
    for (; next(']', count == 0); ++count) {
      if (count == most) fail("at most " + std::to_string(most) + " elements", "more");
      element();
    }
  }

  /// Reads a string of at most that many bytes, which are valid UTF-8.
  std::string string(std::size_t most);

  /// Reads an integer below 2^64: digits only, without leading zeros.
  std::uint64_t integer();

  /// Reads an integer from -2^63 to 2^63 - 1, which may have a minus sign; -0 is an error.
  std::int64_t signed_integer();

  /// How many strings are in the array that comes next. Reads nothing.
  std::size_t strings_ahead() const;

  /// How many objects are in the array that comes next, at most: those of the text that follow.
  /// Reads nothing.
  std::size_t objects_ahead() const;

  /// Whether a string comes next. Reads nothing.
  bool before_string();

  bool boolean();

  /// Reads the rest of the text, which may consist of this character only.
  void end(char padding);

  /// Throws a FormatError for what was read last.
  [[noreturn]] void fail(const std::string& expected, const std::string& got) const {
    fail("expected " + expected + ", got " + got);
  }
  [[noreturn]] void fail(const std::string& message) const;

 private:
  static std::size_t index_of(std::string_view key, std::initializer_list<std::string_view> keys);
  void skip_space();
  void expect(char wanted, const char* name);
  bool next(char close, bool first);  // whether another member or element follows
  std::uint64_t digits();             // without spaces before them
  std::uint32_t hex4();
  void escape(std::string& to);
  void sequence(std::string& to);  // reads one character of UTF-8
  [[noreturn]] void fail_here(const char* expected) const;

  std::string_view text_, where_;
  std::size_t at_ = 0;
};

/// Appends a string in quotes, and escapes what has to be escaped.
void append_json(std::string& json, std::string_view text);

}  // namespace filbert
