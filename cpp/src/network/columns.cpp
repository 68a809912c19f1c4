#include "filbert/columns.hpp"

#include "network/texts.hpp"
#include "system/check.hpp"

namespace filbert {

void require_columns(std::size_t inputs, std::span<const Column> columns) {
  if (columns.empty()) return;
  require(columns.size() <= max_columns, "columns: expected at most ", max_columns, ", got ",
          columns.size());
  std::size_t total = 0;
  for (const Column& column : columns) {
    require_text("columns", column.name);
    for (const std::string& value : column.values) require_text("columns", value);
    require_distinct("columns", "value", column.values);
    total = checked_add(total, inputs_of(column), "columns");
  }
  require(total == inputs, "columns: expected some that become ", inputs, " inputs, got ", total);
}

}  // namespace filbert
