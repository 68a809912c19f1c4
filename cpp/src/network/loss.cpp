#include "filbert/loss.hpp"

#include <array>
#include <cstddef>

#include "system/names.hpp"

namespace filbert {
namespace {

constexpr std::array<std::string_view, 4> names_of_losses{"squared_error", "half_squared_error",
                                                          "cross_entropy", "binary_cross_entropy"};

}  // namespace

std::string_view to_string(Loss loss) { return names_of_losses[static_cast<std::size_t>(loss)]; }

Loss loss_from_string(std::string_view name) {
  return from_name<Loss>(name, names_of_losses, "loss");
}

std::span<const std::string_view> loss_names() { return names_of_losses; }

Loss default_loss(Activation output) {
  if (output == Activation::softmax) return Loss::cross_entropy;
  if (output == Activation::sigmoid) return Loss::binary_cross_entropy;
  return Loss::squared_error;
}

void require_loss_fits(Loss loss, Activation output) {
  require(loss != Loss::cross_entropy || output == Activation::softmax,
          "loss: cross_entropy expected a softmax output, got output '", to_string(output), "'");
  require(loss != Loss::binary_cross_entropy || output == Activation::sigmoid,
          "loss: binary_cross_entropy expected a sigmoid output, got output '", to_string(output),
          "'");
}

}  // namespace filbert
