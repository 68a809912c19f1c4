// Prediction in the network's own units.
#pragma once

#include "filbert/interrupted.hpp"
#include "filbert/matrix.hpp"
#include "filbert/network.hpp"

namespace filbert {

/// Does what predict does, but for the units of targets: a are the activations of the last layer.
template <class T>
bool predict_activations(const BasicNetwork<T>& net, BasicMatrixView<const T> x,
                         BasicMatrixView<T> a, const KeepGoing& keep_going);

}  // namespace filbert
