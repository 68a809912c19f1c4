// The parts of a description as JSON, and what they share.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "files/description.hpp"
#include "files/json.hpp"
#include "files/json_writer.hpp"
#include "system/names.hpp"

namespace filbert {

void write_optimizer(JsonWriter& json, const OptimizerDescription& optimizer);
OptimizerDescription read_optimizer(JsonReader& json);

void write_training(JsonWriter& json, const TrainingDescription& training);
TrainingDescription read_training(JsonReader& json);

inline std::string_view numpy_name(DType dtype) {
  return dtype == DType::f64 ? "float64" : "float32";
}

/// The index of a name in a list. Throws FormatError for any other.
inline std::size_t read_name(JsonReader& json, std::span<const std::string_view> names) {
  const std::string name = json.string(max_short_name);
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) json.fail(list_names(names), "'" + name + "'");
  return static_cast<std::size_t>(found - names.begin());
}

/// An activation or a loss as text: its name, and in parentheses its parameter if it has one, in
/// hexadecimal, as in "leaky_relu(0x1.999999999999ap-3)".
template <class Value>
std::string text_of(Value value) {
  const std::string name(to_string(value));
  return traits_of(value).parameter.exists() ? name + "(" + hex(value.parameter) + ")" : name;
}

/// The value of such a text. from_string: of a name. Throws FormatError for any other text; whether
/// the parameter is in its range is for the network or the fit to say.
template <class FromString>
auto value_of(JsonReader& json, std::span<const std::string_view> names, FromString from_string) {
  const std::string text = json.string(max_short_name);
  const std::size_t open = std::min(text.find('('), text.size());
  const std::string name = text.substr(0, open);
  if (std::ranges::find(names, name) == names.end()) {
    json.fail(list_names(names), "'" + text + "'");
  }
  auto value = from_string(name);
  const bool closes = open < text.size() && text.back() == ')';
  if (traits_of(value).parameter.exists()) {
    const std::optional<double> number =
        closes ? double_from_hex(text.substr(open + 1, text.size() - open - 2)) : std::nullopt;
    if (!number) json.fail(name + "(0x1.8000000000000p+1) or another number", "'" + text + "'");
    value.parameter = *number;
  } else if (open < text.size()) {
    json.fail(name + " without a parameter", "'" + text + "'");
  }
  return value;
}

inline Activation read_activation(JsonReader& json) {
  return value_of(json, activation_names(), activation_from_string);
}
inline Loss read_loss(JsonReader& json) { return value_of(json, loss_names(), loss_from_string); }

inline DType read_dtype_name(JsonReader& json) {
  constexpr std::string_view names[] = {"float32", "float64"};
  return read_name(json, names) == 0 ? DType::f32 : DType::f64;
}

/// A number of things that memory could hold.
inline std::size_t read_size(JsonReader& json) {
  const std::uint64_t size = json.integer();
  if (size != static_cast<std::size_t>(size)) json.fail("a size", std::to_string(size));
  return static_cast<std::size_t>(size);
}

inline double read_real(JsonReader& json) {
  const std::string text = json.string(max_short_name);
  const std::optional<double> value = double_from_hex(text);
  if (!value) json.fail("a number such as '0x1.8000000000000p+1'", "'" + text + "'");
  return *value;
}

}  // namespace filbert
