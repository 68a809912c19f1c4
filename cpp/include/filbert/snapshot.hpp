// Networks that nobody changes any more, and how a thread that trains hands them to others.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "filbert/export.h"
#include "filbert/network.hpp"

namespace filbert {

/// A network as it was at one moment. Any number of threads may predict with it, and it is freed
/// when the last of them lets go of it.
template <class T>
using BasicSnapshot = std::shared_ptr<const BasicNetwork<T>>;

using Snapshot = BasicSnapshot<float>;
using Snapshot64 = BasicSnapshot<double>;

/// Where one thread puts snapshots, and any number of others take the latest one:
///
///     filbert::Publisher publisher;
///     std::thread trains([&] {
///       fit(net, data, sgd, {.epochs = 100}, {.publisher = &publisher, .publish_every = 10});
///     });
///     if (const filbert::Snapshot now = publisher.snapshot()) predict(*now, x, a);
///
/// A reader takes no lock and waits for nobody: it counts itself in, looks whether what it found is
/// still the latest one, and copies a pointer. The publishing thread swaps the latest one with a
/// single atomic store.
template <class T>
class FILBERT_API_TYPE BasicPublisher {
 public:
  BasicPublisher() = default;
  BasicPublisher(const BasicPublisher&) = delete;
  BasicPublisher& operator=(const BasicPublisher&) = delete;

  /// Makes a copy of the network the latest snapshot. Only one thread at a time may call it, and
  /// nobody may change the network meanwhile.
  FILBERT_API void publish(const BasicNetwork<T>& net);

  /// Lets go of the latest snapshot, so that there is none; for the publishing thread too.
  FILBERT_API void clear();

  /// The latest snapshot; null if there is none.
  FILBERT_API BasicSnapshot<T> snapshot() const;

 private:
  void swap_in(BasicSnapshot<T> next);

  // A slot is written only while it is not the latest one and nobody reads it.
  struct alignas(64) Slot {
    mutable std::atomic<std::uint32_t> readers{0};
    BasicSnapshot<T> snapshot = {};
  };

  /// A network that was published, and that everybody has let go of: the next snapshot gets its
  /// memory, unless it is so large that memory costs little beside its numbers. Snapshots share
  /// this with the publisher, which they may outlive.
  struct Spare {
    static constexpr std::size_t most_bytes = std::size_t{1} << 20;
    std::atomic<BasicNetwork<T>*> net{nullptr};
    Spare() = default;
    Spare(const Spare&) = delete;
    Spare& operator=(const Spare&) = delete;
    ~Spare() { put(nullptr); }
    void put(BasicNetwork<T>* next) { delete net.exchange(next); }
  };

  std::array<Slot, 4> slots_ = {};
  std::atomic<std::size_t> latest_{0};
  std::shared_ptr<Spare> spare_ = std::make_shared<Spare>();
};

#ifndef FILBERT_DLL
extern template class BasicPublisher<float>;
extern template class BasicPublisher<double>;
#endif

using Publisher = BasicPublisher<float>;
using Publisher64 = BasicPublisher<double>;

}  // namespace filbert
