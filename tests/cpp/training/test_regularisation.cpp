// What a fit does to a step beside the rule: alone and together, with weights of examples, on any
// number of threads, interrupted after any step, and refused where it cannot be.
#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "filbert/filbert.hpp"
#include "network/random.hpp"
#include "support/check.hpp"
#include "support/files.hpp"
#include "system/watch.hpp"

using namespace filbert;

namespace {

constexpr std::size_t rows = 300, inputs = 40, outputs = 5, batch_size = 96;

template <class T>
BasicNetwork<T> network() {
  return BasicNetwork<T>({inputs, 150, 120, outputs},
                         {.activation = filbert::tanh, .output = filbert::softmax, .seed = 9});
}

template <class T>
struct Examples {
  std::vector<T> x = std::vector<T>(rows * inputs), weights = std::vector<T>(rows);
  std::vector<std::int32_t> labels = std::vector<std::int32_t>(rows);

  Examples() {
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::uint32_t word = random_block(1, i / 4, Purpose::weights, 9, 9)[i % 4];
      x[i] = static_cast<T>(2.0 * (word + 0.5) * 0x1p-32 - 1.0);
    }
    for (std::size_t i = 0; i < rows; ++i) {
      weights[i] = static_cast<T>(i % 4);
      labels[i] = static_cast<std::int32_t>(i * 7 % outputs);
    }
  }
  BasicData<T> data() const {
    return {.x = {x.data(), rows, inputs}, .labels = labels, .weights = weights};
  }
};

template <class A, class B>
bool same(const A& a, const B& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(a[0])) == 0;
}

using Named = std::pair<std::string, FitOptions>;

/// Each option alone, some of them together, and all.
std::vector<Named> all_options() {
  const std::vector<Named> alone = {
      {"dropout", {.dropout = {0.5, 0.25}}},
      {"input_dropout", {.input_dropout = 0.2}},
      {"noise", {.noise = 0.5}},
      {"clip_norm", {.clip_norm = 0.05}},
      {"clip_value", {.clip_value = 0.001}},
      {"accumulate", {.accumulate = 2}},
      {"max_norm", {.max_norm = 0.75}},
      {"l1", {.l1 = {0.01, 0.0, 0.02}}},
      {"l2", {.l2 = {0.0, 0.01, 0.02}}},
      {"alpha", {.alpha = 0.5}},
      {"layer_rates", {.layer_rates = {0.0, 0.5, 2.0}}},
      {"bias_rates", {.bias_rates = {1.0, 0.0, 0.5}}},
      {"average", {.average = 0.9}},
  };
  // The value of each option in the fits of these two; a's where only a has one.
  const auto both = [](const FitOptions& a, const FitOptions& b) {
    const FitOptions none;
    FitOptions result = a;
    for_each_fit_option(result, [&](const auto& row, auto& value) {
      if (value == none.*row.member) value = b.*row.member;
    });
    return result;
  };
  std::vector<Named> all = alone;
  FitOptions together;
  for (std::size_t i = 0; i < alone.size(); ++i) {
    const auto& [name, options] = alone[i];
    const auto& [other_name, other] = alone[(i + 1) % alone.size()];
    all.push_back({name + ", " + other_name, both(options, other)});
    together = both(together, options);
  }
  all.push_back({"all", together});
  return all;
}

FitOptions of_fit(FitOptions options) {
  options.epochs = 3;
  options.batch_size = batch_size;
  return options;
}

template <class T>
struct Trained {
  BasicNetwork<T> net = network<T>();
  Optimizer optimizer = Adam{.learning_rate = 0.01, .weight_decay = 0.001};
  FitPosition position = {};
};

template <class T>
void threads_do_not_matter(const Examples<T>& examples) {
  std::vector<std::vector<T>> different;  // each option makes a difference
  for (const auto& [name, options] : all_options()) {
    std::vector<T> expected;
    for (const std::size_t threads : {1, 2, 3, 8}) {
      if (name != "all" && threads > 2) continue;
      const check::Case at(name, threads, "threads");
      set_threads(threads);
      Trained<T> trained;
      CHECK(fit(trained.net, examples.data(), trained.optimizer, of_fit(options)));
      const std::span<const T> got = trained.net.parameters();
      CHECK(std::isfinite(got[0]));
      if (expected.empty()) expected.assign(got.begin(), got.end());
      CHECK(same(got, expected));
    }
    for (const auto& other : different) CHECK(!same(other, expected));
    different.push_back(expected);
  }
  set_threads(0);
}

/// A fit that ends at each question in turn, whose checkpoint goes on in another network.
template <class T>
void resumed(const Examples<T>& examples, std::size_t threads) {
  const files::Folder folder("regularisation");
  const std::filesystem::path path = folder / "checkpoint";
  set_threads(threads);
  for (const auto& [name, options] : all_options()) {
    const FitOptions asked = of_fit(options);
    Trained<T> expected;
    CHECK(fit(expected.net, examples.data(), expected.optimizer, asked));
    std::vector<bool> seen(3 * ((rows - 1) / batch_size + 1) + 1);
    if (threads > 1 && name != "all") continue;
    for (int stop = 1;; stop += name == "all" ? 1 : 17) {
      const check::Case at(name, "stopped at question", stop);
      Trained<T> first;
      int questions = 0;
      const FitHooks hooks{.keep_going = [&] { return ++questions < stop; },
                           .position = &first.position};
      const bool done = fit(first.net, examples.data(), first.optimizer, asked, hooks);
      const FitPosition& position = first.position;
      seen[position.epoch * ((rows - 1) / batch_size + 1) + position.batch] = true;
      CHECK(position.batch == (rows - 1) / batch_size + 1 ||
            position.batch % asked.accumulate == 0);
      CHECK_EQ(position.trained != nullptr, asked.average > 0.0 && first.optimizer.steps() > 0);
      save_checkpoint(first.net, first.optimizer, {.options = asked, .position = position}, path);
      Checkpoint checkpoint = load_checkpoint(path);
      auto& net = std::get<BasicNetwork<T>>(checkpoint.network);
      CHECK(same(net.parameters(), first.net.parameters()));
      FitPosition from = checkpoint.training.position;
      CHECK(fit(net, examples.data(), checkpoint.optimizer, checkpoint.training.options,
                {.position = &from}));
      CHECK(same(net.parameters(), expected.net.parameters()));
      CHECK_EQ(checkpoint.optimizer.steps(), expected.optimizer.steps());
      // The position that it started from is as it was.
      auto again = std::get<BasicNetwork<T>>(load_checkpoint(path).network);
      Optimizer optimizer = load_checkpoint(path).optimizer;
      from = checkpoint.training.position;
      CHECK(fit(again, examples.data(), optimizer, asked, {.position = &from}));
      CHECK(same(again.parameters(), expected.net.parameters()));
      if (done) break;
    }
    std::size_t places = 0;
    for (const bool place : seen) places += place ? 1 : 0;
    if (name == "all") CHECK(places >= 6);
  }
  set_threads(0);
}

/// Callbacks see the mean of the parameters, and the fit goes on from the parameters.
void average_is_seen() {
  const Examples<double> examples;
  Trained<double> plain, averaged;
  std::vector<std::vector<double>> steps;
  const FitOptions one_batch{.epochs = 6, .batch_size = rows};
  fit(plain.net, examples.data(), plain.optimizer, one_batch, {.on_epoch = [&](const auto&) {
        steps.emplace_back(plain.net.parameters().begin(), plain.net.parameters().end());
        return true;
      }});
  FitOptions options = one_batch;
  options.average = 0.75;
  std::vector<double> mean = steps[0];
  std::size_t epoch = 0;
  const auto compare = [&] {
    double worst = 0.0;
    for (std::size_t i = 0; i < mean.size(); ++i) {
      if (epoch > 0) mean[i] = 0.75 * mean[i] + 0.25 * steps[epoch][i];
      worst = std::max(worst, std::abs(mean[i] - averaged.net.parameters()[i]));
    }
    CHECK(worst < 1e-14);
    ++epoch;
  };
  struct Enough {};
  FitHooks hooks{.on_epoch =
                     [&](const EpochReport& report) {
                       compare();
                       if (report.epoch == 4) throw Enough();
                       return true;
                     },
                 .position = &averaged.position};
  try {
    fit(averaged.net, examples.data(), averaged.optimizer, options, hooks);
    CHECK(false);
  } catch (const Enough&) {
  }
  const std::vector<double> shown(averaged.net.parameters().begin(),
                                  averaged.net.parameters().end());
  hooks.on_epoch = [&](const EpochReport& report) {
    if (report.epoch == 4) {  // the same one again
      CHECK(same(averaged.net.parameters(), shown));
    } else {
      compare();
    }
    return true;
  };
  fit(averaged.net, examples.data(), averaged.optimizer, options, hooks);
  CHECK_EQ(epoch, std::size_t{6});
  CHECK(!same(averaged.net.parameters(), plain.net.parameters()));
}

void frozen_layers_stay() {
  const Examples<float> examples;
  Trained<float> trained;
  const BasicNetwork<float> before = trained.net;
  fit(trained.net, examples.data(), trained.optimizer,
      of_fit({.layer_rates = {0.0, 1.0, 0.0}, .bias_rates = {0.0, 0.0, 1.0}}));
  CHECK(same(trained.net.parameters().subspan(0, before.offset(2)),
             before.parameters().subspan(0, before.offset(2))));
  CHECK(same(trained.net.b(2), before.b(2)));
  CHECK(trained.net.w(2)(0, 0) != before.w(2)(0, 0));
  CHECK(trained.net.w(3)(0, 0) == before.w(3)(0, 0));
  CHECK(trained.net.b(3)[0] != before.b(3)[0]);
}

/// Options that do the same are equal, once they are complete.
void complete_options() {
  const Network net = network<float>();
  const FitOptions plain = complete({}, net);
  CHECK_EQ(*plain.seed, std::uint64_t{9});
  CHECK(complete({.dropout = {0.0}, .l1 = {0.0}, .layer_rates = {1.0}, .bias_rates = {1.0}}, net) ==
        plain);
  CHECK(complete({.dropout = {0.5}}, net) == complete({.dropout = {0.5, 0.5}}, net));
  CHECK(complete({.layer_rates = {0.5}, .bias_rates = {0.5, 0.5, 0.5}}, net) ==
        complete({.layer_rates = {0.5}}, net));
  const FitOptions unlike = complete({.layer_rates = {0.5}, .bias_rates = {1.0}}, net);
  CHECK(unlike.bias_rates == std::vector<double>(3, 1.0));
  CHECK(complete(unlike, net) == unlike);
  CHECK(complete({.dropout = {0.5}}, Network({3, 1})).dropout.empty());
}

void errors_change_nothing() {
  const Examples<float> examples;
  Trained<float> trained;
  const BasicNetwork<float> before = trained.net;
  const double nan = std::nan(""), infinite = FitOptions::unlimited;
  const std::pair<FitOptions, const char*> wrong[] = {
      {{.dropout = {1.0}}, "dropout: expected a number in [0, 1), got 1"},
      {{.dropout = {0.5, -0.1}}, "dropout: expected a number in [0, 1)"},
      {{.dropout = {0.1, 0.1, 0.1}}, "dropout: expected one number, or 2, one for each hidden"},
      {{.input_dropout = 1.5}, "input_dropout: expected a number in [0, 1)"},
      {{.input_dropout = nan}, "input_dropout"},
      {{.noise = -1.0}, "noise: expected a finite number >= 0"},
      {{.noise = 1e39}, "noise: expected a number that fits in float32"},
      {{.clip_norm = 0.0}, "clip_norm: expected a number > 0, got 0"},
      {{.clip_norm = nan}, "clip_norm"},
      {{.clip_value = -1.0}, "clip_value"},
      {{.clip_value = 1e-60}, "clip_value: expected a number > 0 in float32"},
      {{.accumulate = 0}, "accumulate: expected at least 1, got 0"},
      {{.max_norm = -infinite}, "max_norm"},
      {{.l1 = {0.1, 0.1}}, "l1: expected one number, or 3, one for each layer, got 2"},
      {{.l1 = {infinite}}, "l1: expected a finite number"},
      {{.l2 = {2e38}}, "l2: expected a number that fits in float32"},
      {{.layer_rates = {-1.0}}, "layer_rates"},
      {{.layer_rates = {0.0}}, "layer_rates: expected one above 0, or bias_rates"},
      {{.layer_rates = {0.0}, .bias_rates = {0.0}}, "layer_rates: expected one above 0"},
      {{.bias_rates = {1.0, 1.0, 1.0, 1.0}}, "bias_rates: expected one number, or 3"},
      {{.average = 1.0}, "average: expected a number in [0, 1), got 1"},
  };
  for (const auto& [options, message] : wrong) {
    CHECK_THROWS(std::invalid_argument,
                 fit(trained.net, examples.data(), trained.optimizer, options), message);
  }
  FitPosition position;
  position.trained = std::make_shared<AnyParameters>(AlignedBuffer<float>(3));
  CHECK_THROWS(std::invalid_argument,
               fit(trained.net, examples.data(), trained.optimizer, {}, {.position = &position}),
               "average: expected a decay above 0");
  CHECK_THROWS(std::invalid_argument,
               fit(trained.net, examples.data(), trained.optimizer, {.average = 0.5},
                   {.position = &position}),
               "position: expected trained parameters");
  CHECK(same(trained.net.parameters(), before.parameters()));
  CHECK_EQ(trained.optimizer.steps(), std::uint64_t{0});
}

}  // namespace

int main() {
  Watch::interval = std::chrono::milliseconds{0};
  complete_options();
  errors_change_nothing();
  frozen_layers_stay();
  average_is_seen();
  const Examples<float> of_float;
  const Examples<double> of_double;
  threads_do_not_matter(of_float);
  threads_do_not_matter(of_double);
  resumed(of_float, 1);
  resumed(of_double, 2);
  return check::report();
}
