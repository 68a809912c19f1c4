// The list of all update rules. Their options and tables are in the headers that it includes.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "filbert/export.h"
#include "filbert/rules_adam.hpp"
#include "filbert/rules_adaptive.hpp"
#include "filbert/rules_lbfgs.hpp"
#include "filbert/rules_sgd.hpp"
#include "filbert/rules_sign.hpp"

namespace filbert {

/// Every rule there is. Files and bindings go by its name, kernels by its place in this list.
using Rule =
    std::variant<Sgd, Adam, AdamW, NAdam, Adamax, RmsProp, Adagrad, Adadelta, Lion, RProp, Lbfgs>;

/// The name that rule_from_string takes, such as "adam".
FILBERT_API std::string_view to_string(const Rule& rule);

/// The rule of that name with the default of every option.
/// Throws std::invalid_argument, listing the valid names, if there is no such rule.
FILBERT_API Rule rule_from_string(std::string_view name);

/// All names, in the order of Rule.
FILBERT_API std::span<const std::string_view> rule_names();

/// The names of the buffers of state that it keeps, in their order.
FILBERT_API std::vector<std::string_view> state_names(const Rule& rule);

/// How many numbers each of them has for a parameter of the network.
FILBERT_API std::size_t state_multiple(const Rule& rule);

/// How many running products it keeps.
FILBERT_API std::size_t running_products(const Rule& rule);

/// Whether it is a loop of fit's own, over the whole data set, and no rule for one step.
FILBERT_API bool has_own_loop(const Rule& rule);

/// The rows of a batch of fit where it is not told: 32, or all rows for a rule that needs the
/// gradient of the whole data set.
FILBERT_API std::size_t default_batch_size(const Rule& rule, std::size_t rows);

}  // namespace filbert
