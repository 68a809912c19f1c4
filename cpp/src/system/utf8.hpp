// Text in UTF-8 as the Unicode Standard defines it, without surrogates and overlong forms.
#pragma once

#include <cstddef>
#include <string_view>

namespace filbert {

/// The number of bytes of the first character of the text; 0 if the text is empty or does not
/// begin with a valid character.
std::size_t utf8_length(std::string_view text);

/// Whether the whole text is valid.
bool is_utf8(std::string_view text);

}  // namespace filbert
