#include "filbert/snapshot.hpp"

#include <utility>

#include "system/threading.hpp"

namespace filbert {

// All of these operations are sequentially consistent. A reader counts itself in before it looks
// which slot is the latest one; the publisher makes another slot the latest one before it looks who
// is counted in. So at least one of them sees the other: either the reader tries again, or the
// publisher leaves the slot alone.

template <class T>
void BasicPublisher<T>::publish(const BasicNetwork<T>& net) {
  std::unique_ptr<BasicNetwork<T>> copy(spare_->net.exchange(nullptr));
  if (copy != nullptr) {
    *copy = net;
  } else {
    copy = std::make_unique<BasicNetwork<T>>(net);
  }
  // Whoever lets go of it last hands it back.
  const auto hand_back = [spare = spare_](BasicNetwork<T>* left) {
    if (left->parameters().size_bytes() <= Spare::most_bytes) {
      spare->put(left);
    } else {
      delete left;
    }
  };
  swap_in(BasicSnapshot<T>(std::shared_ptr<BasicNetwork<T>>(copy.release(), hand_back)));
}

template <class T>
void BasicPublisher<T>::clear() {
  if (slots_[latest_.load()].snapshot != nullptr) swap_in(nullptr);
  spare_->put(nullptr);
}

template <class T>
void BasicPublisher<T>::swap_in(BasicSnapshot<T> next) {
  const std::size_t now = latest_.load();
  for (std::size_t i = now + 1;; ++i) {
    Slot& slot = slots_[i % slots_.size()];
    if (i % slots_.size() == now) {
      yield();  // everywhere somebody is about to have copied a pointer
      continue;
    }
    if (slot.readers.load() > 0) continue;
    slot.snapshot = std::move(next);
    latest_.store(i % slots_.size());
    break;
  }
  // What is no longer the latest one is let go of, but where a reader is just looking.
  const std::size_t latest = latest_.load();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (i != latest && slots_[i].readers.load() == 0) slots_[i].snapshot.reset();
  }
}

template <class T>
BasicSnapshot<T> BasicPublisher<T>::snapshot() const {
  for (;;) {
    const std::size_t i = latest_.load();
    const Slot& slot = slots_[i];
    slot.readers.fetch_add(1);
    BasicSnapshot<T> found;
    const bool is_latest = latest_.load() == i;
    if (is_latest) found = slot.snapshot;
    slot.readers.fetch_sub(1);
    if (is_latest) return found;
  }
}

template class BasicPublisher<float>;
template class BasicPublisher<double>;

}  // namespace filbert
