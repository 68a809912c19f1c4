// The order of every sum that is neither a matrix product nor a sum over rows: docs/numerics.md,
// clause 3.
#pragma once

#include <cstddef>

namespace filbert {
namespace {

constexpr std::size_t sum_lanes = 16;
constexpr std::size_t sum_block = 4096;

/// Returns term(begin) + ... + term(end - 1). Each of 16 lanes starts with +0. Term i is added to
/// lane (i - begin) mod 16, in increasing i. Then each lane i < 8 gets lane i + 8 added, each lane
/// i < 4 lane i + 4, and so on down to lane 0, which is the result.
template <class T, class Term>
T sum_of_block(std::size_t begin, std::size_t end, Term term) {
  T lanes[sum_lanes] = {};
  for (std::size_t i = begin; i < end; ++i) lanes[(i - begin) % sum_lanes] += term(i);
  for (std::size_t half = sum_lanes / 2; half > 0; half /= 2) {
    for (std::size_t lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
  }
  return lanes[0];
}

/// Returns term(0) + ... + term(size - 1). Where there is more than one block, the results of the
/// blocks are added in order in double.
template <class T, class Term>
T sum(std::size_t size, Term term) {
  if (size <= sum_block) return sum_of_block<T>(0, size, term);
  double total = 0.0;
  for (std::size_t begin = 0; begin < size; begin += sum_block) {
    const std::size_t end = size - begin < sum_block ? size : begin + sum_block;
    total += sum_of_block<T>(begin, end, term);
  }
  return static_cast<T>(total);
}

}  // namespace
}  // namespace filbert
