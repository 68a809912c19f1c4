// Long calls that a callback ends, at every question that it is asked: where they stop, and what
// they leave. And long batches, which are walked in parts between the questions: the parts change
// no bit.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "filbert/filbert.hpp"
#include "kernels/rows.hpp"
#include "network/random.hpp"
#include "support/check.hpp"
#include "support/files.hpp"
#include "system/watch.hpp"

using namespace filbert;

namespace {

template <class T>
std::vector<T> numbers(std::size_t size, std::uint64_t seed) {
  std::vector<T> values(size);
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint32_t word = random_block(seed, i / 4, Purpose::weights, 9, 9)[i % 4];
    values[i] = static_cast<T>(2.0 * (word + 0.5) * 0x1p-32 - 1.0);
  }
  return values;
}

template <class A, class B>
bool same(const A& a, const B& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(a[0])) == 0;
}

struct Enough : std::runtime_error {
  Enough() : std::runtime_error("enough") {}
};

/// Calls run(keep_going), which returns whether it came to its end: with a no to the first
/// question, to the second, and so on until there are no more. At least `least` are expected.
template <class Run>
void stopped_at_each_question(const char* what, int least, Run run) {
  for (const bool throws : {false, true}) {
    for (int stop = 1;; ++stop) {
      int asked = 0;
      bool done = false;
      try {
        done = run([&] {
          CHECK(asked < stop);  // after a no, nobody asks again
          if (++asked < stop) return true;
          return throws ? throw Enough() : false;
        });
      } catch (const Enough&) {
        CHECK(throws);
      } catch (const Interrupted&) {
        CHECK(!throws);
      }
      if (asked == stop ? !CHECK(!done) : !CHECK(done)) std::fprintf(stderr, "%s\n", what);
      if (asked == stop) continue;
      if (!CHECK(asked >= least)) std::fprintf(stderr, "%s: asked %d times\n", what, asked);
      break;
    }
  }
}

constexpr std::size_t width = 20, classes = 30;

Network network() { return Network({width, 120, classes}, {.output = filbert::softmax}); }

/// A batch for it.
struct Batch {
  explicit Batch(std::size_t n) : rows(n), x(numbers<float>(n * width, 1)), labels(n) {
    for (std::size_t i = 0; i < n; ++i) labels[i] = static_cast<std::int32_t>(i % classes);
  }
  ConstMatrixView inputs() const { return {x.data(), rows, width}; }
  Data data() const { return {.x = inputs(), .labels = labels}; }

  std::size_t rows;
  std::vector<float> x;
  std::vector<std::int32_t> labels;
};

void predictions() {
  const Network net = network();
  const Batch batch(8'000);
  std::vector<float> expected(batch.rows * classes);
  predict(net, batch.inputs(), {expected.data(), batch.rows, classes});
  // However few pieces of the rows the first thread takes, it asks after each of their layers.
  stopped_at_each_question(
      "predict", get_threads() == 1 ? 30 : 1, [&](const KeepGoing& keep_going) {
        std::vector<float> a(expected.size(), -1.0F);
        const auto check_rows = [&] {  // each is done, or as it was
          std::size_t done = 0;
          for (std::size_t i = 0; i < batch.rows; ++i) {
            const float* const row = &a[i * classes];
            if (std::equal(row, row + classes, &expected[i * classes])) {
              ++done;
            } else {
              CHECK(std::all_of(row, row + classes, [](float value) { return value == -1.0F; }));
            }
          }
          return done == batch.rows;
        };
        bool done = false;
        try {
          done = predict(net, batch.inputs(), {a.data(), batch.rows, classes}, {keep_going});
        } catch (const Enough&) {
          check_rows();
          throw;
        }
        CHECK(check_rows() || !done);
        return done;
      });
}

void forwards() {
  const Network net = network();
  const Batch batch(3'000);
  Workspace workspace(net, {.max_batch = batch.rows, .inspect = true});
  stopped_at_each_question("forward", 2, [&](const KeepGoing& keep_going) {
    forward(net, batch.inputs(), workspace);
    std::size_t rows = 0;
    try {
      rows = forward(net, batch.inputs(), workspace, {keep_going}).rows();
    } catch (const Enough&) {
      CHECK_EQ(workspace.rows(), std::size_t{0});
      throw;
    }
    CHECK_EQ(workspace.rows(), rows);
    if (rows == batch.rows) return true;
    CHECK_EQ(rows, std::size_t{0});
    CHECK_THROWS(std::invalid_argument, cost(net, batch.data(), filbert::cross_entropy, workspace),
                 "workspace: expected one that a forward has filled, got none");
    return false;
  });
}

void costs_and_derivatives() {
  const Network net = network();
  const Batch batch(3'000);
  Workspace workspace(net, {.max_batch = batch.rows, .inspect = true});
  const std::vector<float> ones(batch.rows * classes, 1.0F);
  Gradients expected(net), gradients(net);
  const auto whole_cost = [&] {
    return cost(net, batch.data(), filbert::cross_entropy, workspace);
  };
  forward(net, batch.inputs(), workspace);
  const double total = whole_cost();
  backward(net, batch.inputs(), workspace, expected);
  stopped_at_each_question("cost", 1, [&](const KeepGoing& keep_going) {
    const double got =
        cost(net, batch.data(), filbert::cross_entropy, workspace, PropagateOptions{keep_going});
    CHECK(std::isnan(got) || got == total);
    return !std::isnan(got);
  });
  stopped_at_each_question("set_output_derivative", 0, [&](const KeepGoing& keep_going) {
    return set_output_derivative(net, {ones.data(), batch.rows, classes}, workspace, {keep_going});
  });
  whole_cost();
  stopped_at_each_question("backward", 4, [&](const KeepGoing& keep_going) {
    const bool done = backward(net, batch.inputs(), workspace, gradients, {keep_going});
    CHECK(!done || same(gradients.flat(), expected.flat()));
    return done;
  });
  backward(net, batch.inputs(), workspace, gradients);  // dz(L) is still there
  CHECK(same(gradients.flat(), expected.flat()));
}

void evaluations() {
  const Network net = network();
  const Batch batch(8'000);
  const Evaluation whole = evaluate(net, batch.data());
  stopped_at_each_question(
      "evaluate", get_threads() == 1 ? 30 : 1, [&](const KeepGoing& keep_going) {
        bool done = true;
        const auto ask = [&] { return done = keep_going(); };
        const Evaluation part = evaluate(net, batch.data(), {.keep_going = ask});
        if (done) CHECK(part.loss == whole.loss && part.accuracy == whole.accuracy);
        CHECK(std::isnan(part.loss) ||
              std::abs(part.loss - whole.loss) < 1.0);  // of some rows, or none
        return done;
      });
}

/// A fit that is interrupted again and again, and goes on, ends as one that never was. A batch of
/// many rows is interrupted in its midst.
void fits(std::size_t rows, std::size_t batch_size, const Optimizer& fresh) {
  const Batch batch(rows);
  const FitOptions plain{.epochs = 2, .batch_size = batch_size};
  Network expected = network();
  Optimizer never_stopped = fresh;
  CHECK(fit(expected, batch.data(), never_stopped, plain));
  stopped_at_each_question("fit", rows > row_block ? 6 : 2, [&](const KeepGoing& keep_going) {
    Network net = network();
    Optimizer optimizer = fresh;
    FitPosition position;
    FitHooks hooks{.keep_going = keep_going, .position = &position};
    const std::size_t steps_of_epoch = (rows - 1) / batch_size + 1;
    const auto resume = [&] {  // from where it stands, which is after a whole step
      CHECK_EQ(optimizer.steps(), position.epoch * steps_of_epoch + position.batch);
      CHECK_EQ(net.epoch(), position.epoch + (position.batch == steps_of_epoch ? 1 : 0));
      if (optimizer.steps() == 0) CHECK(same(net.parameters(), network().parameters()));
      hooks.keep_going = {};
      CHECK(fit(net, batch.data(), optimizer, plain, hooks));
      CHECK(same(net.parameters(), expected.parameters()));
      CHECK_EQ(optimizer.steps(), never_stopped.steps());
    };
    bool done = false;
    try {
      done = fit(net, batch.data(), optimizer, plain, hooks);
    } catch (const Enough&) {
      resume();
      throw;
    }
    resume();
    return done;
  });
}

/// What a callback sets holds from the next update on, also if it was asked in the midst of a
/// batch.
void the_callback_may_set_the_rate(std::size_t rows, std::size_t batch_size) {
  const Batch batch(rows);
  for (int question = 1;; ++question) {
    Network net = network();
    Optimizer sgd = Sgd({.learning_rate = 0.1});
    std::vector<float> then;
    int asked = 0;
    const auto set_rate = [&] {
      if (++asked == question) {
        then.assign(net.parameters().begin(), net.parameters().end());
        sgd.set_learning_rate(0.0);
      }
      return true;
    };
    CHECK(fit(net, batch.data(), sgd, {.batch_size = batch_size}, {.keep_going = set_rate}));
    if (asked < question) break;
    if (!CHECK(same(net.parameters(), then))) std::fprintf(stderr, "question %d\n", question);
  }
}

/// Layers so wide that each part is one block of rows: dW is the sum of those of the blocks.
template <class T>
void parts_are_blocks() {
  constexpr std::size_t wide = 370, rows = 2100, outputs = 3;
  BasicNetwork<T> net({wide, wide, outputs}, {.output = filbert::tanh, .seed = 2});
  const std::vector<T> x = numbers<T>(rows * wide, 3), y = numbers<T>(rows * outputs, 4);
  using View = BasicMatrixView<const T>;
  const View inputs(x.data(), rows, wide), targets(y.data(), rows, outputs);
  const auto gradient = [&](std::size_t first, std::size_t count) {
    BasicWorkspace<T> workspace(net, {.max_batch = count, .inspect = true});
    BasicGradients<T> sums(net);
    forward(net, inputs.rows_from(first, count), workspace);
    cost(net, {.y = targets.rows_from(first, count)}, filbert::squared_error, workspace);
    backward(net, inputs.rows_from(first, count), workspace, sums);
    return sums;
  };
  BasicGradients<T> whole = gradient(0, rows), expected = gradient(0, row_block);
  for (std::size_t first = row_block; first < rows; first += row_block) {
    BasicGradients<T> part = gradient(first, std::min(row_block, rows - first));
    for (std::size_t i = 0; i < part.flat().size(); ++i) expected.flat()[i] += part.flat()[i];
  }
  CHECK(same(whole.flat(), expected.flat()));
  // A step of fit is the optimizer's, with that gradient.
  BasicNetwork<T> own = net;
  Optimizer sgd = Sgd({.learning_rate = 0.125}), mine = sgd;
  fit(net, {.x = inputs, .y = targets}, sgd, {.batch_size = rows, .shuffle = false});
  for (T& g : expected.flat()) g *= T(1.0 / rows);
  mine.step(own, expected.flat());
  CHECK(same(net.parameters(), own.parameters()));
}

void in_files() {
  const files::Folder folder("interrupt");
  const std::filesystem::path path = folder / "net.safetensors";
  const Network net({1500, 1500}, {.seed = 1}), old({2, 3}, {.seed = 2});
  const Optimizer sgd = Sgd();
  const std::vector<std::byte> bytes = to_bytes(net);
  stopped_at_each_question("Network", 1, [&](const KeepGoing& keep_going) {
    CHECK(same(Network({1500, 1500}, {.seed = 1}, keep_going).parameters(), net.parameters()));
    return true;
  });
  stopped_at_each_question("to_bytes", 4, [&](const KeepGoing& keep_going) {
    CHECK(same(to_bytes(net, keep_going), bytes));
    return true;
  });
  const auto saved = [&](auto save_it) {
    return [&path, &old, save_it](const KeepGoing& keep_going) {
      save(old, path);
      try {
        save_it(keep_going);
      } catch (const std::runtime_error&) {
        CHECK(same(to_bytes(load(path)), to_bytes(old)));
        const auto entries = std::filesystem::directory_iterator(path.parent_path());
        CHECK_EQ(std::distance(begin(entries), end(entries)), std::ptrdiff_t{1});
        throw;
      }
      return true;
    };
  };
  stopped_at_each_question("save_checkpoint", 4, saved([&](const KeepGoing& keep_going) {
                             save_checkpoint(net, sgd, {.rows = 1}, path, keep_going);
                           }));
  stopped_at_each_question("load_checkpoint", 2, [&](const KeepGoing& keep_going) {
    return std::get<Network>(load_checkpoint(path, keep_going).network).depth() == 1;
  });
  stopped_at_each_question(
      "save", 4, saved([&](const KeepGoing& keep_going) { save(net, path, keep_going); }));
  for (const bool mmap : {false, true}) {
    stopped_at_each_question("load", 2, [&](const KeepGoing& keep_going) {
      const Network loaded = load(path, {.mmap = mmap, .keep_going = keep_going});
      CHECK(same(loaded.parameters(), net.parameters()));
      return true;
    });
  }
  stopped_at_each_question("from_bytes", 2, [&](const KeepGoing& keep_going) {
    return std::get<Network>(from_bytes(bytes, keep_going)).depth() == 1;
  });
  stopped_at_each_question("read_tensors", 2, [&](const KeepGoing& keep_going) {
    return read_tensors(path, keep_going).size() == 2;
  });
}

}  // namespace

int main() {
  Watch::interval = std::chrono::milliseconds(0);
  for (const std::size_t threads : {1, 3}) {
    set_threads(threads);
    if (check::quick()) {  // under an emulator threads wait for each other for minutes
      if (threads == 1) fits(700, 300, Adam());
      continue;
    }
    parts_are_blocks<float>();
    parts_are_blocks<double>();
    predictions();
    forwards();
    costs_and_derivatives();
    evaluations();
    fits(3'000, 3'000, Sgd({.momentum = 0.9}));
    fits(3'500, 1'500, Adam());
    fits(700, 300, Adam());
    the_callback_may_set_the_rate(3'000, 1'500);
    the_callback_may_set_the_rate(1'500, 500);
  }
  if (!check::quick()) in_files();
  return check::report();
}
