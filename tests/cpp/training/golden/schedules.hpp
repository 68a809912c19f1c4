// Golden cases: each schedule.
#pragma once

#include "training/golden/golden.hpp"

inline std::vector<Golden> golden_schedules() {
  using namespace filbert;
  const auto of = [](const char* name, std::uint64_t float_hash, std::uint64_t double_hash,
                     const Schedule& schedule) {
    return Golden{.name = name,
                  .float_hash = float_hash,
                  .double_hash = double_hash,
                  .sizes = {19, 21, 3},
                  .options = {.activation = filbert::tanh, .output = filbert::identity},
                  .loss = filbert::squared_error,
                  .rule = Sgd{.learning_rate = schedule},
                  .rows = 50,
                  .batch_size = 16,
                  .epochs = 4};
  };
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
      of("sgd with a constant after a warm-up", 0xc688af1809dddad5, 0x37251e4cb6f7b29b,
         Constant{.rate = 0.1, .warmup = 1.5}),
      of("sgd with a cosine with restarts", 0xda8782b3aeb1c9e7, 0x6fc678ac802b9c34,
         Cosine{.rate = 0.1, .final = 0.01, .restarts = 2}),
      of("sgd with a step", 0xf84ff6bab73e0585, 0xc2f02af6d2492a6e,
         Step{.rate = 0.1, .every = 0.75, .factor = 0.7}),
      of("sgd with a multi_step", 0x2c8b3c62f4531a5c, 0xbb23a3f43bd544e7,
         MultiStep{.rate = 0.1, .milestones = {1.0, 2.5}, .factor = 0.3}),
      of("sgd with an exponential", 0xcaf5eda5d465cd75, 0xdbee1c3cda929cf1,
         Exponential{.rate = 0.1, .factor = 0.6, .warmup = 0.5, .length = 3.0}),
      of("sgd with an inverse_scaling", 0xdca87df1ec287dfd, 0xbf911e4f3bb8fd2c,
         InverseScaling{.rate = 0.1, .power = 0.7, .decay = 3.0}),
      of("sgd with a polynomial", 0x227341ba645487e3, 0x9e911d0ad7845320,
         Polynomial{.rate = 0.1, .power = 1.7, .final = 0.01}),
      of("sgd with a one_cycle", 0xaee860bfbf99b5ba, 0xd35c092cf96ca9a0, OneCycle{.peak = 0.1}),
      of("sgd with a coslog4", 0x4f868488175e3524, 0x8fee604d4fbba277, CosLog4{.rate = 0.1}),
      of("sgd with a flat_cosine", 0x2940c29847eea25e, 0xfcdd074ec0d5bb9c,
         FlatCosine{.rate = 0.1, .flat = 0.5}),
      of("sgd with a reduce_on_plateau", 0xc165cb1b30371d87, 0x0e9a23a3c9489398,
         ReduceOnPlateau{.rate = 0.1, .factor = 0.6, .patience = 0, .threshold = 0.5}),
  };
}
