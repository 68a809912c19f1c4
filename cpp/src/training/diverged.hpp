// Finding out where a training has diverged.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>

#include "filbert/diverged.hpp"
#include "filbert/network.hpp"

namespace filbert {

/// Whether all parameters are finite.
template <class T>
bool is_finite(const BasicNetwork<T>& net);

/// Whether all of these numbers are finite.
template <class T>
bool all_finite(std::span<const T> numbers) {
  int others = 0;
  for (const T number : numbers) others |= !(std::abs(number) <= std::numeric_limits<T>::max());
  return others == 0;
}

/// Sets the layer and the suspect of a divergence from the network as it is and the rows of x of
/// the batch whose cost is not finite, as the first layer takes them; there may be none.
template <class T>
void diagnose(Divergence& divergence, const BasicNetwork<T>& net, std::span<const T* const> x);

extern template bool is_finite(const BasicNetwork<float>& net);
extern template bool is_finite(const BasicNetwork<double>& net);
extern template void diagnose(Divergence& divergence, const BasicNetwork<float>& net,
                              std::span<const float* const> x);
extern template void diagnose(Divergence& divergence, const BasicNetwork<double>& net,
                              std::span<const double* const> x);

}  // namespace filbert
