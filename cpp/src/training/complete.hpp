// Options of a fit that are left open take what the network and the optimizer say.
#pragma once

#include <cstddef>
#include <utility>

#include "filbert/fit.hpp"
#include "filbert/network.hpp"
#include "filbert/rules.hpp"

namespace filbert {

/// Does what `complete` does, and fills in the size of batches, for a fit by this rule to data of
/// so many rows.
template <class T>
FitOptions complete(FitOptions options, const BasicNetwork<T>& net, const Rule& rule,
                    std::size_t rows) {
  if (!options.batch_size) options.batch_size = default_batch_size(rule, rows);
  return complete(std::move(options), net);
}

}  // namespace filbert
