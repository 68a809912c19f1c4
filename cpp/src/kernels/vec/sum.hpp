// THE sum of the library: docs/numerics.md, clause 3.
#pragma once

#include <cstddef>

namespace filbert {
namespace {

constexpr std::size_t sum_lanes = 16;
constexpr std::size_t sum_block = 4096;

/// term(begin) + ... + term(end - 1): term i goes to lane (i - begin) mod 16, in increasing i from
/// +0; then the lanes are added +8, +4, +2, +1.
template <class T, class Term>
T sum_of_block(std::size_t begin, std::size_t end, Term term) {
  T lanes[sum_lanes] = {};
  for (std::size_t i = begin; i < end; ++i) lanes[(i - begin) % sum_lanes] += term(i);
  for (std::size_t half = sum_lanes / 2; half > 0; half /= 2) {
    for (std::size_t lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
  }
  return lanes[0];
}

/// term(0) + ... + term(size - 1); beyond one block, the results of the blocks are added in order
/// in double.
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
