// Options of a fit that are left open take what the network and the optimizer say.
#pragma once

#include <cstddef>

#include "filbert/fit_options.hpp"
#include "filbert/network.hpp"
#include "filbert/rules.hpp"

namespace filbert {

/// Returns the options with the size of batches, the loss and the seed filled in, for a fit of this
/// network by this rule to data of so many rows.
template <class T>
FitOptions complete(FitOptions options, const BasicNetwork<T>& net, const Rule& rule,
                    std::size_t rows) {
  if (!options.batch_size) options.batch_size = default_batch_size(rule, rows);
  if (!options.loss) options.loss = default_loss(net.output());
  if (!options.seed) options.seed = net.seed();
  return options;
}

}  // namespace filbert
