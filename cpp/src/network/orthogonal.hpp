// Orthonormal vectors out of random ones.
#pragma once

#include <cstddef>
#include <vector>

#include "system/pieces.hpp"

namespace filbert {

/// Makes `count` vectors of `size` numbers, which stand one after another, orthonormal, in their
/// order: by Gram and Schmidt's method in its modified form, and the whole of it twice, so that
/// what the first time has left in rounding is gone. count: at most size.
void orthonormalise(std::vector<double>& vectors, std::size_t count, std::size_t size,
                    Pieces& pieces);

}  // namespace filbert
