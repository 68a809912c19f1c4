// Networks of one shape, each in a lane of the vectors: the bits of each are those of a fit alone.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "filbert/filbert.hpp"
#include "support/check.hpp"
#include "support/members.hpp"
#include "support/rules.hpp"
#include "training/lanes.hpp"
#include "training/member.hpp"

using namespace filbert;
using members::alone, members::same;

namespace {

/// What the members of a group have in common.
struct Shape {
  const char* name;
  std::vector<std::size_t> sizes;
  NetworkOptions options = {};
  Loss loss = squared_error;
  std::size_t rows = 60, batch = 32;
  bool weighted = false;
  FitOptions fit = {};
};

std::vector<Shape> shapes() {
  return {
      {"one output", {16, 16, 1}},
      {"no hidden layer", {3, 1}, {.output = sigmoid}, binary_cross_entropy, 33, 8},
      {"one input", {1, 5, 2}, {.activation = filbert::tanh}, huber, 50, 7},
      {"several layers",
       {5, 7, 3, 9, 4},
       {.activations = {gelu, mish, leaky_relu}, .output = filbert::softmax},
       cross_entropy,
       61,
       10},
      {"rows of targets", {6, 4, 5}, {.output = log_softmax}, kl_divergence, 45, 45},
      {"batches of one row", {4, 6, 3}, {.activation = relu6}, squared_error, 5, 1},
      {"pairs of outputs", {4, 9, 6}, {.activation = selu}, gaussian_nll, 70, 20},
      {"levels", {4, 9, 4}, {.activation = softplus}, quantile({0.1, 0.9}), 70, 20},
      {"weights of rows", {8, 8, 3}, {.output = filbert::softmax}, focal, 50, 16, true},
      {"penalties of layers",
       {8, 8, 8, 2},
       {.activation = elu, .output = sigmoid},
       binary_cross_entropy,
       50,
       16,
       false,
       {.clip_value = 0.05, .l1 = {0.001, 0.0, 0.002}, .l2 = {0.0, 0.01, 0.0}}},
      {"rows in their order",
       {5, 8, 2},
       {.activation = silu},
       log_cosh,
       40,
       12,
       false,
       {.shuffle = false}},
  };
}

double number(std::size_t i) { return std::sin(static_cast<double>(7 * i + 1)); }

/// Members of one shape, each with data, a seed and numbers of its own.
template <class T>
struct Group {
  std::vector<std::vector<T>> x, y;
  std::vector<std::int32_t> labels;
  std::vector<T> weights;
  std::vector<std::unique_ptr<BasicNetwork<T>>> nets;
  std::vector<Optimizer> optimizers;
  std::vector<BasicMember<T>> members;

  /// rule_of(i): of a member.
  template <class RuleOf>
  Group(const Shape& shape, std::size_t count, RuleOf rule_of) {
    const std::size_t columns = target_columns(shape.loss, shape.sizes.back());
    const bool by_label = shape.loss.kind == LossKind::cross_entropy;
    for (std::size_t i = 0; i < shape.rows; ++i) {
      labels.push_back(static_cast<std::int32_t>(i % shape.sizes.back()));
      weights.push_back(static_cast<T>(1 + i % 5) / T(2));
    }
    for (std::size_t at = 0; at < count; ++at) {
      std::vector<T>&own_x = x.emplace_back(), &own_y = y.emplace_back();
      for (std::size_t i = 0; i < shape.rows * shape.sizes.front(); ++i) {
        own_x.push_back(static_cast<T>(number(i + 1000 * at)));
      }
      for (std::size_t i = 0; i < shape.rows * columns; ++i) {
        own_y.push_back(static_cast<T>(1.0 / static_cast<double>(columns)));
      }
      if (traits_of(shape.loss).targets == TargetRange::any) {
        for (T& value : own_y) value *= T(0.5) + T(0.25) * own_x[(&value - own_y.data()) % 7];
      }
      NetworkOptions options = shape.options;
      options.seed = at;
      nets.push_back(std::make_unique<BasicNetwork<T>>(shape.sizes, options));
      optimizers.emplace_back(rule_of(at));
    }
    for (std::size_t at = 0; at < count; ++at) {
      BasicMember<T> member{.net = nets[at].get(), .optimizer = &optimizers[at]};
      member.data.x = {x[at].data(), shape.rows, shape.sizes.front()};
      if (by_label) {
        member.data.labels = labels;
      } else {
        member.data.y = {y[at].data(), shape.rows, columns};
      }
      if (shape.weighted) member.data.weights = weights;
      member.options = shape.fit;
      member.options.loss = shape.loss;
      member.options.batch_size = shape.batch;
      member.options.epochs = 3 + at % 3;
      members.push_back(member);
    }
  }
};

/// Whether two optimizers have made the same steps and have the same state.
template <class T>
bool same_state(const Optimizer& a, const Optimizer& b) {
  if (a.steps() != b.steps() || a.progress().running != b.progress().running) return false;
  const auto* const of_a = std::get_if<Optimizer::State<T>>(&a.progress().state);
  const auto* const of_b = std::get_if<Optimizer::State<T>>(&b.progress().state);
  if (of_a == nullptr || of_b == nullptr) return of_a == of_b;
  return std::ranges::equal(of_a->buffers, of_b->buffers, [](const auto& p, const auto& q) {
    return p.size() == q.size() && std::memcmp(p.data(), q.data(), p.size() * sizeof(T)) == 0;
  });
}

/// Trains a group, and each member of another one alone. spoil(group): changes the members.
template <class T, class RuleOf, class Spoil>
void compare(const Shape& shape, std::size_t count, RuleOf rule_of, Spoil spoil) {
  const check::Case at(shape.name, sizeof(T) == 4 ? "float" : "double", count, "members");
  Group<T> expected(shape, count, rule_of), many(shape, count, rule_of);
  spoil(expected);
  spoil(many);
  if (Lanes<T>::count() > 0) {
    const BasicMember<T>& first = many.members.front();
    CHECK_EQ(lanes_key(*first.net, first.data, first.optimizer->rule(), first.options).empty(),
             shape.weighted);
  }
  const auto outcomes = fit_many(std::span<const BasicMember<T>>(many.members), {.threads = 1});
  for (std::size_t i = 0; i < count; ++i) {
    const check::Case member("member", i);
    MemberOutcome outcome;
    try {
      outcome = alone(expected.members[i]);
      CHECK(same(outcomes[i].training, outcome.training));
      CHECK(same(outcomes[i].validation, outcome.validation));
      CHECK_EQ(outcomes[i].best_epoch, outcome.best_epoch);
      CHECK_EQ(outcomes[i].error, "");
    } catch (const Diverged& error) {
      outcome.ending = Ending::failed;
      CHECK_EQ(outcomes[i].error, error.what());
    }
    CHECK(outcomes[i].ending == outcome.ending);
    CHECK(same(*many.nets[i], *expected.nets[i]));
    CHECK(same_state<T>(many.optimizers[i], expected.optimizers[i]));
  }
}

constexpr auto as_they_are = [](auto&) {};

Rule momentum_of(std::size_t i) {
  return Sgd({.learning_rate = 0.01 * static_cast<double>(1 + i % 5),
              .momentum = 0.5 + 0.1 * static_cast<double>(i % 4),
              .weight_decay = i % 3 == 0 ? 0.01 : 0.0,
              .l1 = i % 4 == 1 ? 0.001 : 0.0});
}

template <class T>
void any_shape_and_number() {
  const std::vector<Shape> all = shapes();
  for (std::size_t s = 0; s < all.size(); ++s) {
    for (const std::size_t count : {1 + s, 5 + 3 * s}) {
      compare<T>(all[s], count, momentum_of, as_they_are);
    }
  }
  compare<T>(all[0], 40, momentum_of, as_they_are);
}

template <class T>
void every_rule() {
  const Shape shape{"a rule", {3, 4, 2}, {.activation = filbert::tanh}, squared_error, 20, 6};
  for (const unsigned bits : {0U, 1U, 2U, 6U, 21U, 42U, 255U}) {
    for (const Rule& rule : rules::all_varied(bits)) {
      const check::Case at(to_string(rule), bits);
      compare<T>(shape, 16, [&](std::size_t) { return rule; }, as_they_are);
    }
  }
}

/// Rules of one kind in different forms, and rates that are schedules.
template <class T>
void numbers_of_their_own() {
  const Shape shape{"numbers", {3, 6, 2}, {}, squared_error, 40, 8};
  compare<T>(
      shape, 19,
      [](std::size_t i) -> Rule {
        return Sgd(
            {.learning_rate = 0.02, .momentum = i % 3 == 0 ? 0.0 : 0.9, .nesterov = i % 3 == 2});
      },
      as_they_are);
  compare<T>(
      shape, 19,
      [](std::size_t i) -> Rule {
        switch (i % 3) {
          case 0:
            return Adam({.learning_rate = Cosine{.rate = 0.02}});
          case 1:
            return Adam({.learning_rate = ReduceOnPlateau{.rate = 0.5, .patience = 1}});
          default:
            return Adam({.learning_rate = 0.0, .weight_decay = 0.1});
        }
      },
      as_they_are);
}

/// Some end early, some diverge, and some have the lanes no more to themselves.
template <class T>
void ends_of_their_own() {
  const Shape shape{"ends", {5, 6, 3}, {.output = filbert::softmax}, cross_entropy, 60, 9};
  const auto rule_of = [](std::size_t i) -> Rule {
    return Sgd({.learning_rate = i % 7 == 3 ? 1e30 : 0.05, .momentum = 0.9});
  };
  compare<T>(shape, 21, rule_of, [](auto& group) {
    for (std::size_t i = 0; i < group.members.size(); ++i) {
      auto& member = group.members[i];
      member.options.epochs = 2 + i % 9;
      if (i % 2 == 0) member.validation = group.members[0].data;
      if (i % 5 == 0) member.patience = Patience{.monitor = EpochNumber::accuracy, .epochs = 1};
      if (i % 5 == 0 && i % 2 == 1) member.patience.reset();
    }
  });
}

template <class T>
void units_are_full() {
  const std::size_t lanes = Lanes<T>::count();
  if (lanes == 0) return;
  Group<T> group(shapes()[0], 3 * lanes + 1, momentum_of);
  const auto members = as_members(std::span<const BasicMember<T>>(group.members));
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < group.members.size(); ++i) all.push_back(i);
  const auto sizes_on = [&](std::size_t threads) {
    std::vector<std::size_t> sizes;
    for (const Unit& unit : members->units(all, threads)) sizes.push_back(unit.size());
    return sizes;
  };
  CHECK(sizes_on(1) == std::vector<std::size_t>({lanes, lanes, lanes, 1}));
  for (std::size_t threads = 2; threads <= all.size(); ++threads) {
    const std::vector<std::size_t> on_them = sizes_on(threads);
    CHECK(on_them.size() >= threads);
    CHECK_EQ(std::accumulate(on_them.begin(), on_them.end(), std::size_t{0}), all.size());
  }
  group.members[1].options.dropout = {0.5};
  CHECK(sizes_on(1) == std::vector<std::size_t>({lanes, 1, lanes, lanes}));
}

template <class T>
void all_of_it() {
  any_shape_and_number<T>();
  every_rule<T>();
  numbers_of_their_own<T>();
  ends_of_their_own<T>();
  units_are_full<T>();
}

}  // namespace

int main() {
  for (const Isa isa : isas()) {
    const check::Case at(to_string(isa));
    set_isa(isa);
    all_of_it<float>();
    all_of_it<double>();
  }
  return check::report();
}
