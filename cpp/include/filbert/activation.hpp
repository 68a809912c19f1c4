// The activation functions sigma in a = sigma(z).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "filbert/export.h"
#include "filbert/parameter.hpp"

namespace filbert {

enum class ActivationKind : unsigned char {
  identity,      ///< a = z
  relu,          ///< a = z < 0 ? 0 : z; its derivative at 0 is 0
  sigmoid,       ///< a = 1 / (1 + exp(-z))
  tanh,          ///< a = tanh(z)
  softmax,       ///< a_j = exp(z_j) / sum_i exp(z_i)
  gelu,          ///< a = z Phi(z), Phi being the normal distribution (Hendrycks and Gimpel 2016)
  mish,          ///< a = z tanh(log(1 + exp(z))) (Misra 2019)
  leaky_relu,    ///< a = z < 0 ? slope z : z (Maas et al. 2013); its derivative at 0 is the slope
  relu6,         ///< a = min(relu(z), 6) (Krizhevsky 2010); its derivative at 0 and 6 is 0
  elu,           ///< a = z > 0 ? z : alpha (exp(z) - 1) (Clevert et al. 2016)
  selu,          ///< a = 1.0507 elu(z) with alpha = 1.6733 (Klambauer et al. 2017)
  gelu_tanh,     ///< a = z/2 (1 + tanh(sqrt(2/pi) (z + 0.044715 z^3))) (Hendrycks and Gimpel 2016)
  silu,          ///< a = z sigmoid(z) (Elfwing et al. 2018), which is also called swish
  softplus,      ///< a = log(1 + exp(z)) (Dugas et al. 2001)
  softsign,      ///< a = z / (1 + |z|) (Bergstra et al. 2009)
  hard_sigmoid,  ///< a = min(relu(z + 3), 6) / 6 (Courbariaux et al. 2015, as in PyTorch)
  hard_tanh,     ///< a = max(-1, min(1, z)) (Collobert 2004); its derivative at -1 and 1 is 0
  hard_swish,    ///< a = z hard_sigmoid(z) (Howard et al. 2019)
  log_softmax,   ///< a_j = z_j - log(sum_i exp(z_i))
  exponential,   ///< a = exp(z), which is infinite beyond the range of the type
};

/// sigma of a layer: a kind, and its parameter if it has one.
struct Activation {
  ActivationKind kind = ActivationKind::identity;
  double parameter = 0.0;  ///< 0 for a kind that has none

  FILBERT_API bool operator==(const Activation& other) const;  // the same kind and parameter
  /// The same kind with another parameter.
  constexpr Activation operator()(double value) const { return {kind, value}; }
};

// One constant for each kind, with its default parameter.
inline constexpr Activation identity{ActivationKind::identity}, relu{ActivationKind::relu},
    sigmoid{ActivationKind::sigmoid}, tanh{ActivationKind::tanh}, softmax{ActivationKind::softmax},
    gelu{ActivationKind::gelu}, mish{ActivationKind::mish},
    leaky_relu{ActivationKind::leaky_relu, 0.01}, relu6{ActivationKind::relu6},
    elu{ActivationKind::elu, 1.0}, selu{ActivationKind::selu}, gelu_tanh{ActivationKind::gelu_tanh},
    silu{ActivationKind::silu}, softplus{ActivationKind::softplus},
    softsign{ActivationKind::softsign}, hard_sigmoid{ActivationKind::hard_sigmoid},
    hard_tanh{ActivationKind::hard_tanh}, hard_swish{ActivationKind::hard_swish},
    log_softmax{ActivationKind::log_softmax}, exponential{ActivationKind::exponential};

/// The distribution of the initial weights of a layer, uniform in +- a limit.
enum class Initialisation : unsigned char {
  he,      ///< sqrt(6 / inputs) (He et al. 2015)
  glorot,  ///< sqrt(6 / (inputs + outputs)) (Glorot and Bengio 2010)
};

/// What is known of a kind of activation beside its mathematics.
struct ActivationTraits {
  std::string_view name;
  Parameter parameter = {};  ///< an empty name: none
  Initialisation initialisation = Initialisation::glorot;
  /// Hidden layers may have it, and not the output alone.
  bool hidden = true;
  /// An a_j depends on the z of its own neuron alone.
  bool elementwise = true;
  /// Outputs say how probable a class is: such a network classifies.
  bool classifies = false;
  /// Outputs are in [0, 1], and so targets have to be, under every loss.
  bool probabilities = false;
  /// Outputs are never below 0.
  bool nonnegative = false;
};

FILBERT_API ActivationTraits traits_of(ActivationKind kind);
inline ActivationTraits traits_of(Activation activation) { return traits_of(activation.kind); }

/// What activation_from_string takes: a name such as "relu", and behind it, in parentheses and in
/// hexadecimal, the parameter of a kind that has one: "leaky_relu(0x1.999999999999ap-3)".
FILBERT_API std::string to_string(Activation activation);

/// The value of such a text; of a name alone, that with the default parameter.
/// Throws std::invalid_argument, listing the valid names, if there is no such activation.
FILBERT_API Activation activation_from_string(std::string_view text);

/// All names, in the order of ActivationKind.
FILBERT_API std::span<const std::string_view> activation_names();

}  // namespace filbert
