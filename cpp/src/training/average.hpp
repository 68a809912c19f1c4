// A running mean of the parameters, which the network shows whenever a fit calls anybody and when
// it ends, while training goes on from the parameters themselves.
#pragma once

#include <algorithm>
#include <memory>
#include <variant>

#include "filbert/aligned.hpp"
#include "filbert/fit_position.hpp"
#include "filbert/network.hpp"
#include "kernels/kernels.hpp"
#include "system/check.hpp"
#include "system/team.hpp"

namespace filbert {

/// While a fit trains, the network has the parameters and this object their mean. Between show and
/// hide it is the other way round.
template <class T>
class Average {
 public:
  /// Throws std::invalid_argument if the position has other parameters than such a fit has. decay:
  /// 0 if there is to be no mean.
  Average(BasicNetwork<T>& net, double decay, FitPosition& at)
      : net_(net), at_(at), rest_(static_cast<T>(1.0 - decay)), exists_(decay > 0.0) {
    require(exists_ || at.trained == nullptr,
            "average: expected a decay above 0 to go on from this position, got 0");
    if (at.trained != nullptr) {
      const auto* trained = std::get_if<AlignedBuffer<T>>(at.trained.get());
      require(trained != nullptr && trained->size() == net.parameters().size(),
              "position: expected trained parameters of this network, got others");
    }
  }
  Average(const Average&) = delete;
  Average& operator=(const Average&) = delete;

  /// Whatever ends the fit, the network has the mean in the end.
  ~Average() { show(); }

  bool exists() const { return exists_; }

  /// Everything has been checked: from now on the network has the parameters to train.
  void start() {
    if (!exists_) return;
    if (at_.trained == nullptr) {
      mean_ = std::make_shared<AnyParameters>(AlignedBuffer<T>(net_.parameters().size()));
      return;
    }
    mean_ = std::make_shared<AnyParameters>(*at_.trained);  // the position's own stay as they are
    at_.trained = mean_;
    begun_ = shown_ = true;
    hide();
  }

  /// One worker, before each step.
  void begin_step() { first_ = !begun_; }

  /// This worker's part of the parameters has been updated. The mean begins with the first step's.
  void add(const Kernels<T>& kernels, Range part) {
    const T* const w = net_.parameters().data() + part.begin;
    T* const mean = numbers() + part.begin;
    if (first_) {
      std::copy_n(w, part.size(), mean);
    } else {
      kernels.average(mean, w, rest_, part.size());
    }
  }

  /// The same worker, when all parts have been added.
  void end_step() {
    begun_ = true;
    at_.trained = mean_;
  }

  void show() {
    if (begun_ && !shown_) exchange();
  }
  void hide() {
    if (shown_) exchange();
  }

 private:
  T* numbers() { return std::get<AlignedBuffer<T>>(*mean_).data(); }

  void exchange() {
    std::ranges::swap_ranges(net_.parameters(), std::span(numbers(), net_.parameters().size()));
    shown_ = !shown_;
  }

  BasicNetwork<T>& net_;
  FitPosition& at_;
  T rest_;
  bool exists_;
  bool begun_ = false;  // there is a mean
  bool first_ = true;   // there was none before the step that has begun
  bool shown_ = false;
  std::shared_ptr<AnyParameters> mean_;
};

}  // namespace filbert
