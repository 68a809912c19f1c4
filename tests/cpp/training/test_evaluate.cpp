// The mean cost and the accuracy of any number of rows: the same bits for every number of threads,
// and those of sums over the rows in their order, as docs/numerics.md says.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "filbert/filbert.hpp"
#include "support/check.hpp"
#include "support/guarded.hpp"

using namespace filbert;

namespace {

/// Row by row, from the costs and activations of batches of 256 rows.
template <class T>
Evaluation by_hand(const BasicNetwork<T>& net, const BasicData<T>& data, Loss loss) {
  BasicWorkspace<T> workspace(net, {.max_batch = 256});
  const std::size_t rows = data.x.rows(), n = net.outputs();
  double total = 0.0, hits = 0.0, weights = 0.0;
  for (std::size_t first = 0; first < rows; first += 256) {
    const std::size_t count = std::min<std::size_t>(256, rows - first);
    BasicData<T> batch;
    batch.x = data.x.rows_from(first, count);
    if (!data.labels.empty()) batch.labels = data.labels.subspan(first, count);
    if (data.y.rows() > 0) batch.y = data.y.rows_from(first, count);
    if (!data.weights.empty()) batch.weights = data.weights.subspan(first, count);
    forward(net, batch.x, workspace);
    cost(net, batch, loss, workspace);
    double weight = 0.0;
    for (std::size_t i = 0; i < count; ++i) {
      total += static_cast<double>(workspace.cost()[i]);
      const double w = batch.weights.empty() ? 1.0 : static_cast<double>(batch.weights[i]);
      weight += w;
      if (batch.labels.empty()) continue;
      const T* const a = workspace.a(net.depth()).row(i).data();
      hits += std::max_element(a, a + n) - a == batch.labels[i] ? w : 0.0;
    }
    weights += weight;
  }
  Evaluation result;
  result.loss = total / weights;
  if (!data.labels.empty()) result.accuracy = hits / weights;
  return result;
}

template <class T>
void same_sums(const BasicNetwork<T>& net, const std::vector<std::size_t>& counts, Loss loss) {
  const std::size_t most = counts.back(), n = net.outputs();
  const std::vector<T> x = guarded::numbers<T>(guarded::Numbers::plain, most * net.inputs(), 1),
                       y = guarded::numbers<T>(guarded::Numbers::plain, most * n, 2);
  std::vector<T> weights = guarded::numbers<T>(guarded::Numbers::plain, most, 3);
  for (std::size_t i = 0; i < most; ++i) {  // so far apart that the order of a sum shows
    const double scale = std::ldexp(1.0, static_cast<int>(i * 7 % 80) - 40);
    weights[i] = weights[i] > T(-0.5) ? static_cast<T>((double(weights[i]) + 0.75) * scale) : T(0);
  }
  weights[0] = T(1);
  std::vector<std::int32_t> labels(most);
  for (std::size_t i = 0; i < most; ++i) labels[i] = static_cast<std::int32_t>(i * i % n);
  const bool classifies = traits_of(net.output()).classifies;
  for (const std::size_t rows : counts) {
    for (const bool weighted : {false, true}) {
      BasicData<T> data{.x = {x.data(), rows, net.inputs()}};
      if (classifies) {
        data.labels = {labels.data(), rows};
      } else {
        data.y = {y.data(), rows, n};
      }
      if (weighted) data.weights = {weights.data(), rows};
      set_threads(1);
      const Evaluation expected = by_hand(net, data, loss);
      for (const std::size_t threads : {1, 2, 3, 8}) {
        const check::Case at(rows, "rows", threads, weighted ? "threads, weights" : "threads");
        set_threads(threads);
        const Evaluation got = evaluate(net, data, {.loss = loss});
        CHECK_EQ(got.loss, expected.loss);
        CHECK(got.accuracy == expected.accuracy);
      }
    }
  }
}

template <class T>
void all_shapes() {
  using Sizes = std::vector<std::size_t>;
  std::vector<std::size_t> rows{1, 2, 11, 255, 256, 257, 1000, 5000};
  if (check::quick()) rows = {1, 11, 257, 300};
  for (const Sizes& sizes : {Sizes{5, 3}, Sizes{64, 32, 10}, Sizes{40, 70, 200, 33, 50}}) {
    const check::Case at(sizes.size(), "layers");
    same_sums(BasicNetwork<T>(sizes, {.output = filbert::softmax, .seed = 3}), rows,
              filbert::cross_entropy);
    same_sums(BasicNetwork<T>(sizes, {.output = filbert::tanh, .seed = 3}), rows,
              filbert::squared_error);
  }
}

}  // namespace

int main() {
  all_shapes<float>();
  all_shapes<double>();
  // More rows than are added up at once.
  if (!check::quick()) {
    same_sums(Network({4, 5, 3}, {.output = filbert::softmax, .seed = 1}), {65'536, 140'001},
              filbert::cross_entropy);
  }
  return check::report();
}
