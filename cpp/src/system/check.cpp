#include "system/check.hpp"

#include <locale>
#include <sstream>
#include <stdexcept>

namespace filbert {

void refuse_parts(std::initializer_list<MessagePart> parts) {
  std::ostringstream message;
  message.imbue(std::locale::classic());  // the program's locale may write 1500 as 1.500
  for (const MessagePart& part : parts) {
    std::visit([&](const auto& value) { message << value; }, part);
  }
  throw std::invalid_argument(message.str());
}

}  // namespace filbert
