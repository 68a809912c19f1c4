// The activations of some rows on their way through the layers, where only the output is wanted:
// layers write in turn to one of two buffers, and read the other one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "filbert/aligned.hpp"
#include "filbert/matrix.hpp"
#include "filbert/network.hpp"
#include "kernels/kernels.hpp"
#include "network/padded.hpp"
#include "network/phases.hpp"
#include "system/team.hpp"

namespace filbert {

template <class T>
class LayerBuffers {
 public:
  LayerBuffers(const BasicNetwork<T>& net, std::size_t most_rows) : most_rows_(most_rows) {
    std::size_t widest = 0;
    for (std::size_t l = 1; l < net.depth(); ++l) {
      widest = std::max(widest, net.layers()[l - 1].outputs);
    }
    const std::size_t buffers = std::min<std::size_t>(2, net.depth() - 1);
    stride_ = padded<T>(widest);
    numbers_ = AlignedBuffer<T>(buffers * most_rows * stride_);
    tables_.resize((1 + buffers) * most_rows);
    for (std::size_t i = 0; i < buffers * most_rows; ++i) {
      tables_[most_rows + i] = numbers_.data() + i * stride_;
    }
  }

  /// The rows that go through the layers next, at most most_rows.
  void set_input(BasicMatrixView<const T> x) {
    rows_ = x.rows();
    for (std::size_t i = 0; i < rows_; ++i) tables_[i] = x.data() + i * x.stride();
  }

  /// Forward propagation of these rows, by all workers of a team. Of the last layer z and a, as
  /// forward_layer takes them; only_z: z alone. Calls between(operations) after each layer, which
  /// is where workers that share the rows have a barrier; its false ends the work.
  template <class Between>
  [[nodiscard]] bool forward(Worker& worker, const Kernels<T>& kernels, const BasicNetwork<T>& net,
                             BasicMatrixView<T> z, BasicMatrixView<T> a, bool only_z,
                             Between between) {
    for (std::size_t l = 1; l < net.depth(); ++l) {
      const Layer& layer = net.layers()[l - 1];
      const std::size_t buffer = l % 2 == 1 ? 0 : 1;
      const BasicMatrixView<T> out(numbers_.data() + buffer * most_rows_ * stride_, rows_,
                                   layer.outputs, stride_);
      forward_layer(worker, kernels, net, l, rows_of(l - 1), {}, out, {0, rows_}, false, false);
      if (!between(rows_ * row_operations(layer))) return false;
    }
    const std::size_t top = net.depth();
    forward_layer(worker, kernels, net, top, rows_of(top - 1), z, a, {0, rows_}, only_z, false);
    return between(rows_ * row_operations(net.layers().back()));
  }

 private:
  /// Pointers to the rows of a layer; layer 0 is the input.
  const T* const* rows_of(std::size_t l) const {
    return tables_.data() + (l == 0 ? 0 : l % 2 == 1 ? 1 : 2) * most_rows_;
  }

  std::size_t most_rows_, stride_ = 0, rows_ = 0;
  AlignedBuffer<T> numbers_;
  std::vector<const T*> tables_;
};

}  // namespace filbert
