// Writes JSON without spaces, in the order of the calls.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "files/json.hpp"
#include "system/hex.hpp"

namespace filbert {

class JsonWriter {
 public:
  /// Begins the next member of an object. Its value has to follow.
  JsonWriter& operator[](std::string_view name) {
    separate('{');
    append_json(text_, name);
    text_ += ':';
    return *this;
  }
  template <std::integral Integer>
  void integer(Integer value) {
    text_ += std::to_string(value);
  }
  void boolean(bool value) { text_ += value ? "true" : "false"; }
  void string(std::string_view value) { append_json(text_, value); }
  void real(double value) { append_json(text_, hex(value)); }  // as a string, without rounding

  /// Writes an object: braces around what members() writes.
  template <class Members>
  void object(Members members) {
    text_ += '{';
    members();
    text_ += '}';
  }

  /// Writes an array: brackets around what element(value) writes for each value.
  template <class Values, class Element>
  void array(const Values& values, Element element) {
    text_ += '[';
    for (const auto& value : values) {
      separate('[');
      element(value);
    }
    text_ += ']';
  }

  const std::string& text() const { return text_; }

 private:
  void separate(char open) {
    if (text_.back() != open) text_ += ',';
  }

  std::string text_;
};

}  // namespace filbert
