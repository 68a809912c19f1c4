// Dropout, and noise on the inputs: what a batch meets on its way through the layers in a fit.
// Which activations are dropped is a function of the seed, the epoch, the layer, and the place of
// the row in the epoch (docs/numerics.md), so that any thread may compute any of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "filbert/aligned.hpp"
#include "filbert/fit_options.hpp"
#include "filbert/network.hpp"
#include "filbert/workspace.hpp"
#include "kernels/kernels.hpp"
#include "system/team.hpp"
#include "system/watch.hpp"

namespace filbert {

/// How dropout of that rate, in [0, 1), treats an activation.
template <class T>
Keep<T> keep_of(double rate) {
  return {.threshold = static_cast<std::uint32_t>(rate * 0x1p31),  // below 2^31
          .factor = static_cast<T>(1.0 / (1.0 - rate))};
}

template <class T>
class Dropout {
 public:
  /// options: complete. The workspace's layers take the activations from here.
  Dropout(const BasicNetwork<T>& net, const FitOptions& options, BasicWorkspace<T>& workspace);

  /// Sets what comes next: the rows of an epoch from this position on.
  void begin(std::uint64_t epoch, std::uint64_t position);

  /// The rows that the first layer takes of a batch x.
  const T* const* rows(const T* const* x) const {
    return input_rows_.empty() ? x : input_rows_.data();
  }

  // The phases (network/phases.hpp). Those of a layer without dropout do nothing.

  /// Fills the rows that the first layer takes.
  [[nodiscard]] bool input(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                           const T* const* x);

  /// Drops of a(l), for the layer above; a(l) itself stays as it is.
  [[nodiscard]] bool forward(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                             std::size_t l);

  /// From the derivatives dz(l) that the layer above has made for what it took, to those for a(l).
  [[nodiscard]] bool backward(Worker& worker, Watch& watch, const Kernels<T>& kernels,
                              std::size_t l);

 private:
  struct DroppedLayer {
    bool exists = false;  // whether the layer above takes other numbers than a(l)
    bool drops = false;
    Keep<T> keep{};
    RandomStream stream{};
    std::size_t width = 0, stride = 0;
    AlignedBuffer<T> factors;  // (max_batch, width): 0, or what an activation is multiplied by
    AlignedBuffer<T> values;   // (max_batch, width) of this stride: the products
  };

  /// About how many multiply-adds take as long as a row.
  static std::size_t operations_of(const DroppedLayer& layer) { return 32 * layer.width; }

  /// The factors and values of a layer. from(i): row i of what is dropped from.
  template <class From>
  [[nodiscard]] bool drop(Worker& worker, Watch& watch, const Kernels<T>& kernels, std::size_t l,
                          From from);

  BasicWorkspace<T>& workspace_;
  std::uint64_t seed_, position_ = 0;
  T noise_ = 0;  // the standard deviation
  RandomStream noise_stream_{};
  std::vector<DroppedLayer> layers_;  // 0 .. L - 1
  std::vector<const T*> input_rows_;
};

extern template class Dropout<float>;  // compiled once, in dropout.cpp
extern template class Dropout<double>;

}  // namespace filbert
