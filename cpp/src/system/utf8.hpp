// Text in UTF-8, as the Unicode Standard defines it: no surrogates, no overlong forms.
#pragma once

#include <cstddef>
#include <string_view>

namespace filbert {

/// The number of bytes of the character at the start of the text; 0 if there is no valid one.
std::size_t utf8_length(std::string_view text);

/// Whether all of it is valid.
bool is_utf8(std::string_view text);

}  // namespace filbert
