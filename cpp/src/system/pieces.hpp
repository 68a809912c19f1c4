// Long work that one thread does by itself, in pieces, between which a callback may end it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "filbert/interrupted.hpp"
#include "system/team.hpp"
#include "system/watch.hpp"

namespace filbert {

/// Runs work in pieces. Between two of them it may ask the callback whether to go on, and throws
/// Interrupted if the answer is no.
class Pieces {
 public:
  explicit Pieces(const KeepGoing& keep_going) : watch_(keep_going) {}

  /// Calls work(begin, end) for consecutive ranges that make up 0 .. size - 1.
  template <class Work>
  void operator()(std::size_t size, Work work) {
    for (std::size_t begin = 0; begin < size; begin += most) {
      const std::size_t end = std::min(size, begin + most);
      work(begin, end);
      if (!watch_.sync(alone_, end - begin)) throw Interrupted();
    }
  }

  /// Calls step(i) for i = 0 .. count - 1, each of which takes so many operations.
  template <class Step>
  void steps(std::size_t count, std::size_t operations, Step step) {
    for (std::size_t i = 0; i < count; ++i) {
      step(i);
      if (!watch_.sync(alone_, operations)) throw Interrupted();
    }
  }

  /// Calls work(piece) for consecutive pieces of these bytes.
  template <class Byte, class Work>
  void of(std::span<Byte> bytes, Work work) {
    (*this)(bytes.size(),
            [&](std::size_t begin, std::size_t end) { work(bytes.subspan(begin, end - begin)); });
  }

 private:
  static constexpr std::size_t most = std::size_t{1} << 22;  // about a millisecond

  Watch watch_;
  Worker alone_{0, 1, nullptr, nullptr, nullptr};
};

}  // namespace filbert
