#include "filbert/classes.hpp"

#include <string_view>

#include "network/texts.hpp"
#include "system/check.hpp"

namespace filbert {
namespace {

/// Returns the number of bytes that a name takes in the header of a file. The header holds JSON in
/// a string of JSON: a name has quotation marks and a comma around it, and some of its characters
/// are escaped twice. The limit max_names_text leaves enough of the description's 512 KiB and of
/// the header's 1 MiB for layers and tensors.
std::size_t header_size(std::string_view name) {
  std::size_t size = 5;
  for (const char c : name) {
    size += static_cast<unsigned char>(c) < 0x20 ? 7 : c == '"' || c == '\\' ? 4 : 1;
  }
  return size;
}
std::size_t header_size(std::int64_t /*label*/) { return 21; }  // 20 characters and a comma

template <class Name>
std::size_t header_size(const std::vector<Name>& names) {
  std::size_t size = 0;
  for (const Name& name : names) size += header_size(name);
  return size;
}

/// A column is an object with up to three members.
std::size_t header_size(const Column& column) {
  constexpr std::size_t member = 16;  // at most: its name, a colon, brackets and a comma
  std::size_t size = member + header_size(column.name);
  if (!column.values.empty()) size += member;
  if (column.has_gaps) size += member;
  for (const std::string& value : column.values) size += header_size(value);
  return size;
}

void require_texts(const char* what, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) require_text(what, text);
}
void require_texts(const char* /*what*/, const std::vector<std::int64_t>& /*integers*/) {}

}  // namespace

std::size_t class_count(std::size_t outputs, Activation output) {
  if (outputs > 1) return outputs;
  const ActivationTraits traits = traits_of(output);
  if (!traits.classifies) return 0;
  return traits.elementwise ? 2 : 1;
}

void require_names(std::size_t inputs, std::size_t outputs, Activation output,
                   const Classes& classes, const std::vector<std::string>& feature_names,
                   std::span<const Column> columns, const std::string& target_name) {
  const std::size_t wanted = class_count(outputs, output);
  std::size_t count = 0, size = header_size(feature_names);
  if (!target_name.empty()) size += header_size(target_name);
  const auto require_labels = [&](const auto& labels) {
    count = labels.size();
    size += header_size(labels);
    if (count == 0) return;
    require(wanted > 0, "classes: expected none for one output that is ", traits_of(output).name,
            ", got ", count);
    require(count == wanted, "classes: expected ", wanted, ", as many as the outputs tell apart, ",
            "got ", count);
    require(count <= max_classes, "classes: expected at most ", max_classes, ", got ", count);
    require_texts("classes", labels);
    require_distinct("classes", "label", labels);
  };
  std::visit(require_labels, classes);
  if (!feature_names.empty()) {
    require(feature_names.size() == inputs, "feature_names: expected ", inputs,
            ", one for each input, got ", feature_names.size());
    require_texts("feature_names", feature_names);
  }
  require_columns(inputs, columns);
  require_text("target_name", target_name);
  std::size_t all = count + feature_names.size();
  for (const Column& column : columns) {
    all += 1 + column.values.size();
    size += header_size(column);
  }
  const char* const what = !columns.empty()         ? "columns"
                           : !target_name.empty()   ? "target_name"
                           : !feature_names.empty() ? "feature_names"
                                                    : "classes";
  require(all <= max_names, what, ": expected at most ", max_names, ", classes included, got ",
          all);
  require(size <= max_names_text, what, ": expected at most ", max_names_text,
          " bytes in the header of a file, classes included, got ", size);
}

}  // namespace filbert
