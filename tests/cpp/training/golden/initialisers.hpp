// Golden cases: each initialiser, of weights and of biases.
#pragma once

#include "training/golden/golden.hpp"

inline std::vector<Golden> golden_initialisers() {
  using namespace filbert;
  namespace init = filbert::initialisers;
  const auto of = [](const char* name, std::uint64_t float_hash, std::uint64_t double_hash,
                     Initialiser weights, Initialiser biases = init::zeros) {
    return Golden{.name = name,
                  .float_hash = float_hash,
                  .double_hash = double_hash,
                  .sizes = {19, 23, 12, 3},
                  .options = {.activation = filbert::tanh,
                              .output = filbert::identity,
                              .init = weights,
                              .bias_init = biases},
                  .loss = filbert::squared_error,
                  .rule = Sgd{.learning_rate = 0.01},
                  .rows = 40,
                  .batch_size = 16,
                  .epochs = 1};
  };
  return {
      of("init he_uniform", 0x55d29cdd4dc0bded, 0x00e7cfeead4a3114, init::he_uniform(0.5)),
      of("init he_normal", 0xe016a32014957c38, 0x4e415bd95bf1c9d2, init::he_normal),
      of("init he_truncated_normal", 0xd065258aea91dd12, 0xdaf3e648daf97db4,
         init::he_truncated_normal),
      of("init glorot_uniform", 0x9897b9ea4d514b97, 0x209ad5a297b4610f, init::glorot_uniform),
      of("init glorot_normal", 0xaa3ea0001386a52a, 0x47b97d4145c5f7a4, init::glorot_normal),
      of("init glorot_truncated_normal", 0x2b64f997f96b74ac, 0xd803c0196e6f03fc,
         init::glorot_truncated_normal),
      of("init lecun_uniform", 0xf86b5e40b9b6890d, 0x6f1a970c9b6fcd0d, init::lecun_uniform),
      of("init lecun_normal", 0x4e34152c3272f45f, 0xfb736a6a65484146, init::lecun_normal(1.5)),
      of("init lecun_truncated_normal", 0xf59d4dd872ca0b91, 0x4e37ed7af020efc3,
         init::lecun_truncated_normal),
      of("init fan_in_uniform, both", 0x1c9b56ea607b4005, 0x4313c66308531bc3, init::fan_in_uniform,
         init::fan_in_uniform),
      of("init orthogonal", 0xc56a878d66b777fe, 0x8ac289c591c894f1, init::orthogonal),
      of("init orthogonal with a gain, constant biases", 0x53150d61ca467b58, 0x77b187392ccd1efa,
         init::orthogonal(1.4), init::constant(0.1)),
      of("init zeros", 0x803893606253b556, 0x53f3f241d4ef8e30, init::zeros),
      of("init constant", 0xfca93d9ab47360f7, 0x9f850c9099539d25, init::constant(0.01)),
      // Vectors of more than 4096 numbers, in each direction.
      {.name = "init orthogonal, long vectors",
       .float_hash = 0xd7d4e6952e19eb2e,
       .double_hash = 0xb252c113dcb2edf2,
       .sizes = {4100, 7, 4200},
       .options = {.activation = filbert::relu,
                   .output = filbert::identity,
                   .init = init::orthogonal},
       .loss = filbert::squared_error,
       .rule = Sgd{.learning_rate = 0.0001},
       .rows = 3,
       .batch_size = 2,
       .epochs = 1},
  };
}
