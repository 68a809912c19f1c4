// Golden cases: a network of each activation.
#pragma once

#include "training/golden/golden.hpp"

inline std::vector<Golden> golden_activations() {
  using namespace filbert;
  return {
      {.name = "gelu, gelu, squared_error",
       .float_hash = 0x9f3904bb5ed784b5,
       .double_hash = 0x31e1ed20ffde9835,
       .sizes = {19, 81, 3},
       .options = {.activation = filbert::gelu, .output = filbert::gelu},
       .loss = filbert::squared_error,
       .rule = golden_momentum,
       .rows = 90,
       .batch_size = 32,
       .epochs = 3},
      {.name = "mish, mish, squared_error",
       .float_hash = 0xa485310917e6e7ba,
       .double_hash = 0x57b2590550d55e8c,
       .sizes = {19, 81, 3},
       .options = {.activation = filbert::mish, .output = filbert::mish},
       .loss = filbert::squared_error,
       .rule = golden_momentum,
       .rows = 90,
       .batch_size = 32,
       .epochs = 3},
  };
}
