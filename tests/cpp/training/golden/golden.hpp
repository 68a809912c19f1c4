// A golden case: a network and how it is trained, with the hashes of its parameters afterwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "filbert/filbert.hpp"

struct Golden {
  const char* name;
  std::uint64_t float_hash, double_hash;
  std::vector<std::size_t> sizes;
  filbert::NetworkOptions options;  // its seed is 12345 in every case
  filbert::Loss loss;
  filbert::Rule rule;
  std::size_t rows, batch_size, epochs;
  filbert::FitOptions fit = {};  // what is asked for beside these
  // What is learnt before the first step; where there are fills, some numbers of x are missing.
  filbert::NormalisationOptions normalisation = {.kind = filbert::NormalisationKind::none};
};

// Rules of cases that are about something else.
inline const filbert::Sgd golden_momentum{.learning_rate = 0.1, .momentum = 0.9};
inline const filbert::Sgd golden_nesterov{.learning_rate = 0.05,
                                          .momentum = 0.8,
                                          .nesterov = true,
                                          .weight_decay = 0.001,
                                          .l1 = 0.0001,
                                          .l2 = 0.0001};
inline const filbert::Adam golden_adam{
    .learning_rate = 0.01, .weight_decay = 0.001, .l1 = 0.0001, .l2 = 0.0001};
