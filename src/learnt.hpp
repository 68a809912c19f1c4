// What a fit teaches a network before its first step: names, and a normalisation. A fit that ends
// before that teaches nothing.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bind.hpp"
#include "gil.hpp"

namespace filbert::python {

/// Whether a fit that an exception has ended leaves the network with anything that it has trained.
/// steps: of the optimizer before. One that has diverged gives its optimizer no steps any more.
inline bool has_trained(const std::exception& error, const SharedOptimizer& optimizer,
                        std::uint64_t steps) {
  if (const auto* diverged = dynamic_cast<const Diverged*>(&error)) {
    return diverged->where().kept > 0;
  }
  return optimizer.optimizer.steps() != steps;
}

/// Learns what outputs and inputs are called, if that is known, and calls train(), which returns
/// what the training returned. If it ends before the first step, everything is called as before.
template <class T, class Train>
bool with_names(SharedNetwork<T>& self, const SharedOptimizer& optimizer,
                std::optional<Classes> classes,
                std::optional<std::vector<std::string>> feature_names, Train train) {
  if (!classes && !feature_names) return train();
  const Classes old_classes = self.net.classes();
  const std::vector<std::string> old_names = self.net.feature_names();
  const std::uint64_t steps = optimizer.optimizer.steps();
  try {
    if (classes) self.set_classes(std::move(*classes));
    if (feature_names) self.set_feature_names(std::move(*feature_names));
    return train();
  } catch (const std::exception& error) {
    if (!has_trained(error, optimizer, steps)) {
      self.set_classes(old_classes);
      self.set_feature_names(old_names);
    }
    throw;
  }
}

/// Learns what the network does not have yet of a normalisation, and calls train(), which returns
/// what the training returned. If it ends before the first step, the network has what it had.
template <class T, class Train>
bool with_normalisation(SharedNetwork<T>& self, const SharedOptimizer& optimizer,
                        const BasicData<T>& data, NormalisationOptions options, Train train) {
  if (options.kind == NormalisationKind::none && !options.fill && !options.targets) return train();
  const Normalisation before = self.net.normalisation();
  const std::uint64_t steps = optimizer.optimizer.steps();
  try {
    const double work = 20.0 * static_cast<double>(data.elements.rows * data.elements.cols);
    self.set_normalisation(without_gil(work, [&](Released& released) {
      options.keep_going = released.keep_going();
      return learn_normalisation(self.net, data, options);
    }));
    return train();
  } catch (const std::exception& error) {
    if (!has_trained(error, optimizer, steps)) self.set_normalisation(before);
    throw;
  }
}

}  // namespace filbert::python
