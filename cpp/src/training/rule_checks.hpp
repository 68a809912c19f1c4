// Whether the options of an update rule are in their ranges.
#pragma once

#include "filbert/rules.hpp"

namespace filbert {

/// Throws std::invalid_argument, naming the option, if one is out of its range.
void require_in_range(const Rule& rule);

/// Options are doubles; a network of T computes with them as T. Throws std::invalid_argument,
/// naming the option, if one does not fit.
template <class T>
void require_fits_type(const Rule& rule);

}  // namespace filbert
