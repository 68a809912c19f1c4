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
constexpr ActivationKind of_probabilities[] = {ActivationKind::sigmoid, ActivationKind::softmax};

constexpr Parameter label_smoothing{.name = "label_smoothing", .most = 1.0};

/// Returns the traits of a kind. A kind without a case here does not compile.
constexpr LossTraits loss_row(LossKind kind) {
  switch (kind) {
    case LossKind::squared_error:
      return {.name = "squared_error"};
    case LossKind::half_squared_error:
      return {.name = "half_squared_error"};
    case LossKind::cross_entropy:
      return {.name = "cross_entropy",
              .parameter = label_smoothing,
              .outputs = of_softmax,
              .targets = TargetRange::distributions};
    case LossKind::binary_cross_entropy:
      return {.name = "binary_cross_entropy",
              .parameter = label_smoothing,
              .outputs = of_sigmoid,
              .judges_outputs = true};
    case LossKind::huber:
      return {.name = "huber",
              .parameter = {.name = "delta",
                            .initial = huber.parameter,
                            .least = std::numeric_limits<float>::min(),
                            .most = std::numeric_limits<float>::max()}};
    case LossKind::absolute_error:
      return {.name = "absolute_error"};
    case LossKind::log_cosh:
      return {.name = "log_cosh"};
    case LossKind::poisson:
      return {.name = "poisson", .targets = TargetRange::nonnegative};
    case LossKind::quantile:
      return {.name = "quantile",
              .parameter = {.name = "level",
                            .initial = quantile.parameter,
                            .least = 0x1p-20,
                            .most = 1.0 - 0x1p-20},
              .several_parameters = true};
    case LossKind::gaussian_nll:
      return {.name = "gaussian_nll", .pairs_outputs = true};
    case LossKind::hinge:
      return {.name = "hinge", .targets = TargetRange::signs, .judges_outputs = true};
    case LossKind::squared_hinge:
      return {.name = "squared_hinge", .targets = TargetRange::signs, .judges_outputs = true};
    case LossKind::kl_divergence:
      return {
          .name = "kl_divergence", .outputs = of_softmax, .targets = TargetRange::distributions};
    case LossKind::focal:
      return {.name = "focal",
              .parameter = {.name = "gamma", .initial = focal.parameter, .most = 1000.0},
              .outputs = of_probabilities};
  }
  return {};
}

constexpr bool contains(std::span<const ActivationKind> kinds, ActivationKind kind) {
  return std::ranges::find(kinds, kind) != kinds.end();
}

constexpr auto names_of_losses = names_of_kinds<LossKind, loss_row>();

/// Whether the loss may follow this output.
bool may_follow(const Loss& loss, ActivationKind output) {
  const LossTraits traits = loss_row(loss.kind);
  const ActivationTraits of_output = traits_of(output);
  if (!traits.outputs.empty()) return contains(traits.outputs, output);
  if (traits.targets == TargetRange::nonnegative) return of_output.nonnegative;
  // Signs are no probabilities. And where targets have fewer columns than there are outputs, no
  // output says how probable the class of its column is.
  const bool no_classes = traits.targets == TargetRange::signs || outputs_of_target(loss) > 1;
  return !(no_classes && of_output.classifies);
}

}  // namespace

LossTraits traits_of(LossKind kind) { return loss_row(kind); }

std::size_t outputs_of_target(const Loss& loss) {
  const LossTraits traits = loss_row(loss.kind);
  return traits.pairs_outputs ? 2 : traits.several_parameters ? loss.count() : 1;
}

std::size_t target_columns(const Loss& loss, std::size_t outputs) {
  const std::size_t each = outputs_of_target(loss);
  require(outputs % each == 0, "loss: ", loss_row(loss.kind).name, " expected ", each,
          " outputs for each target, got ", outputs, " outputs");
  return outputs / each;
}

bool classifies(const Loss& loss, Activation output) {
  return traits_of(output).classifies || loss_row(loss.kind).targets == TargetRange::signs;
}

bool fuses(const Loss& loss) {
  return with_loss<ScalarVec<float>>(loss, [](auto body) { return body.fuses; });
}

bool Loss::operator==(const Loss& other) const {
  return kind == other.kind && parameter == other.parameter && others == other.others;
}

Loss Loss::operator()(std::initializer_list<double> values) const {
  const LossTraits traits = loss_row(kind);
  const std::size_t most = traits.several_parameters ? max_loss_parameters : 1;
  require(values.size() >= 1 && values.size() <= most, "loss: expected 1 to ", most,
          " parameters for ", traits.name, ", got ", values.size());
  for (const double value : values) require_parameter(traits, value, "loss");
  Loss result{kind, *values.begin()};
  std::copy(values.begin() + 1, values.end(), result.others.begin());
  return result;
}

std::string to_string(const Loss& loss) { return text_of(loss); }

Loss loss_from_string(std::string_view text) {
  const Loss loss = value_of<Loss>(text, names_of_losses, "loss");
  const LossTraits traits = loss_row(loss.kind);
  require(loss.count() == 1 || traits.several_parameters, "loss: expected one ",
          traits.parameter.name, " for ", traits.name, ", got '", text, "'");
  return loss;
}

std::span<const std::string_view> loss_names() { return names_of_losses; }

Loss default_loss(Activation output) {
  for (std::size_t i = 0; i < names_of_losses.size(); ++i) {
    const auto kind = static_cast<LossKind>(i);
    if (contains(loss_row(kind).outputs, output.kind)) {
      return {kind, loss_row(kind).parameter.initial};
    }
  }
  return squared_error;
}

void require_parameters(const Loss& loss) {
  const LossTraits traits = loss_row(loss.kind);
  require_parameter(traits, loss.parameter, "loss");
  const std::size_t count = loss.count();
  for (std::size_t i = 0; i < loss.others.size(); ++i) {
    if (i + 1 < count && traits.several_parameters) {
      require_parameter(traits, loss.others[i], "loss");
    } else {
      require(loss.others[i] == 0.0, "loss: expected others of 0 behind the last parameter of ",
              traits.name, ", got ", loss.others[i]);
    }
  }
}

void require_loss_fits(const Loss& loss, Activation output) {
  require_parameters(loss);
  if (may_follow(loss, output.kind)) return;
  std::string expected;
  for (std::size_t i = 0; i < activation_names().size(); ++i) {
    const auto kind = static_cast<ActivationKind>(i);
    if (!may_follow(loss, kind)) continue;
    if (!expected.empty()) expected += " or ";
    expected += traits_of(kind).name;
  }
  refuse("loss: ", loss_row(loss.kind).name, " expected a ", expected, " output, got output '",
         traits_of(output).name, "'");
}

}  // namespace filbert
