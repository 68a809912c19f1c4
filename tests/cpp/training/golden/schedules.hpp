// Golden cases: each schedule.
#pragma once

#include "training/golden/golden.hpp"

inline std::vector<Golden> golden_schedules() {
  using namespace filbert;
  return {
      {.name = "sigmoid, identity, squared_error, adamw with a cosine",
       .float_hash = 0xd57f1a4372fbd452,
       .double_hash = 0xa4d16f2300ce5702,
       .sizes = {19, 81, 3},
       .options = {.activation = filbert::sigmoid, .output = filbert::identity},
       .loss = filbert::squared_error,
       .rule = AdamW{.learning_rate =
                         Cosine{.rate = 0.02, .final = 0.001, .warmup = 0.5, .length = 3.5}},
       .rows = 90,
       .batch_size = 32,
       .epochs = 4},
  };
}
