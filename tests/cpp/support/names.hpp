// Every activation and loss that the library knows by name, for tests that have no list of them.
#pragma once

#include <stdexcept>
#include <string_view>
#include <vector>

#include "filbert/activation.hpp"
#include "filbert/loss.hpp"
#include "filbert/network.hpp"

namespace names {

inline std::vector<filbert::Activation> activations() {
  std::vector<filbert::Activation> all;
  for (const std::string_view name : filbert::activation_names()) {
    all.push_back(filbert::activation_from_string(name));
  }
  return all;
}

/// Each with its default parameter, and those that run by other operations with other parameters.
inline std::vector<filbert::Loss> losses() {
  std::vector<filbert::Loss> all = {filbert::cross_entropy(0.1), filbert::binary_cross_entropy(0.3),
                                    filbert::focal(0.0), filbert::focal(0.5),
                                    filbert::quantile({0.1, 0.5, 0.75})};
  for (const std::string_view name : filbert::loss_names()) {
    all.push_back(filbert::loss_from_string(name));
  }
  return all;
}

/// Whether f throws no std::invalid_argument.
template <class F>
bool is_allowed(F&& f) {
  try {
    f();
  } catch (const std::invalid_argument&) {
    return false;
  }
  return true;
}

/// The activations that a hidden layer may have.
inline std::vector<filbert::Activation> hidden_activations() {
  std::vector<filbert::Activation> hidden;
  for (const filbert::Activation activation : activations()) {
    const auto make = [&] { filbert::Network({1, 1, 1}, {.activation = activation}); };
    if (is_allowed(make)) hidden.push_back(activation);
  }
  return hidden;
}

/// Whether the loss may follow that output.
inline bool fits(filbert::Loss loss, filbert::Activation output) {
  return is_allowed([&] { filbert::require_loss_fits(loss, output); });
}

}  // namespace names
