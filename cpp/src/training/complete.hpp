// What the options of a fit leave open, and the network says.
#pragma once

#include "filbert/fit_options.hpp"
#include "filbert/network.hpp"

namespace filbert {

/// The same options with every value: of a fit of this network.
template <class T>
FitOptions complete(FitOptions options, const BasicNetwork<T>& net) {
  if (!options.loss) options.loss = default_loss(net.output());
  if (!options.seed) options.seed = net.seed();
  return options;
}

}  // namespace filbert
