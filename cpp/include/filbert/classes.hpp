// What the outputs and the inputs of a network are called.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "filbert/activation.hpp"
#include "filbert/columns.hpp"
#include "filbert/export.h"

namespace filbert {

/// Labels of the classes that a network tells apart, in the order of its outputs: names in UTF-8,
/// or integers. A single sigmoid output has two: the first where a <= 0.5, the second where a >
/// 0.5. Classes{}: none.
using Classes = std::variant<std::vector<std::string>, std::vector<std::int64_t>>;

// Limits, which are those of a file: what a network can be told can be saved.
inline constexpr std::size_t max_classes = 10000;
inline constexpr std::size_t max_names = 25000;  ///< classes, feature names, columns and values
inline constexpr std::size_t max_names_text = std::size_t{448} << 10;  ///< bytes in a file's header

/// How many classes such outputs tell apart: as many as there are, two for a single sigmoid, none
/// for any other single output but softmax.
FILBERT_API std::size_t class_count(std::size_t outputs, Activation output);

/// Throws std::invalid_argument unless a network with these inputs and outputs can have these
/// classes, feature names, columns and name of the target: none, or class_count labels, each once;
/// none, or a name for each input; columns as require_columns wants them. Texts are UTF-8 without
/// NUL.
FILBERT_API void require_names(std::size_t inputs, std::size_t outputs, Activation output,
                               const Classes& classes,
                               const std::vector<std::string>& feature_names,
                               std::span<const Column> columns = {},
                               const std::string& target_name = {});

}  // namespace filbert
