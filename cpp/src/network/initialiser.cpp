#include "filbert/initialiser.hpp"

#include "network/kinds.hpp"

namespace filbert {
namespace {

// Parameters are small enough for a number of float32, whatever they are multiplied by.
constexpr double most = 1e30;
constexpr Parameter scale{.name = "scale", .initial = 1.0, .least = 0.0, .most = most};
constexpr Parameter gain{.name = "gain", .initial = 1.0, .least = 0.0, .most = most};
constexpr Parameter value{.name = "value", .initial = 0.0, .least = -most, .most = most};

/// Returns the traits of a kind. A kind without a case here does not compile.
constexpr InitialiserTraits initialiser_row(InitialiserKind kind) {
  switch (kind) {
    case InitialiserKind::automatic:
      return {.name = "auto"};
    case InitialiserKind::he_uniform:
      return {.name = "he_uniform", .parameter = scale};
    case InitialiserKind::he_normal:
      return {.name = "he_normal", .parameter = scale};
    case InitialiserKind::he_truncated_normal:
      return {.name = "he_truncated_normal", .parameter = scale};
    case InitialiserKind::glorot_uniform:
      return {.name = "glorot_uniform", .parameter = scale};
    case InitialiserKind::glorot_normal:
      return {.name = "glorot_normal", .parameter = scale};
    case InitialiserKind::glorot_truncated_normal:
      return {.name = "glorot_truncated_normal", .parameter = scale};
    case InitialiserKind::lecun_uniform:
      return {.name = "lecun_uniform", .parameter = scale};
    case InitialiserKind::lecun_normal:
      return {.name = "lecun_normal", .parameter = scale};
    case InitialiserKind::lecun_truncated_normal:
      return {.name = "lecun_truncated_normal", .parameter = scale};
    case InitialiserKind::fan_in_uniform:
      return {.name = "fan_in_uniform", .parameter = scale, .allows_biases = true};
    case InitialiserKind::orthogonal:
      return {.name = "orthogonal", .parameter = gain};
    case InitialiserKind::zeros:
      return {.name = "zeros", .allows_biases = true};
    case InitialiserKind::constant:
      return {.name = "constant", .parameter = value, .allows_biases = true};
  }
  return {};
}

constexpr auto names_of_initialisers = names_of_kinds<InitialiserKind, initialiser_row>();

}  // namespace

InitialiserTraits traits_of(InitialiserKind kind) { return initialiser_row(kind); }

std::string to_string(Initialiser initialiser) { return text_of(initialiser); }

Initialiser initialiser_from_string(std::string_view text) {
  return value_of<Initialiser>(text, names_of_initialisers, "init");
}

std::span<const std::string_view> initialiser_names() { return names_of_initialisers; }

}  // namespace filbert
