// How much memory each thread of a team has for its kernels to work in.
#pragma once

#include <cstddef>

namespace filbert {

constexpr std::size_t panel_bytes = 256 * 1024;  // for a packed operand
constexpr std::size_t sums_bytes = 128 * 1024;   // for sums that wait for the update rule
constexpr std::size_t scratch_bytes = panel_bytes + sums_bytes;

}  // namespace filbert
