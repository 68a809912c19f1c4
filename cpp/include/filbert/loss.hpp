// The cost C_0 of one training example, as a function of the output a and the target y.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "filbert/activation.hpp"
#include "filbert/export.h"
#include "filbert/parameter.hpp"

namespace filbert {

/// Costs sum over the outputs; the cost of a minibatch is the mean of its C_0.
enum class LossKind : unsigned char {
  squared_error,         ///< C_0 = sum_j (a_j - y_j)^2
  half_squared_error,    ///< C_0 = 1/2 sum_j (a_j - y_j)^2
  cross_entropy,         ///< C_0 = -sum_j y_j log a_j; of softmax, log_softmax
  binary_cross_entropy,  ///< C_0 = -sum_j y_j log a_j + (1 - y_j) log(1 - a_j); requires sigmoid
  huber,  ///< C_0 = sum_j (|d| <= delta ? d^2 / 2 : delta (|d| - delta / 2)), d = a_j - y_j
};

/// C_0 as a kind, and its parameter if it has one.
struct Loss {
  LossKind kind = LossKind::squared_error;
  double parameter = 0.0;  ///< 0 for a kind that has none

  FILBERT_API bool operator==(const Loss& other) const;  // the same kind and parameter
  /// The same kind with another parameter.
  constexpr Loss operator()(double value) const { return {kind, value}; }
};

// One constant for each kind, with its default parameter.
inline constexpr Loss squared_error{LossKind::squared_error},
    half_squared_error{LossKind::half_squared_error}, cross_entropy{LossKind::cross_entropy},
    binary_cross_entropy{LossKind::binary_cross_entropy}, huber{LossKind::huber, 1.0};

/// What is known of a kind of loss beside its mathematics.
struct LossTraits {
  std::string_view name;
  Parameter parameter = {};  ///< an empty name: none
  /// The output activations that it goes with, and whose default it may be; none: with any.
  std::span<const ActivationKind> outputs = {};
  /// Each row of targets is a distribution, and sums to 1.
  bool of_distributions = false;
  /// Each output is a decision of its own: the accuracy is the fraction of outputs that are right.
  bool judges_outputs = false;
};

FILBERT_API LossTraits traits_of(LossKind kind);
inline LossTraits traits_of(Loss loss) { return traits_of(loss.kind); }

/// Whether dC_0/dz is made as a - y, or as exp(a) - y of a log_softmax, and not from dC_0/da.
FILBERT_API bool fuses(Loss loss);

/// What loss_from_string takes: a name such as "cross_entropy", and behind it, in parentheses and
/// in hexadecimal, the parameter of a kind that has one.
FILBERT_API std::string to_string(Loss loss);

/// The value of such a text; of a name alone, that with the default parameter.
/// Throws std::invalid_argument, listing the valid names, if there is no such loss.
FILBERT_API Loss loss_from_string(std::string_view text);

/// All names, in the order of LossKind.
FILBERT_API std::span<const std::string_view> loss_names();

/// The first loss that is made for this output (softmax and log_softmax: cross_entropy,
/// sigmoid: binary_cross_entropy), else squared_error.
FILBERT_API Loss default_loss(Activation output);

/// Throws std::invalid_argument, naming both, if the loss cannot follow this output activation, or
/// if its parameter is out of range.
FILBERT_API void require_loss_fits(Loss loss, Activation output);

}  // namespace filbert
