#include "filbert/loss.hpp"

#include <algorithm>
#include <limits>

#include "kernels/simd/losses.hpp"
#include "kernels/vec/vec_scalar.hpp"
#include "network/kinds.hpp"

namespace filbert {
namespace {

constexpr ActivationKind of_softmax[] = {ActivationKind::softmax, ActivationKind::log_softmax};
constexpr ActivationKind of_sigmoid[] = {ActivationKind::sigmoid};

/// Returns the traits of a kind. A kind without a case here does not compile.
constexpr LossTraits loss_row(LossKind kind) {
  switch (kind) {
    case LossKind::squared_error:
      return {.name = "squared_error"};
    case LossKind::half_squared_error:
      return {.name = "half_squared_error"};
    case LossKind::cross_entropy:
      return {.name = "cross_entropy", .outputs = of_softmax, .of_distributions = true};
    case LossKind::binary_cross_entropy:
      return {.name = "binary_cross_entropy", .outputs = of_sigmoid, .judges_outputs = true};
    case LossKind::huber:
      return {.name = "huber",
              .parameter = {.name = "delta",
                            .initial = huber.parameter,
                            .least = std::numeric_limits<float>::min(),
                            .most = std::numeric_limits<float>::max()}};
  }
  return {};
}

constexpr bool contains(std::span<const ActivationKind> kinds, ActivationKind kind) {
  return std::ranges::find(kinds, kind) != kinds.end();
}

constexpr auto names_of_losses = names_of_kinds<LossKind, loss_row>();

}  // namespace

LossTraits traits_of(LossKind kind) { return loss_row(kind); }

bool fuses(Loss loss) {
  return with_loss<ScalarVec<float>>(loss, [](auto body) { return body.fuses; });
}

bool Loss::operator==(const Loss& other) const {
  return kind == other.kind && parameter == other.parameter;
}

std::string to_string(Loss loss) { return text_of(loss); }

Loss loss_from_string(std::string_view text) {
  return value_of<Loss>(text, names_of_losses, "loss");
}

std::span<const std::string_view> loss_names() { return names_of_losses; }

Loss default_loss(Activation output) {
  for (std::size_t i = 0; i < names_of_losses.size(); ++i) {
    const auto kind = static_cast<LossKind>(i);
    if (contains(loss_row(kind).outputs, output.kind))
      return {kind, loss_row(kind).parameter.initial};
  }
  return squared_error;
}

void require_loss_fits(Loss loss, Activation output) {
  const LossTraits traits = loss_row(loss.kind);
  require_parameter(traits, loss.parameter, "loss");
  if (traits.outputs.empty() || contains(traits.outputs, output.kind)) return;
  std::string expected;
  for (const ActivationKind kind : traits.outputs) {
    expected += (expected.empty() ? "" : " or ") + std::string(traits_of(kind).name);
  }
  refuse("loss: ", traits.name, " expected a ", expected, " output, got output '",
         traits_of(output).name, "'");
}

}  // namespace filbert
