// The error of files that are not what they should be.
#pragma once

#include <stdexcept>

#include "filbert/export.h"

namespace filbert {

/// A file is not what it should be: foreign, truncated or damaged. The message says what is wrong,
/// and where. (A file that is missing is a std::filesystem::filesystem_error.)
class FILBERT_API_TYPE FormatError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace filbert
