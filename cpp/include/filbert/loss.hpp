// The cost C_0 of one training example, as a function of the output a and the target y.
#pragma once

#include <span>
#include <string_view>

#include "filbert/activation.hpp"
#include "filbert/export.h"

namespace filbert {

/// Costs sum over the outputs; the cost of a minibatch is the mean of its C_0.
enum class Loss : unsigned char {
  squared_error,         ///< C_0 = sum_j (a_j - y_j)^2
  half_squared_error,    ///< C_0 = 1/2 sum_j (a_j - y_j)^2
  cross_entropy,         ///< C_0 = -sum_j y_j log a_j; requires a softmax output
  binary_cross_entropy,  ///< C_0 = -sum_j y_j log a_j + (1 - y_j) log(1 - a_j); requires sigmoid
};

/// The name that loss_from_string takes, such as "cross_entropy".
FILBERT_API std::string_view to_string(Loss loss);

/// Throws std::invalid_argument, listing the valid names, if there is no such loss.
FILBERT_API Loss loss_from_string(std::string_view name);

/// All names, in the order of the enum.
FILBERT_API std::span<const std::string_view> loss_names();

/// softmax -> cross_entropy, sigmoid -> binary_cross_entropy, anything else -> squared_error.
FILBERT_API Loss default_loss(Activation output);

/// Throws std::invalid_argument, naming both, if the loss cannot follow this output activation.
FILBERT_API void require_loss_fits(Loss loss, Activation output);

}  // namespace filbert
