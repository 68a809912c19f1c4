#include "filbert/activation.hpp"

#include "kernels/simd/activations.hpp"
#include "kernels/vec/vec_scalar.hpp"
#include "network/kinds.hpp"

namespace filbert {
namespace {

/// Returns the traits of a kind. A kind without a case here does not compile.
constexpr ActivationTraits activation_row(ActivationKind kind) {
  switch (kind) {
    case ActivationKind::identity:
      return {.name = "identity"};
    case ActivationKind::relu:
      return {.name = "relu", .initialisation = Initialisation::he, .nonnegative = true};
    case ActivationKind::sigmoid:
      return {.name = "sigmoid", .classifies = true, .nonnegative = true};
    case ActivationKind::tanh:
      return {.name = "tanh"};
    case ActivationKind::softmax:
      return {.name = "softmax", .elementwise = false, .classifies = true, .nonnegative = true};
    case ActivationKind::gelu:
      return {.name = "gelu", .initialisation = Initialisation::he};
    case ActivationKind::mish:
      return {.name = "mish", .initialisation = Initialisation::he};
  }
  return {};
}

constexpr auto names_of_activations = names_of_kinds<ActivationKind, activation_row>();

}  // namespace

ActivationTraits traits_of(ActivationKind kind) { return activation_row(kind); }

bool derivative_needs_z(Activation activation) {
  return derivative_of_z<ScalarVec<float>>(activation);
}

bool Activation::operator==(const Activation& other) const {
  return kind == other.kind && parameter == other.parameter;
}

std::string to_string(Activation activation) { return text_of(activation); }

Activation activation_from_string(std::string_view text) {
  return value_of<Activation>(text, names_of_activations, "activation");
}

std::span<const std::string_view> activation_names() { return names_of_activations; }

}  // namespace filbert
