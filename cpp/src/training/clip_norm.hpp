// The norm of a whole gradient, and the factor that brings it below a limit.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "kernels/kernels.hpp"
#include "system/team.hpp"

namespace filbert {

template <class T>
class ClipNorm {
 public:
  /// limit: infinite where nothing is to be clipped. size: of the gradient.
  ClipNorm(double limit, std::size_t size)
      : limit_(limit), size_(size), exists_(std::isfinite(limit)) {
    if (exists_) squares_.resize((size - 1) / block + 1);
  }

  bool exists() const { return exists_; }

  /// A phase: sums up the squares of this worker's part of the gradient, block by block.
  void sum(Worker& worker, const Kernels<T>& kernels, const T* gradient) {
    const Range part = worker.share(squares_.size(), block);
    for (std::size_t i = part.begin; i < part.end; ++i) {
      const std::size_t begin = i * block;
      squares_[i] = kernels.sum_of_squares(gradient + begin, std::min(block, size_ - begin));
    }
    worker.sync();
  }

  /// One worker, afterwards: the factor for a gradient that is multiplied by the scale, which is at
  /// most 1. It is PyTorch's (clip_grad_norm_): a small number keeps it finite.
  double factor(double scale) const {
    double total = 0.0;
    for (const double square : squares_) total += square;
    const double factor = limit_ / (std::sqrt(total) * scale + 1e-6);
    return factor < 1.0 ? factor : 1.0;
  }

 private:
  static constexpr std::size_t block = 4096;

  double limit_;
  std::size_t size_;
  bool exists_;
  std::vector<double> squares_;  // of each block, in order
};

}  // namespace filbert
