// A strict reader of JSON, for the headers of files: whoever reads says what must come next, so
// that depth, counts and memory are the reader's own and never the file's. And the writing of
// strings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace filbert {

/// Every failure is a FormatError that says what was expected, and at which byte.
class JsonReader {
 public:
  /// where: what the text is part of, for messages. Both outlive the reader.
  JsonReader(std::string_view text, std::string_view where) : text_(text), where_(where) {}

  /// Calls member(key), which reads the value, for each member. Keys may repeat; they have at most
  /// max_key bytes.
  template <class Member>
  void object(std::size_t max_key, Member member) {
    expect('{', "an object");
    for (bool first = true; next('}', first); first = false) {
      const std::string key = string(max_key);
      expect(':', "':'");
      member(key);
    }
  }

  /// An object of a closed list of keys, each at most once, of which the first `required` must be
  /// there. Calls member(which) with a key's index in the list.
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

  /// Calls element(), which reads one, for each element. FormatError beyond `most` of them.
  template <class Element>
  void array(std::size_t most, Element element) {
    expect('[', "an array");
    std::size_t count = 0;
    for (; next(']', count == 0); ++count) {
      if (count == most) fail("at most " + std::to_string(most) + " elements", "more");
      element();
    }
  }

  /// At most that many bytes of valid UTF-8.
  std::string string(std::size_t most);

  /// Digits only, no leading zeros, below 2^64.
  std::uint64_t integer();

  /// The same, or - and then digits; no -0. From -2^63 to 2^63 - 1.
  std::int64_t signed_integer();

  /// How many strings there are in the array that comes next; nothing is read.
  std::size_t strings_ahead() const;

  /// Whether a string comes next.
  bool before_string();

  bool boolean();

  /// Nothing may follow but padding: any number of this character.
  void end(char padding);

  /// Throws the FormatError of what was read last.
  [[noreturn]] void fail(const std::string& expected, const std::string& got) const {
    fail("expected " + expected + ", got " + got);
  }
  [[noreturn]] void fail(const std::string& message) const;

 private:
  static std::size_t index_of(std::string_view key, std::initializer_list<std::string_view> keys);
  void skip_space();
  void expect(char wanted, const char* name);
  bool next(char close, bool first);  // whether another member or element comes
  std::uint64_t digits();             // at once, without space in front
  std::uint32_t hex4();
  void escape(std::string& to);
  void sequence(std::string& to);  // one character of UTF-8
  [[noreturn]] void fail_here(const char* expected) const;

  std::string_view text_, where_;
  std::size_t at_ = 0;
};

/// Appends a string in quotes, with whatever must be escaped.
void append_json(std::string& json, std::string_view text);

}  // namespace filbert
