// The cost C_0 of one training example, as a function of the output a and the target y.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
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
  absolute_error,  ///< C_0 = sum_j |a_j - y_j|
  log_cosh,        ///< C_0 = sum_j log cosh(a_j - y_j)
  poisson,         ///< C_0 = sum_j a_j - y_j log a_j; requires an output that is never negative
  quantile,        ///< C_0 = sum_j (d < 0 ? q -d : (1 - q) d), d = a_j - y_j; q: the level of a_j
  gaussian_nll,    ///< C_0 = 1/2 sum_j s_j + (y_j - a_j)^2 / exp(s_j); s: the second half of a
  hinge,           ///< C_0 = sum_j max(0, 1 - y_j a_j), y_j = -1 or 1
  squared_hinge,   ///< C_0 = sum_j max(0, 1 - y_j a_j)^2, y_j = -1 or 1
  kl_divergence,   ///< C_0 = sum_j y_j log(y_j / a_j); requires softmax
  focal,  ///< C_0 = -sum_j y_j (1 - a_j)^gamma log a_j for softmax; see docs/numerics.md for
          ///< sigmoid
};

/// The most parameters that a loss has: the levels of quantile.
inline constexpr std::size_t max_loss_parameters = 32;

/// C_0 as a kind, and its parameter if it has one.
struct Loss {
  LossKind kind = LossKind::squared_error;
  double parameter = 0.0;  ///< 0 for a kind that has none; the first one of several
  /// Those after the first, of a kind that may have several; 0 behind the last.
  std::array<double, max_loss_parameters - 1> others = {};

  FILBERT_API bool operator==(const Loss& other) const;  // the same kind and parameters
  /// The same kind with another parameter.
  constexpr Loss operator()(double value) const { return {kind, value}; }
  /// The same kind with several parameters, such as quantile({0.1, 0.5, 0.9}). Throws
  /// std::invalid_argument if it may not have so many, or one of them is out of range.
  FILBERT_API Loss operator()(std::initializer_list<double> values) const;

  /// How many parameters there are.
  constexpr std::size_t count() const {
    std::size_t others_count = 0;
    const auto is_there = [](double value) { return value < 0.0 || value > 0.0; };
    while (others_count < others.size() && is_there(others[others_count])) ++others_count;
    return 1 + others_count;
  }
  /// The parameter i < count().
  constexpr double at(std::size_t i) const { return i == 0 ? parameter : others[i - 1]; }
};

// One constant for each kind, with its default parameter.
inline constexpr Loss squared_error{LossKind::squared_error},
    half_squared_error{LossKind::half_squared_error}, cross_entropy{LossKind::cross_entropy},
    binary_cross_entropy{LossKind::binary_cross_entropy}, huber{LossKind::huber, 1.0},
    absolute_error{LossKind::absolute_error}, log_cosh{LossKind::log_cosh},
    poisson{LossKind::poisson}, quantile{LossKind::quantile, 0.5},
    gaussian_nll{LossKind::gaussian_nll}, hinge{LossKind::hinge},
    squared_hinge{LossKind::squared_hinge}, kl_divergence{LossKind::kl_divergence},
    focal{LossKind::focal, 2.0};

/// Which targets a loss takes, beside what the output asks for.
enum class TargetRange : unsigned char {
  any,
  distributions,  ///< each row sums to 1
  nonnegative,    ///< and so are the outputs
  signs,          ///< -1 or 1: the network classifies by the signs of its outputs
};

/// What is known of a kind of loss beside its mathematics.
struct LossTraits {
  std::string_view name;
  Parameter parameter = {};  ///< an empty name: none
  /// The output activations that it goes with, and whose default it may be; none: with any.
  std::span<const ActivationKind> outputs = {};
  TargetRange targets = TargetRange::any;
  /// Each output is a decision of its own: the accuracy is the fraction of outputs that are right.
  bool judges_outputs = false;
  /// It may have several parameters, each for an output of its own of the same target.
  bool several_parameters = false;
  /// Two outputs are for one target.
  bool pairs_outputs = false;
};

FILBERT_API LossTraits traits_of(LossKind kind);
inline LossTraits traits_of(const Loss& loss) { return traits_of(loss.kind); }

/// How many outputs are for one target: as many as there are levels of quantile, two for
/// gaussian_nll, else one. With k outputs for one target, n outputs are for n / k targets, and y
/// has n / k columns. The first n / k outputs are those of the first level, or the means, each for
/// the target in its column; then come those of the second level, or the logarithms of the
/// variances.
FILBERT_API std::size_t outputs_of_target(const Loss& loss);

/// Returns how many columns y has. Throws std::invalid_argument if so many outputs are not a
/// multiple of outputs_of_target.
FILBERT_API std::size_t target_columns(const Loss& loss, std::size_t outputs);

/// Whether a network with this output, under this loss, tells classes apart and has an accuracy.
FILBERT_API bool classifies(const Loss& loss, Activation output);

/// Whether dC_0/dz is made as a - y, or as exp(a) - y of a log_softmax, and not from dC_0/da.
FILBERT_API bool fuses(const Loss& loss);

/// What loss_from_string takes: a name such as "cross_entropy", and behind it, in parentheses and
/// in hexadecimal, the parameter of a kind that has one, or several with ", " between them. A
/// parameter that is 0 as it is by default is left out, with its parentheses.
FILBERT_API std::string to_string(const Loss& loss);

/// The value of such a text; of a name alone, that with the default parameter.
/// Throws std::invalid_argument, listing the valid names, if there is no such loss.
FILBERT_API Loss loss_from_string(std::string_view text);

/// All names, in the order of LossKind.
FILBERT_API std::span<const std::string_view> loss_names();

/// The first loss that is made for this output (softmax and log_softmax: cross_entropy,
/// sigmoid: binary_cross_entropy), else squared_error.
FILBERT_API Loss default_loss(Activation output);

/// Throws std::invalid_argument if a parameter of the loss is out of range, or it has too many.
FILBERT_API void require_parameters(const Loss& loss);

/// Throws std::invalid_argument, naming both, if the loss cannot follow this output activation, or
/// if its parameter is out of range.
FILBERT_API void require_loss_fits(const Loss& loss, Activation output);

}  // namespace filbert
