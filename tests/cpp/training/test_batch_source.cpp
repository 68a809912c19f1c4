// Batches of a source: the same bits as from memory, whatever their sizes, and what ends a fit.
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "filbert/filbert.hpp"
#include "network/random.hpp"
#include "support/check.hpp"

using namespace filbert;

namespace {

constexpr std::size_t inputs = 5, outputs = 3;

/// Rows of a data set, in batches of these sizes. Each batch lies in memory of its own, that only
/// the last two batches have, so that whoever keeps older ones reads what is not theirs.
template <class T>
class Batches final : public BasicBatchSource<T> {
 public:
  explicit Batches(std::vector<std::size_t> sizes) : sizes_(std::move(sizes)) {
    for (const std::size_t size : sizes_) rows_ += size;
    x.resize(rows_ * inputs);
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = static_cast<T>(random_block(3, i, Purpose::weights, 9, 9)[0] * 0x1p-32 - 0.5);
    }
    for (std::size_t i = 0; i < rows_; ++i) {
      labels.push_back(static_cast<std::int32_t>(i * i % outputs));
      weights.push_back(static_cast<T>(i % 4));
    }
  }

  BasicData<T> all() const {
    return {.x = {x.data(), rows_, inputs}, .labels = labels, .weights = weights};
  }

  std::uint64_t begin_epoch(std::size_t done) override {
    ++epochs;
    next_ = 0;
    at_ = 0;
    for (; next_ < done; ++next_) at_ += sizes_[next_];
    return at_;
  }

  bool next(BasicData<T>& batch) override {
    if (next_ == ends_after) throw std::runtime_error("the source has failed");
    if (next_ == sizes_.size()) return false;
    const std::size_t size = sizes_[next_++];
    Held& held = held_[turn_ = 1 - turn_];
    held.x.assign(&x[at_ * inputs], &x[at_ * inputs] + size * inputs);
    held.labels.assign(&labels[at_], &labels[at_] + size);
    held.weights.assign(&weights[at_], &weights[at_] + size);
    at_ += size;
    batch = {.x = {held.x.data(), size, inputs}, .labels = held.labels, .weights = held.weights};
    batch.unseen = true;
    return true;
  }

  std::size_t count() const override { return counted ? sizes_.size() : 0; }

  std::vector<T> x, weights;
  std::vector<std::int32_t> labels;
  std::size_t epochs = 0, ends_after = std::numeric_limits<std::size_t>::max();
  bool counted = true;

 private:
  struct Held {
    std::vector<T> x, weights;
    std::vector<std::int32_t> labels;
  };

  std::vector<std::size_t> sizes_;
  std::size_t rows_ = 0, next_ = 0, at_ = 0, turn_ = 0;
  Held held_[2];
};

template <class T>
BasicNetwork<T> network() {
  return BasicNetwork<T>({inputs, 7, outputs}, {.output = softmax, .seed = 4});
}

template <class T>
bool same(const BasicNetwork<T>& a, const BasicNetwork<T>& b) {
  return std::ranges::equal(a.parameters(), b.parameters());
}

FitOptions options(std::size_t which) {
  FitOptions result{.epochs = 3};
  if (which == 1) result.dropout = {0.4};
  if (which == 2) result.accumulate = 3;
  if (which == 3) result.clip_norm = 0.05;
  if (which == 4) result.average = 0.9;
  return result;
}

template <class T>
void test_as_from_memory() {
  for (std::size_t which = 0; which < 5; ++which) {
    for (const std::size_t size : {1, 8, 40}) {
      const check::Case here("options", which, "batches of", size);
      std::vector<std::size_t> sizes(40 / size, size);
      Batches<T> source(sizes);
      BasicNetwork<T> one = network<T>(), other = network<T>();
      Optimizer adam = Adam({.learning_rate = Cosine{.rate = 0.01}}), same_one = adam;
      FitOptions from_memory = options(which);
      from_memory.batch_size = size;
      from_memory.shuffle = false;
      CHECK(fit(one, source, adam, options(which)));
      CHECK(fit(other, source.all(), same_one, from_memory));
      CHECK(same(one, other));
      CHECK_EQ(source.epochs, std::size_t{3});
    }
  }
}

/// Each batch steps as a fit of its rows alone does, whatever has come before it: also one of more
/// rows than a block of the gradient has.
template <class T>
void test_sizes() {
  const std::vector<std::size_t> sizes = {3, 1, 9, 1300, 2, 2100, 8};
  Batches<T> source(sizes);
  BasicNetwork<T> one = network<T>(), other = network<T>();
  Optimizer adam = Adam({.learning_rate = 0.01}), same_one = adam;
  CHECK(fit(one, source, adam));
  const BasicData<T> all = source.all();
  std::size_t at = 0;
  for (const std::size_t size : sizes) {
    const BasicData<T> part{.x = all.x.rows_from(at, size),
                            .labels = all.labels.subspan(at, size),
                            .weights = all.weights.subspan(at, size)};
    CHECK(fit(other, part, same_one, {.batch_size = size, .shuffle = false}));
    at += size;
  }
  CHECK(same(one, other));
  for (std::size_t which = 1; which < 5; ++which) {  // the larger workspace has all that is wanted
    const check::Case here("options", which);
    CHECK(fit(one, source, adam, options(which)));
  }
}

/// A fit that the source has ended goes on where it stood, to the same bits.
template <class T>
void test_end_and_resume() {
  for (const bool counted : {true, false}) {
    for (std::size_t end = 0; end <= 5; ++end) {
      const check::Case here(counted ? "counted" : "not counted", "after", end);
      Batches<T> source({7, 7, 3, 9, 14});
      source.counted = counted;
      BasicNetwork<T> one = network<T>(), other = network<T>();
      Optimizer adam = Adam({.learning_rate = Cosine{.rate = 0.01}}), same_one = adam;
      FitOptions asked = options(1);
      asked.accumulate = 2;
      CHECK(fit(other, source, same_one, asked));
      FitPosition position;
      source.ends_after = end;
      CHECK_THROWS(std::runtime_error, fit(one, source, adam, asked, {.position = &position}),
                   "the source has failed");
      CHECK_EQ(position.epoch, std::size_t{0});
      CHECK(position.batch % 2 == 0 && position.batch <= end);
      source.ends_after = std::numeric_limits<std::size_t>::max();
      CHECK(fit(one, source, adam, asked, {.position = &position}));
      CHECK(same(one, other));
    }
  }
}

template <class T>
void test_bad_batches() {
  Batches<T> source({4, 4, 4});
  source.x[6 * inputs + 2] = std::numeric_limits<T>::quiet_NaN();
  BasicNetwork<T> one = network<T>(), other = network<T>();
  Optimizer sgd = Sgd({.learning_rate = 0.1}), same_one = sgd;
  CHECK_THROWS(std::invalid_argument, fit(one, source, sgd), "at [2, 2], in batch 2 of epoch 1");
  const BasicData<T> all = source.all();
  CHECK(fit(other,
            BasicData<T>{.x = all.x.rows_from(0, 4),
                         .labels = all.labels.subspan(0, 4),
                         .weights = all.weights.subspan(0, 4)},
            same_one, {.shuffle = false}));
  CHECK(same(one, other));
  source.x[6 * inputs + 2] = 0;
  source.labels[9] = 3;
  CHECK_THROWS(std::invalid_argument, fit(one, source, sgd), "labels: expected integers in 0 .. 2");
  Batches<T> none({});
  CHECK_THROWS(std::invalid_argument, fit(one, none, sgd), "expected batches, got none");
  Optimizer lbfgs = Lbfgs{};
  CHECK_THROWS(std::invalid_argument, fit(one, source, lbfgs), "expected one that takes batches");
}

}  // namespace

int main() {
  for (const std::size_t threads : {1, 2}) {
    const check::Case here("threads", threads);
    set_threads(threads);
    test_as_from_memory<float>();
    test_as_from_memory<double>();
    test_sizes<float>();
    test_sizes<double>();
    test_end_and_resume<float>();
    test_end_and_resume<double>();
    test_bad_batches<float>();
    test_bad_batches<double>();
  }
  return check::report();
}
