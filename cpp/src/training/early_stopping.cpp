#include "filbert/early_stopping.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include "system/check.hpp"

namespace filbert {
namespace {

template <class T>
void count(BestEpoch& best, const EarlyStopping& rules, const BasicNetwork<T>& net,
           std::size_t epoch, double value) {
  if (epoch <= best.seen) return;
  const double gain = rules.maximize ? value - best.value : best.value - value;
  const bool better = !std::isnan(value) && (best.epoch == 0 || gain > rules.min_delta);
  const bool equal = best.epoch > 0 && rules.last && value == best.value;
  if (better || equal) {
    AlignedBuffer<T> copy(net.parameters().size());
    std::ranges::copy(net.parameters(), copy.data());
    best.parameters = std::make_shared<AnyParameters>(std::move(copy));
    best.epoch = epoch;
    best.value = value;
  }
  best.bad = better ? 0 : best.bad + 1;
  best.seen = epoch;
}

template <class T>
void put_back_into(const BestEpoch& best, BasicNetwork<T>& net) {
  if (best.parameters == nullptr) return;
  const auto* const kept = std::get_if<AlignedBuffer<T>>(best.parameters.get());
  require(kept != nullptr && kept->size() == net.parameters().size(),
          "best: expected parameters of this network, got those of another one");
  std::copy_n(kept->data(), kept->size(), net.parameters().data());
}

}  // namespace

void count_epoch(BestEpoch& best, const EarlyStopping& rules, const Network& net, std::size_t epoch,
                 double value) {
  count(best, rules, net, epoch, value);
}
void count_epoch(BestEpoch& best, const EarlyStopping& rules, const Network64& net,
                 std::size_t epoch, double value) {
  count(best, rules, net, epoch, value);
}
void put_back(const BestEpoch& best, Network& net) { put_back_into(best, net); }
void put_back(const BestEpoch& best, Network64& net) { put_back_into(best, net); }

}  // namespace filbert
