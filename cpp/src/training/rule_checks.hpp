// Checks that the options of an update rule are in their ranges and fit the network's type.
#pragma once

#include "filbert/rules.hpp"

namespace filbert {

/// Throws std::invalid_argument, which names the option, if one is out of its range.
void require_in_range(const Rule& rule);

/// Throws std::invalid_argument, which names the option, if one does not fit in T. Options are
/// doubles, but a network of T computes with them as T.
template <class T>
void require_fits_type(const Rule& rule);

}  // namespace filbert
