// The columns of a table in a description.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "files/description_parts.hpp"

namespace filbert {

void write_columns(JsonWriter& json, std::span<const Column> columns) {
  json.array(columns, [&](const Column& column) {
    json.object([&] {
      json["name"].string(column.name);
      if (!column.values.empty()) {
        json["values"].array(column.values, [&](const std::string& value) { json.string(value); });
      }
      if (column.has_gaps) {
        json["gaps"].boolean(true);
      }
    });
  });
}

std::vector<Column> read_columns(JsonReader& json, std::size_t& most) {
  std::vector<Column> columns;
  // Memory for all of them at once, because a vector that grows takes more.
  columns.reserve(std::min({json.objects_ahead(), most, max_columns}));
  json.array(std::min(most, max_columns), [&] {
    Column column;
    --most;
    json.fields({"name", "values", "gaps"}, 1, [&](std::size_t which) {
      if (which == 0) column.name = json.string(max_text);
      if (which == 1) {
        column.values.reserve(std::min(json.strings_ahead(), most));
        json.array(most, [&] { column.values.push_back(json.string(max_text)); });
        if (column.values.empty()) json.fail("values, or no such key", "none");
        most -= column.values.size();
      }
      if (which == 2) {
        column.has_gaps = json.boolean();
        if (!column.has_gaps) json.fail("true, or no such key", "false");
      }
    });
    columns.push_back(std::move(column));
  });
  return columns;
}

}  // namespace filbert
