// Functions that write and read the parts of a description as JSON, and what these share.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "files/description.hpp"
#include "files/json.hpp"
#include "files/json_writer.hpp"
#include "system/names.hpp"

namespace filbert {

void write_optimizer(JsonWriter& json, const OptimizerDescription& optimizer);
OptimizerDescription read_optimizer(JsonReader& json);

/// Writes a list of columns. A member that says nothing is left out.
void write_columns(JsonWriter& json, std::span<const Column> columns);

/// Reads such a list, of at most `most` columns and values, and subtracts from it how many they
/// are.
std::vector<Column> read_columns(JsonReader& json, std::size_t& most);

void write_training(JsonWriter& json, const TrainingDescription& training);
TrainingDescription read_training(JsonReader& json);

inline std::string_view numpy_name(DType dtype) {
  return dtype == DType::f64 ? "float64" : "float32";
}

/// Reads a name and returns its index in a list. Throws FormatError if the list does not have it.
inline std::size_t read_name(JsonReader& json, std::span<const std::string_view> names) {
  const std::string name = json.string(max_short_name);
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) json.fail(list_names(names), "'" + name + "'");
  return static_cast<std::size_t>(found - names.begin());
}

/// What from_text makes of a text; its complaint becomes a FormatError. Whether a parameter is in
/// its range is for the network or the fit to say.
template <class FromText>
auto read_value_of_kind(JsonReader& json, FromText from_text) {
  const std::string text = json.string(max_value_text);
  try {
    return from_text(text);
  } catch (const std::invalid_argument& error) {
    json.fail(error.what());
  }
}

inline DType read_dtype_name(JsonReader& json) {
  constexpr std::string_view names[] = {"float32", "float64"};
  return read_name(json, names) == 0 ? DType::f32 : DType::f64;
}

/// Reads a number that fits in a std::size_t.
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
