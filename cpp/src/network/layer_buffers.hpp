// Forward propagation where only the output is wanted: the layers write the activations of the rows
// to one of two buffers, in turn, and read them from the other one.
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

  /// Sets the rows that go through the layers next, at most most_rows.
  void set_input(BasicMatrixView<const T> x) {
    rows_ = x.rows();
    for (std::size_t i = 0; i < rows_; ++i) tables_[i] = x.data() + i * x.stride();
  }

  /// The same for rows that lie anywhere: returns where their addresses are to be written.
  const T** input(std::size_t rows) {
    rows_ = rows;
    return tables_.data();
  }

  /// Takes these rows through all layers; all workers of a team call it. z and a are those of the
  /// last layer, as forward_layer takes them; with only_z, a of it is left out. After each layer it
  /// calls between(operations), where workers that share the rows meet at a barrier. It ends and
  /// returns false as soon as that returns false.
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
  /// Returns pointers to the rows of a layer. Layer 0 is the input.
  const T* const* rows_of(std::size_t l) const {
    return tables_.data() + (l == 0 ? 0 : l % 2 == 1 ? 1 : 2) * most_rows_;
  }

  std::size_t most_rows_, stride_ = 0, rows_ = 0;
  AlignedBuffer<T> numbers_;
  std::vector<const T*> tables_;
};

}  // namespace filbert
