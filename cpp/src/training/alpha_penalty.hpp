// The penalty of FitOptions::alpha: what it adds to the cost of a step.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "filbert/network.hpp"
#include "kernels/kernels.hpp"
#include "system/team.hpp"

namespace filbert {

template <class T>
class AlphaPenalty {
 public:
  AlphaPenalty(const BasicNetwork<T>& net, double alpha) : net_(net), alpha_(alpha) {
    if (alpha == 0.0) return;
    for (std::size_t l = 1; l <= net.depth(); ++l) {
      const Layer& layer = net.layers()[l - 1];
      const std::size_t end = net.offset(l) + layer.inputs * layer.outputs;
      for (std::size_t begin = net.offset(l); begin < end; begin += block) {
        blocks_.push_back({begin, std::min(begin + block, end)});
      }
    }
    squares_.resize(blocks_.size());
  }

  /// Sums up the squares of this worker's part of the weights, block by block. There is no barrier
  /// at its end.
  void sum(const Worker& worker, const Kernels<T>& kernels) {
    const Range part = worker.share(blocks_.size(), block);
    const auto weights = net_.parameters();
    for (std::size_t i = part.begin; i < part.end; ++i) {
      squares_[i] = kernels.sum_of_squares(weights.data() + blocks_[i].begin, blocks_[i].size());
    }
  }

  /// One worker, after a barrier: the penalty for the weights that have been summed up.
  double cost() const {
    double total = 0.0;
    for (const double square : squares_) total += square;
    return 0.5 * alpha_ * total;
  }

 private:
  static constexpr std::size_t block = 4096;

  const BasicNetwork<T>& net_;
  double alpha_;
  std::vector<Range> blocks_;    // of the flat buffer, the weights of each layer cut into these
  std::vector<double> squares_;  // the sums over them
};

}  // namespace filbert
