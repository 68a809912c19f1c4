// The table of kernels over a vector type.
#pragma once

#include "kernels/simd/backward_input.hpp"
#include "kernels/simd/backward_weights.hpp"
#include "kernels/simd/forward.hpp"
#include "kernels/simd/networks.hpp"
#include "kernels/simd/normalise.hpp"
#include "kernels/simd/norms.hpp"
#include "kernels/simd/output.hpp"
#include "kernels/simd/permute.hpp"
#include "kernels/simd/random_numbers.hpp"

namespace filbert {
namespace {

template <class V>
constexpr Kernels<typename V::scalar> make_table() {
  return {.packs_both = has_blocks<V>,
          .forward = forward<V>,
          .backward_input = backward_input<V>,
          .backward_weights = backward_weights<V>,
          .backward_weights_update = backward_weights_update<V>,
          .backward_bias = backward_bias<V>,
          .softmax = softmax_rows<V>,
          .output = output<V>,
          .output_derivative = output_derivative<V>,
          .update = update<V>,
          .dropout = dropout<V>,
          .multiply_kept = multiply_kept<V>,
          .normal = normal<V>,
          .add_multiple = add_multiple<V>,
          .sum_of_squares = sum_of_squares<typename V::scalar>,
          .limit_norms = limit_norms<typename V::scalar>,
          .average = average<V>,
          .permute = permute,
          .normalise = normalise<typename V::scalar>,
          .smooth_clip = smooth_clip<V>,
          .lanes = V::lanes,
          .interleave = interleave<V>,
          .forward_lanes = forward_lanes<V>,
          .backward_input_lanes = backward_input_lanes<V>,
          .backward_weights_lanes = backward_weights_lanes<V>,
          .first_nonfinite = first_nonfinite<V>};
}

}  // namespace
}  // namespace filbert
