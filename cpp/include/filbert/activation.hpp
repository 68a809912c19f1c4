// The activation functions sigma in a = sigma(z).
#pragma once

#include <span>
#include <string_view>

#include "filbert/export.h"

namespace filbert {

/// sigma of a layer. softmax couples the neurons of a layer and is allowed for the output only.
enum class Activation : unsigned char {
  identity,  ///< a = z
  relu,      ///< a = z < 0 ? 0 : z; its derivative at 0 is 0
  sigmoid,   ///< a = 1 / (1 + exp(-z))
  tanh,      ///< a = tanh(z)
  softmax,   ///< a_j = exp(z_j) / sum_i exp(z_i)
};

/// The name that activation_from_string takes, such as "relu".
FILBERT_API std::string_view to_string(Activation activation);

/// Throws std::invalid_argument, listing the valid names, if there is no such activation.
FILBERT_API Activation activation_from_string(std::string_view name);

/// All names, in the order of the enum.
FILBERT_API std::span<const std::string_view> activation_names();

}  // namespace filbert
