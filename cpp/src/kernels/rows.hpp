// The number of rows in a block, within which dW and db are summed: docs/numerics.md, clause 2.
#pragma once

#include <cstddef>

namespace filbert {

constexpr std::size_t row_block = 1024;

}  // namespace filbert
