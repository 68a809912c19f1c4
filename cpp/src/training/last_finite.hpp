// The parameters to go back to where a fit diverges.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "filbert/aligned.hpp"
#include "filbert/network.hpp"
#include "filbert/optimizer.hpp"

namespace filbert {

/// Keeps a copy of the parameters of an epoch. Whether the next epoch is kept depends on the work
/// that has been done since, and on nothing that differs between two runs: a copy is to cost less
/// than a hundredth of it.
template <class T>
class LastFinite {
 public:
  /// reported: whether somebody is called after each epoch.
  LastFinite(BasicNetwork<T>& net, const Optimizer& optimizer, bool reported)
      : net_(net), optimizer_(optimizer), between_epochs_(reported ? 250'000.0 : 10'000.0) {}

  /// Keeps the parameters as they are, after so many epochs.
  void keep(std::size_t epoch) {
    const auto now = static_cast<const BasicNetwork<T>&>(net_).parameters();
    if (parameters_.size() == 0) parameters_ = AlignedBuffer<T>(now.size());
    std::ranges::copy(now, parameters_.data());
    mark(epoch);
  }

  /// There will be one step alone, which changes nothing if it diverges.
  void mark(std::size_t epoch) {
    epoch_ = epoch;
    epochs_of_network_ = net_.epoch();
    steps_ = optimizer_.steps();
    work_ = 0.0;
  }

  /// An epoch of so many rows is done. Returns whether it is worth keeping.
  bool count(std::size_t rows) {
    constexpr double share = 100.0, cached = 16'384.0;
    const auto parameters = static_cast<double>(net_.parameters().size());
    // Multiply-adds that take as long as copying a parameter and looking at it; more where the
    // copies do not fit in the first cache.
    const double of_one = parameters * sizeof(T) > cached ? 40.0 : 10.0;
    work_ += 3.0 * parameters * static_cast<double>(rows) + between_epochs_;
    return work_ >= share * of_one * parameters;
  }

  std::size_t epoch() const { return epoch_; }

  /// The network and the optimizer become what they were, but that an optimizer which has made
  /// steps since has no state any more.
  void put_back(Optimizer& optimizer) {
    if (optimizer.steps() == steps_) return;
    if (parameters_.size() > 0) {
      std::copy_n(parameters_.data(), parameters_.size(), net_.parameters().data());
    }
    net_.set_epoch(epochs_of_network_);
    optimizer.reset();
  }

 private:
  BasicNetwork<T>& net_;
  const Optimizer& optimizer_;
  double between_epochs_, work_ = 0.0;  // multiply-adds
  AlignedBuffer<T> parameters_;
  std::size_t epoch_ = 0;
  std::uint64_t epochs_of_network_ = 0, steps_ = 0;
};

}  // namespace filbert
