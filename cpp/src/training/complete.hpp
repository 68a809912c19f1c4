// Options of a fit that are left open take what the network says.
#pragma once

#include "filbert/fit_options.hpp"
#include "filbert/network.hpp"

namespace filbert {

/// Returns the options with the loss and the seed filled in, for a fit of this network.
template <class T>
FitOptions complete(FitOptions options, const BasicNetwork<T>& net) {
  if (!options.loss) options.loss = default_loss(net.output());
  if (!options.seed) options.seed = net.seed();
  return options;
}

}  // namespace filbert
