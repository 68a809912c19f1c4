// Golden cases: each loss.
#pragma once

#include "training/golden/golden.hpp"

inline std::vector<Golden> golden_losses() {
  using namespace filbert;
  return {
      {.name = "tanh, identity, huber",
       .float_hash = 0x667dc2854a797255,
       .double_hash = 0x01f69908ffcdfca6,
       .sizes = {19, 81, 3},
       .options = {.activation = filbert::tanh, .output = filbert::identity},
       .loss = filbert::huber(0.25),
       .rule = golden_momentum,
       .rows = 90,
       .batch_size = 32,
       .epochs = 3},
  };
}
