// Fits of networks of one shape that run side by side: each has a lane of the vectors for itself,
// so that no lane is idle, and what a step costs beside its arithmetic is paid once for all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "filbert/aligned.hpp"
#include "filbert/fit.hpp"
#include "kernels/kernels.hpp"
#include "system/team.hpp"
#include "system/watch.hpp"
#include "training/running_fit.hpp"

namespace filbert {

/// What fits that run side by side have in common, as bytes that are then the same; empty for a fit
/// that does not, be it that it asks for more than lanes do, or that it is faster alone. options:
/// as the fit was asked for, which has been checked.
template <class T>
std::string lanes_key(const BasicNetwork<T>& net, const BasicData<T>& data, const Rule& rule,
                      const FitOptions& options);

/// The parameters and the state of fits with one key, of which each lane has one.
template <class T>
class Lanes {
 public:
  /// first: any of the fits.
  Lanes(const RunningFit<T>& first, const BasicData<T>& data);

  /// How many there may be; 0 where the kernels in use have no lanes.
  static std::size_t count();

  /// Takes fits through the batches of the epoch that they have begun. fits: (count()), each in the
  /// lane that it had before, or null. Some may come out before the end of the epoch: there the
  /// batch has to be dealt with alone. Returns false if the watch has ended it, between two steps.
  [[nodiscard]] bool run_batches(std::span<RunningFit<T>* const> fits, Worker& worker,
                                 Watch& watch);

 private:
  /// A layer, and where its numbers are.
  struct Part {
    std::size_t inputs, outputs, offset;
    Activation activation;
    T *z, *a;
  };

  void load(std::size_t lane);
  void leave(std::size_t lane);
  /// Takes the lanes out that this says of.
  template <class Which>
  void leave_where(Which which);
  const RunningFit<T>* any() const;
  /// The fit of a lane; of a lane without one any other, so that it has numbers.
  const RunningFit<T>& of(std::size_t lane) const;

  void take_rows();
  void forward();
  void backward();
  void update();
  void update(const ParameterSpan& span, std::size_t end);

  const Kernels<T>& kernels_;
  Activation output_;
  bool labels_, classifies_;
  OutputTerms<T> terms_;
  std::size_t parameters_count_, rows_ = 0;
  std::vector<Part> parts_;
  AlignedBuffer<T> parameters_, state_[most_state], gradient_, activations_, cost_;
  T *x_, *dz_[2];
  std::vector<const T*> y_;
  std::vector<const T* const*> tables_;  // of x, one for each lane
  std::vector<std::int32_t> label_, correct_;
  std::vector<RunningFit<T>*> fits_;
  std::vector<const RunningFit<T>*> loaded_;  // whose parameters a lane has
};

extern template class Lanes<float>;  // compiled once, in lanes.cpp
extern template class Lanes<double>;

}  // namespace filbert
