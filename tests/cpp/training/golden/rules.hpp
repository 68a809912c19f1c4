// Golden cases: each update rule.
#pragma once

#include "training/golden/golden.hpp"

inline std::vector<Golden> golden_rules() {
  using namespace filbert;
  return {
      {.name = "sigmoid, identity, squared_error, adamw",
       .float_hash = 0x689e6bebd8917c06,
       .double_hash = 0x0bae08085e6d7a7e,
       .sizes = {19, 81, 3},
       .options = {.activation = filbert::sigmoid, .output = filbert::identity},
       .loss = filbert::squared_error,
       .rule = AdamW{.learning_rate = 0.01, .l1 = 0.0001, .l2 = 0.0001},
       .rows = 90,
       .batch_size = 32,
       .epochs = 3},
  };
}
