// Which bytes are UTF-8.
#include <string_view>

#include "support/check.hpp"
#include "system/utf8.hpp"

namespace {

void valid() {
  for (const std::string_view text :
       {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    const check::Case at(text);
    CHECK(filbert::is_utf8(text));
  }
}

void invalid() {
  for (const std::string_view text :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x80\x80", "\xED\xA0\x80", "\xE2\x82",
        "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    const check::Case at(text);
    CHECK(!filbert::is_utf8(text));
  }
}

}  // namespace

int main() {
  valid();
  invalid();
  return check::report();
}
