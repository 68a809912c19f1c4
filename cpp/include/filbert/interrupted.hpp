// How a callback ends a call early that has nothing else to return.
#pragma once

#include <functional>
#include <stdexcept>

#include "filbert/export.h"

namespace filbert {

/// What long calls ask every 50 ms or so, on the calling thread: whether to go on. Empty: nobody is
/// asked. It may throw; the call then ends as well, and passes on what it throws.
using KeepGoing = std::function<bool()>;

/// A KeepGoing has said no. The call has changed nothing.
class FILBERT_API_TYPE Interrupted : public std::runtime_error {
 public:
  FILBERT_API Interrupted();
};

}  // namespace filbert
