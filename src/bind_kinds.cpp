// The kinds of activations, initialisers, losses, rules and schedules that there are, and what is
// known of each.
#include <pybind11/stl.h>

#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "bind.hpp"

namespace filbert::python {
namespace {

std::vector<std::string> strings(std::span<const std::string_view> names) {
  return {names.begin(), names.end()};
}

py::dict activation_traits(std::string_view name) {
  const ActivationTraits traits = traits_of(activation_from_string(name));
  py::dict result;
  result["hidden"] = traits.hidden;
  result["elementwise"] = traits.elementwise;
  result["classifies"] = traits.classifies;
  result["probabilities"] = traits.probabilities;
  return result;
}

py::dict initialiser_traits(std::string_view name) {
  const InitialiserTraits traits = traits_of(initialiser_from_string(name));
  py::dict result;
  result["parameter"] = py::str(traits.parameter.name);
  result["initial"] = py::float_(traits.parameter.initial);
  result["least"] = py::float_(traits.parameter.least);
  result["most"] = py::float_(traits.parameter.most);
  result["allows_biases"] = py::bool_(traits.allows_biases);
  return result;
}

py::dict loss_traits(std::string_view name) {
  const Loss loss = loss_from_string(name);
  py::dict result;
  const TargetRange targets = traits_of(loss).targets;
  result["of_distributions"] = targets == TargetRange::distributions;
  result["nonnegative"] = targets == TargetRange::nonnegative;
  result["of_signs"] = targets == TargetRange::signs;
  result["fuses"] = fuses(loss);
  return result;
}

/// The names of the options of a rule that may be schedules.
std::vector<std::string> schedulable_options(std::string_view rule) {
  std::vector<std::string> names;
  const auto add = [&](const auto& row, const auto& option) {
    if constexpr (std::is_same_v<decltype(option), const Schedule&>) names.emplace_back(row.name);
  };
  std::visit([&](const auto& options) { for_each_option(options, add); }, rule_from_string(rule));
  return names;
}

}  // namespace

void bind_kinds(py::module_& m) {
  m.def("activation_names", [] { return strings(activation_names()); });
  m.def("activation_traits", &activation_traits, py::arg("name"));
  m.def(
      "class_count",
      [](std::size_t outputs, std::string_view output) {
        return class_count(outputs, activation_from_string(output));
      },
      py::arg("outputs"), py::arg("output"));
  m.def("initialiser_names", [] { return strings(initialiser_names()); });
  m.def("initialiser_traits", &initialiser_traits, py::arg("name"));
  m.def("loss_names", [] { return strings(loss_names()); });
  m.def("loss_traits", &loss_traits, py::arg("name"));
  m.def("rule_names", [] { return strings(rule_names()); });
  m.attr("most_count") = most_count;
  m.def("schedulable_options", &schedulable_options, py::arg("rule"));
  m.def("schedule_names", [] { return strings(schedule_names()); });
  m.def(
      "default_loss",
      [](std::string_view output) {
        return to_string(default_loss(activation_from_string(output)));
      },
      py::arg("output"));
  m.def(
      "checked_loss",
      [](std::string_view text, std::string_view output) {
        const Loss loss = loss_from_string(text);
        require_loss_fits(loss, activation_from_string(output));
        return to_string(loss);
      },
      py::arg("loss"), py::arg("output"));
  m.def(
      "loss_text",
      [](std::string_view text) {
        const Loss loss = loss_from_string(text);
        require_parameters(loss);
        return to_string(loss);
      },
      py::arg("loss"));
  m.def(
      "target_columns",
      [](std::string_view text, std::size_t outputs) {
        return target_columns(loss_from_string(text), outputs);
      },
      py::arg("loss"), py::arg("outputs"));
}

}  // namespace filbert::python
