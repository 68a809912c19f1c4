// How much memory each thread of a team has for its kernels to work in.
#pragma once

#include <cstddef>

namespace filbert {

constexpr std::size_t panel_bytes = 2056 * 1024;  // for packed panels of a product's columns
constexpr std::size_t rows_bytes = 516 * 1024;    // for packed tiles of its rows: 512 x 256 floats
constexpr std::size_t sums_bytes = 128 * 1024;    // for sums that wait for the update rule
constexpr std::size_t scratch_bytes = panel_bytes + rows_bytes + sums_bytes;

}  // namespace filbert
