// The parameter that a kind of activation or loss may have.
#pragma once

#include <string_view>

namespace filbert {

/// Its name, the values that it may have, and the one that it has by default.
struct Parameter {
  std::string_view name = {};
  double initial = 0.0;  ///< the default
  double least = 0.0, most = 0.0;

  constexpr bool exists() const { return !name.empty(); }
};

}  // namespace filbert
