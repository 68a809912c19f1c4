// The memory that each thread of a team has for kernels to pack operands in.
#pragma once

#include <cstddef>

namespace filbert {

constexpr std::size_t panel_bytes = 256 * 1024;  // a packed operand
constexpr std::size_t sums_bytes = 128 * 1024;   // sums on their way to an update rule
constexpr std::size_t scratch_bytes = panel_bytes + sums_bytes;

}  // namespace filbert
