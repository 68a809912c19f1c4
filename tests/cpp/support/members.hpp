// Members of many kinds for fit_many, and what training each of them alone gives.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "filbert/filbert.hpp"

namespace members {

using namespace filbert;

/// 60 examples of three classes.
template <class T>
struct Examples {
  std::vector<T> x, weights;
  std::vector<std::int32_t> labels;
  std::vector<std::uint64_t> even;

  Examples() {
    for (std::size_t i = 0; i < 60; ++i) {
      labels.push_back(static_cast<std::int32_t>(i % 3));
      weights.push_back(static_cast<T>(1 + i % 4) / T(2));
      for (std::size_t k = 0; k < 5; ++k) {
        const auto at = static_cast<double>(3 * i + 7 * k);
        x.push_back(static_cast<T>(std::sin(at) + 0.5 * static_cast<double>(i % 3 == k)));
      }
      if (i % 2 == 0) even.push_back(i);
    }
    for (const std::uint64_t row : even) even_labels.push_back(labels[row]);
  }

  BasicData<T> all() const { return {.x = {x.data(), 60, 5}, .labels = labels}; }
  BasicData<T> weighted() const {
    return {.x = {x.data(), 60, 5}, .labels = labels, .weights = weights};
  }
  BasicData<T> half() const {
    return {.x = {x.data(), 60, 5}, .labels = even_labels, .chosen = even};
  }

 private:
  std::vector<std::int32_t> even_labels;
};

inline Optimizer optimizer_of(std::size_t i) {
  switch (i % 5) {
    case 0:
      return Sgd({.learning_rate = 0.05, .momentum = 0.9});
    case 1:
      return Adam({.learning_rate = Cosine{.rate = 0.02}});
    case 2:
      return AdamW({.learning_rate = 0.01, .weight_decay = 0.1});
    case 3:
      return Lbfgs();
    default:
      return RmsProp({.learning_rate = ReduceOnPlateau{.rate = 0.01, .patience = 1}});
  }
}

/// Members of many kinds, with all that they need.
template <class T>
struct Many {
  Examples<T> examples;
  std::vector<std::unique_ptr<BasicNetwork<T>>> nets;
  std::vector<Optimizer> optimizers;
  std::vector<BasicMember<T>> members;

  explicit Many(std::size_t count, std::size_t epochs = 5) {
    for (std::size_t i = 0; i < count; ++i) {
      nets.push_back(
          std::make_unique<BasicNetwork<T>>(i % 3 == 2 ? std::vector<std::size_t>{5, 8, 4, 3}
                                                       : std::vector<std::size_t>{5, 4 + i % 7, 3},
                                            NetworkOptions{.output = softmax, .seed = i}));
      optimizers.push_back(optimizer_of(i));
    }
    for (std::size_t i = 0; i < count; ++i) {
      BasicMember<T> member{.net = nets[i].get(), .optimizer = &optimizers[i]};
      member.data = i % 4 == 0   ? examples.all()
                    : i % 4 == 1 ? examples.weighted()
                                 : examples.half();
      member.options.epochs = epochs + i % 2;
      if (i % 5 != 3) {  // L-BFGS takes all rows, and a plain cost
        member.options.batch_size = 7 + i;
        if (i % 7 == 5) member.options.dropout = {0.25};
        if (i % 6 == 4) member.options.average = 0.9;
        member.options.alpha = i % 8 == 6 ? 0.01 : 0.0;
      }
      if (i % 3 == 1) member.validation = examples.half();
      if (i % 6 == 1) member.patience = Patience{.epochs = 2};
      if (i % 6 == 2)
        member.patience =
            Patience{.rules = {.maximize = true}, .monitor = EpochNumber::accuracy, .epochs = 1};
      members.push_back(member);
    }
  }
};

/// What a fit of one member alone gives.
template <class T>
MemberOutcome alone(const BasicMember<T>& member, std::size_t until = 1000) {
  MemberOutcome outcome;
  BestEpoch best;
  FitHooks hooks;
  Evaluation validation;
  if (member.validation) {
    hooks.val_loss = [&] {
      outcome.validation.push_back(
          evaluate(*member.net, *member.validation, {.loss = member.options.loss}));
      return outcome.validation.back().loss;
    };
  }
  hooks.on_epoch = [&](const EpochReport& report) {
    outcome.training.push_back(report.training);
    if (member.patience) {
      const double value = member.patience->monitor == EpochNumber::accuracy
                               ? *report.training.accuracy
                               : outcome.validation.back().loss;
      count_epoch(best, member.patience->rules, *member.net, report.epoch, value);
      if (best.bad >= member.patience->epochs) {
        outcome.ending = Ending::stopped;
        return false;
      }
    }
    return report.epoch < until;
  };
  if (fit(*member.net, member.data, *member.optimizer, member.options, hooks)) {
    outcome.ending = Ending::finished;
  }
  outcome.best_epoch = best.epoch;
  put_back(best, *member.net);
  return outcome;
}

template <class T>
bool same(const BasicNetwork<T>& a, const BasicNetwork<T>& b) {
  const std::span<const T> p = a.parameters(), q = b.parameters();
  return p.size() == q.size() && std::memcmp(p.data(), q.data(), p.size_bytes()) == 0 &&
         a.epoch() == b.epoch();
}

inline bool same(const std::vector<Evaluation>& a, const std::vector<Evaluation>& b) {
  return std::ranges::equal(a, b, [](const Evaluation& one, const Evaluation& other) {
    return one.loss == other.loss && one.accuracy == other.accuracy;
  });
}

}  // namespace members
