// How the parameters of a new network are chosen.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "filbert/export.h"
#include "filbert/parameter.hpp"

namespace filbert {

/// For a layer with n inputs and m outputs. Normal distributions have the mean 0; truncated ones
/// end at two standard deviations of the distribution that they are cut from, and are stretched to
/// the standard deviation that is given.
enum class InitialiserKind : unsigned char {
  automatic,                ///< he_uniform or glorot_uniform, as ActivationTraits says
  he_uniform,               ///< in +- scale * sqrt(6 / n) (He et al. 2015)
  he_normal,                ///< of standard deviation scale * sqrt(2 / n)
  he_truncated_normal,      ///< the same, truncated
  glorot_uniform,           ///< in +- scale * sqrt(6 / (n + m)) (Glorot and Bengio 2010)
  glorot_normal,            ///< of standard deviation scale * sqrt(2 / (n + m))
  glorot_truncated_normal,  ///< the same, truncated
  lecun_uniform,            ///< in +- scale * sqrt(3 / n) (LeCun et al. 1998)
  lecun_normal,             ///< of standard deviation scale * sqrt(1 / n)
  lecun_truncated_normal,   ///< the same, truncated
  fan_in_uniform,           ///< in +- scale * sqrt(1 / n), as PyTorch's nn.Linear
  orthogonal,               ///< gain times a random matrix with orthonormal rows or columns
  zeros,                    ///< 0
  constant,                 ///< value
};

/// A kind, and its parameter if it has one.
struct Initialiser {
  InitialiserKind kind = InitialiserKind::automatic;
  double parameter = 0.0;  ///< 0 for a kind that has none

  friend bool operator==(const Initialiser&, const Initialiser&) = default;
  /// The same kind with another parameter.
  constexpr Initialiser operator()(double value) const { return {kind, value}; }
};

/// One constant for each kind, with its default parameter.
namespace initialisers {
inline constexpr Initialiser automatic{InitialiserKind::automatic},
    he_uniform{InitialiserKind::he_uniform, 1.0}, he_normal{InitialiserKind::he_normal, 1.0},
    he_truncated_normal{InitialiserKind::he_truncated_normal, 1.0},
    glorot_uniform{InitialiserKind::glorot_uniform, 1.0},
    glorot_normal{InitialiserKind::glorot_normal, 1.0},
    glorot_truncated_normal{InitialiserKind::glorot_truncated_normal, 1.0},
    lecun_uniform{InitialiserKind::lecun_uniform, 1.0},
    lecun_normal{InitialiserKind::lecun_normal, 1.0},
    lecun_truncated_normal{InitialiserKind::lecun_truncated_normal, 1.0},
    fan_in_uniform{InitialiserKind::fan_in_uniform, 1.0},
    orthogonal{InitialiserKind::orthogonal, 1.0}, zeros{InitialiserKind::zeros},
    constant{InitialiserKind::constant};
}  // namespace initialisers

/// What is known of a kind beside its mathematics.
struct InitialiserTraits {
  std::string_view name;
  Parameter parameter = {};    ///< an empty name: none
  bool allows_biases = false;  ///< biases may start so too
};

FILBERT_API InitialiserTraits traits_of(InitialiserKind kind);
inline InitialiserTraits traits_of(Initialiser initialiser) { return traits_of(initialiser.kind); }

/// What initialiser_from_string takes: a name such as "orthogonal", and behind it, in parentheses
/// and in hexadecimal, the parameter of a kind that has one: "constant(0x1.999999999999ap-4)".
FILBERT_API std::string to_string(Initialiser initialiser);

/// The value of such a text; of a name alone, that with the default parameter.
/// Throws std::invalid_argument, listing the valid names, if there is no such initialiser.
FILBERT_API Initialiser initialiser_from_string(std::string_view text);

/// All names, in the order of InitialiserKind.
FILBERT_API std::span<const std::string_view> initialiser_names();

}  // namespace filbert
