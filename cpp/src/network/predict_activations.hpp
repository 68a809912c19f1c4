// Prediction in the network's own units.
#pragma once

#include "filbert/interrupted.hpp"
#include "filbert/matrix.hpp"
#include "filbert/network.hpp"

namespace filbert {

/// Does what predict does for rows that have been normalised. a are the activations of the last
/// layer, also where the network normalises targets.
template <class T>
bool predict_activations(const BasicNetwork<T>& net, BasicMatrixView<const T> x,
                         BasicMatrixView<T> a, const KeepGoing& keep_going);

}  // namespace filbert
