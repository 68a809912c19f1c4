#include "filbert/activation.hpp"

#include "kernels/simd/activations.hpp"
#include "kernels/vec/vec_scalar.hpp"
#include "network/kinds.hpp"
#include "system/names.hpp"

namespace filbert {
namespace {

/// The row of each kind. A kind without one does not compile.
constexpr ActivationTraits activation_row(ActivationKind kind) {
  switch (kind) {
    case ActivationKind::identity:
      return {.name = "identity"};
    case ActivationKind::relu:
      return {.name = "relu", .initialisation = Initialisation::he};
    case ActivationKind::sigmoid:
      return {.name = "sigmoid", .classifies = true};
    case ActivationKind::tanh:
      return {.name = "tanh"};
    case ActivationKind::softmax:
      return {.name = "softmax", .elementwise = false, .classifies = true};
  }
  return {};
}

constexpr auto names_of_activations = names_of_kinds<ActivationKind, activation_row>();

}  // namespace

ActivationTraits traits_of(ActivationKind kind) { return activation_row(kind); }

bool derivative_needs_z(Activation activation) {
  return derivative_of_z<ScalarVec<float>>(activation);
}

std::string_view to_string(Activation activation) { return activation_row(activation.kind).name; }

Activation activation_from_string(std::string_view name) {
  const auto kind = from_name<ActivationKind>(name, names_of_activations, "activation");
  return {kind, activation_row(kind).parameter.initial};
}

std::span<const std::string_view> activation_names() { return names_of_activations; }

}  // namespace filbert
