// Snapshots: one thread trains and publishes, others predict. No snapshot is torn, each is that of
// a whole step, and all memory is given back.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "filbert/filbert.hpp"
#include "support/check.hpp"
#include "support/counted_memory.hpp"

using namespace filbert;

namespace {

template <class T>
struct Examples {
  std::vector<T> x;
  std::vector<std::int32_t> labels;

  Examples() {
    for (std::size_t i = 0; i < 64; ++i) {
      labels.push_back(static_cast<std::int32_t>(i % 3));
      for (std::size_t k = 0; k < 6; ++k) {
        x.push_back(static_cast<T>(std::sin(static_cast<double>(5 * i + 3 * k))));
      }
    }
  }
  BasicData<T> data() const { return {.x = {x.data(), 64, 6}, .labels = labels}; }
};

template <class T>
FitHooks publishing(BasicPublisher<T>& publisher, std::size_t every) {
  FitHooks hooks{.publish_every = every};
  if constexpr (sizeof(T) == 4) {
    hooks.publisher = &publisher;
  } else {
    hooks.publisher64 = &publisher;
  }
  return hooks;
}

template <class T>
std::vector<T> parameters(const BasicNetwork<T>& net) {
  return {net.parameters().begin(), net.parameters().end()};
}

/// The parameters after each step of a fit of whole batches, an epoch being a step; step 0 is the
/// start.
template <class T>
std::vector<std::vector<T>> steps_of(BasicNetwork<T> net, Optimizer optimizer,
                                     const FitOptions& options) {
  const Examples<T> examples;
  std::vector<std::vector<T>> all{parameters(net)};
  const auto on_epoch = [&](const EpochReport&) {
    all.push_back(parameters(net));
    return true;
  };
  fit(net, examples.data(), optimizer, options, {.on_epoch = on_epoch});
  return all;
}

/// After every step, and every third one, in order: the parameters of that step.
template <class T>
void are_those_of_their_step() {
  const Examples<T> examples;
  for (const double average : {0.0, 0.5}) {
    for (const std::size_t every : {1, 3}) {
      const check::Case at("average", average, "every", every);
      BasicNetwork<T> net({6, 5, 3}, {.output = softmax, .seed = 1});
      Optimizer adam = Adam({.learning_rate = 0.01});
      const FitOptions options{.epochs = 7, .batch_size = 64, .average = average};
      const auto expected = steps_of(net, adam, options);
      BasicPublisher<T> publisher;
      CHECK(publisher.snapshot() == nullptr);
      FitHooks hooks = publishing(publisher, every);
      std::size_t done = 0;
      hooks.on_start = [&] { CHECK(publisher.snapshot() == nullptr); };
      hooks.on_epoch = [&](const EpochReport& report) {
        done = report.epoch;
        CHECK(parameters(*publisher.snapshot()) == expected[done / every * every]);
        CHECK(parameters(net) == expected[done]);
        return true;
      };
      fit(net, examples.data(), adam, options, hooks);
      CHECK_EQ(done, std::size_t{7});
      CHECK(parameters(net) == expected[7]);
    }
  }
}

Optimizer sgd_of() { return Sgd({.learning_rate = 0.05, .momentum = 0.9}); }

/// One thread trains, four predict. What they see is one of what was published, and never older
/// than what they have seen.
template <class T>
void nobody_sees_half_a_step() {
  const Examples<T> examples;
  const std::size_t epochs = check::quick() ? 100 : 2000;
  BasicNetwork<T> net({6, 9, 3}, {.output = softmax, .seed = 2});
  const BasicNetwork<T> start = net;
  BasicPublisher<T> publisher;
  std::atomic<bool> trains{true};
  std::mutex seeing;
  std::map<std::vector<T>, std::vector<T>> seen;  // outputs by parameters
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      std::map<std::vector<T>, std::vector<T>> own;
      std::vector<T> a(64 * 3);
      std::uint64_t epoch = 0;
      while (trains.load() || own.empty()) {
        const BasicSnapshot<T> now = publisher.snapshot();
        if (now == nullptr) continue;
        CHECK(now->epoch() >= epoch);
        epoch = now->epoch();
        predict(*now, BasicMatrixView<const T>(examples.x.data(), 64, 6),
                BasicMatrixView<T>(a.data(), 64, 3));
        own.emplace(parameters(*now), a);
      }
      const std::lock_guard lock(seeing);
      seen.merge(own);
    });
  }
  Optimizer sgd = sgd_of();
  const FitOptions options{.epochs = epochs, .batch_size = 64};
  fit(net, examples.data(), sgd, options, publishing(publisher, 1));
  trains.store(false);
  for (std::thread& reader : readers) reader.join();

  // What they have seen is of whole steps, and predicts what those predict. Each epoch is one step.
  std::size_t found = 0;
  for (const std::vector<T>& step : steps_of(start, sgd_of(), options)) {
    BasicNetwork<T> then = start;
    std::ranges::copy(step, then.parameters().begin());
    const auto at = seen.find(step);
    if (at == seen.end()) continue;
    std::vector<T> a(64 * 3);
    predict(then, BasicMatrixView<const T>(examples.x.data(), 64, 6),
            BasicMatrixView<T>(a.data(), 64, 3));
    CHECK(a == at->second);
    ++found;
  }
  CHECK_EQ(found, seen.size());
  CHECK(found > 0);
}

void memory_is_given_back() {
  const Examples<float> examples;
  Network net({6, 100, 3}, {.output = softmax});
  Optimizer sgd = Sgd({.learning_rate = 0.01});
  fit(net, examples.data(), sgd);  // what is made once
  const std::size_t before = in_use;
  {
    Publisher publisher;
    fit(net, examples.data(), sgd, {.epochs = 5, .batch_size = 8}, publishing(publisher, 1));
    const std::size_t of_one = net.parameters().size_bytes();
    CHECK(in_use - before < 3 * of_one);  // the latest one is kept, and memory for another one
    const Snapshot kept = publisher.snapshot();
    publisher.clear();
    CHECK(publisher.snapshot() == nullptr);
    publisher.publish(net);
    CHECK(parameters(*kept) == parameters(*publisher.snapshot()));
  }
  CHECK_EQ(in_use.load(), before);
}

/// Memory of a snapshot is used again when nobody has it any more, and not before.
void memory_is_used_again() {
  Network net({6, 5, 3}, {.output = softmax});
  const auto publish = [&net](Publisher& publisher, float first) {
    net.parameters()[0] = first;
    publisher.publish(net);
    return publisher.snapshot();
  };
  Snapshot kept;
  {
    Publisher publisher;
    kept = publish(publisher, 1.0F);
    const void* const second = publish(publisher, 2.0F).get();
    const void* const third = publish(publisher, 3.0F).get();
    net.set_feature_names({"a", "b", "c", "d", "e", "f"});
    const Snapshot fourth = publish(publisher, 4.0F);
    CHECK(third != second && third != kept.get());
    CHECK(fourth.get() == second);
    CHECK(parameters(*fourth) == parameters(net));
    CHECK_EQ(fourth->feature_names().back(), "f");
    CHECK_EQ(kept->parameters()[0], 1.0F);
    net = Network({2, 3});
    CHECK(publish(publisher, 5.0F)->sizes().size() == 2);
    CHECK_EQ(fourth->parameters()[0], 4.0F);
  }
  CHECK_EQ(kept->parameters()[0], 1.0F);
  CHECK(kept->feature_names().empty());
}

void refuses() {
  const Examples<float> examples;
  Network net({6, 3}, {.output = softmax});
  const std::vector<float> before = parameters(net);
  Optimizer sgd = Sgd(), lbfgs = Lbfgs();
  Publisher publisher;
  CHECK_THROWS(std::invalid_argument, fit(net, examples.data(), sgd, {}, publishing(publisher, 0)),
               "publish_every: expected at least 1 step, got 0");
  CHECK_THROWS(std::invalid_argument,
               fit(net, examples.data(), lbfgs, {}, publishing(publisher, 1)),
               "publish: expected none with lbfgs, got some");
  CHECK(parameters(net) == before);
  CHECK(publisher.snapshot() == nullptr);
}

}  // namespace

int main() {
  are_those_of_their_step<float>();
  are_those_of_their_step<double>();
  nobody_sees_half_a_step<float>();
  nobody_sees_half_a_step<double>();
  memory_is_given_back();
  memory_is_used_again();
  refuses();
  return check::report();
}
