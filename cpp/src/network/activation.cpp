#include "filbert/activation.hpp"

#include <limits>

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
      return {.name = "sigmoid", .classifies = true, .probabilities = true, .nonnegative = true};
    case ActivationKind::tanh:
      return {.name = "tanh"};
    case ActivationKind::softmax:
      return {.name = "softmax",
              .hidden = false,
              .elementwise = false,
              .classifies = true,
              .probabilities = true,
              .nonnegative = true};
    case ActivationKind::gelu:
      return {.name = "gelu", .initialisation = Initialisation::he};
    case ActivationKind::mish:
      return {.name = "mish", .initialisation = Initialisation::he};
    case ActivationKind::leaky_relu:
      return {.name = "leaky_relu",
              .parameter = {.name = "slope", .initial = leaky_relu.parameter, .most = 1.0},
              .initialisation = Initialisation::he};
    case ActivationKind::relu6:
      return {.name = "relu6", .initialisation = Initialisation::he, .nonnegative = true};
    case ActivationKind::elu:
      return {.name = "elu",
              .parameter = {.name = "alpha",
                            .initial = elu.parameter,
                            .most = std::numeric_limits<float>::max()},
              .initialisation = Initialisation::he};
    case ActivationKind::selu:  // made for a variance of 1 / inputs, which Glorot's mostly is near
      return {.name = "selu"};
    case ActivationKind::gelu_tanh:
      return {.name = "gelu_tanh", .initialisation = Initialisation::he};
    case ActivationKind::silu:
      return {.name = "silu", .initialisation = Initialisation::he};
    case ActivationKind::softplus:
      return {.name = "softplus", .initialisation = Initialisation::he, .nonnegative = true};
    case ActivationKind::softsign:
      return {.name = "softsign"};
    case ActivationKind::hard_sigmoid:
      return {.name = "hard_sigmoid", .nonnegative = true};
    case ActivationKind::hard_tanh:
      return {.name = "hard_tanh"};
    case ActivationKind::hard_swish:
      return {.name = "hard_swish", .initialisation = Initialisation::he};
    case ActivationKind::log_softmax:
      return {.name = "log_softmax", .hidden = false, .elementwise = false, .classifies = true};
    case ActivationKind::exponential:
      return {.name = "exponential", .hidden = false, .nonnegative = true};
  }
  return {};
}

constexpr auto names_of_activations = names_of_kinds<ActivationKind, activation_row>();

constexpr bool is_elementwise_agrees() {
  for (std::size_t i = 0; i < names_of_activations.size(); ++i) {
    const auto kind = static_cast<ActivationKind>(i);
    if (is_elementwise(kind) != activation_row(kind).elementwise) return false;
  }
  return true;
}
static_assert(is_elementwise_agrees());

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
