// The parameters that a new network starts with. docs/numerics.md has the operations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "filbert/initialiser.hpp"
#include "filbert/network.hpp"
#include "system/pieces.hpp"

namespace filbert {

/// Where random numbers of a layer come from. l: its number. offset: where its weights start in the
/// flat buffer of parameters.
struct LayerNumbers {
  std::uint64_t seed;
  std::size_t l, offset;
};

/// Sets the weights (inputs, outputs) of a layer.
template <class T>
void initialise_weights(std::span<T> w, Initialiser initialiser, const Layer& layer,
                        const LayerNumbers& numbers, Pieces& pieces);

/// Sets the biases (outputs) of a layer, of a kind that is for biases.
template <class T>
void initialise_biases(std::span<T> b, Initialiser initialiser, const Layer& layer,
                       const LayerNumbers& numbers, Pieces& pieces);

}  // namespace filbert
