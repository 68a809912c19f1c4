#include "filbert/activation.hpp"

#include <array>
#include <cstddef>

#include "system/names.hpp"

namespace filbert {
namespace {

constexpr std::array<std::string_view, 5> names_of_activations{"identity", "relu", "sigmoid",
                                                               "tanh", "softmax"};

}  // namespace

std::string_view to_string(Activation activation) {
  return names_of_activations[static_cast<std::size_t>(activation)];
}

Activation activation_from_string(std::string_view name) {
  return from_name<Activation>(name, names_of_activations, "activation");
}

std::span<const std::string_view> activation_names() { return names_of_activations; }

}  // namespace filbert
