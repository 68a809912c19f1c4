// Hands out snapshots of a network while it is trained.
#pragma once

#include <cstddef>
#include <exception>
#include <type_traits>

#include "filbert/fit.hpp"
#include "filbert/snapshot.hpp"
#include "system/check.hpp"
#include "training/average.hpp"

namespace filbert {

/// Publishes the network after every so many steps of a fit. One worker of a team uses it, while no
/// parameter changes.
template <class T>
class Publishing {
 public:
  Publishing(const BasicNetwork<T>& net, const FitHooks& hooks, Average<T>& average)
      : net_(net), average_(average), every_(hooks.publish_every) {
    if constexpr (std::is_same_v<T, float>) {
      publisher_ = hooks.publisher;
    } else {
      publisher_ = hooks.publisher64;
    }
    require(publisher_ == nullptr || every_ > 0, "publish_every: expected at least 1 step, got 0");
  }

  /// Everything has been checked, and the first step is to come.
  void start() {
    if (publisher_ != nullptr) publisher_->publish(net_);
  }

  /// A step is done, but other workers may still be at it.
  void step_done() { ++steps_; }

  /// The other workers have done it too. Nothing is thrown in their midst.
  void between_steps() noexcept {
    if (publisher_ == nullptr || steps_ < every_) [[likely]]
      return;
    steps_ = 0;
    try {
      average_.show();
      publisher_->publish(net_);
    } catch (...) {
      failure_ = std::current_exception();
    }
    average_.hide();
  }

  /// Throws what has gone wrong, which is memory that there was not.
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  const BasicNetwork<T>& net_;
  Average<T>& average_;
  std::size_t every_, steps_ = 0;
  BasicPublisher<T>* publisher_ = nullptr;
  std::exception_ptr failure_;
};

}  // namespace filbert
