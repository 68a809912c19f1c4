// Forward and backward propagation against finite differences, and what a batch may not change.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <string_view>
#include <vector>

#include "filbert/filbert.hpp"
#include "filbert/propagate.hpp"
#include "kernels/kernels.hpp"
#include "network/random.hpp"
#include "support/check.hpp"
#include "support/names.hpp"

using namespace filbert;

namespace {

/// Numbers in (-1, 1).
template <class T>
std::vector<T> numbers(std::size_t size, std::uint64_t seed) {
  std::vector<T> values(size);
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint32_t word = random_block(seed, i / 4, Purpose::weights, 9, 9)[i % 4];
    values[i] = static_cast<T>(2.0 * (word + 0.5) * 0x1p-32 - 1.0);
  }
  return values;
}

void gradients_are_derivatives(Activation activation, Activation output, const Loss& loss) {
  const std::size_t rows = 5, outputs = 6, columns = target_columns(loss, outputs);
  Network64 net({3, 7, outputs}, {.activation = activation, .output = output, .seed = 11});
  for (double& b : net.b(1)) b = 0.3;
  if (loss.kind == LossKind::poisson) {
    for (double& b : net.b(2)) b = 1.5;  // log a is steep near 0
  }
  const std::vector<double> x = numbers<double>(rows * 3, 1);
  std::vector<double> y = numbers<double>(rows * columns, 2);
  for (double& value : y) value = 0.5 + value / 2;
  if (traits_of(loss).targets == TargetRange::signs) {
    for (double& value : y) value = value > 0.5 ? 1.0 : -1.0;
  }
  if (traits_of(loss).targets == TargetRange::distributions) {
    for (std::size_t i = 0; i < rows; ++i) {
      double* const row = &y[outputs * i];
      const double sum = std::accumulate(row, row + outputs, 0.0);
      for (std::size_t j = 0; j < outputs; ++j) row[j] /= sum;
    }
  }
  const ConstMatrixView64 batch(x.data(), rows, 3), targets(y.data(), rows, columns);
  Workspace64 workspace(net, {.max_batch = rows, .inspect = true});
  Gradients64 gradients(net);
  const auto total = [&] {
    forward(net, batch, workspace);
    return cost(net, {.y = targets}, loss, workspace);
  };
  total();
  backward(net, batch, workspace, gradients);
  const std::vector<double> g(gradients.flat().begin(), gradients.flat().end());
  for (std::size_t i = 0; i < g.size(); ++i) {
    const double h = 1e-5, w = net.parameters()[i];
    net.parameters()[i] = w + h;
    const double above = total();
    net.parameters()[i] = w - h;
    const double below = total();
    net.parameters()[i] = w;
    const double fd = (above - below) / (2 * h);
    const double allowed = 1e-6 * std::max(std::abs(g[i]), std::abs(fd)) + 1e-8;
    const check::Case at("parameter", i);
    CHECK(std::abs(g[i] - fd) <= allowed);
  }
  // A workspace that keeps no more than it must gives the same bits.
  Workspace64 lean(net, {.max_batch = rows});
  Gradients64 again(net);
  forward(net, batch, lean);
  cost(net, {.y = targets}, loss, lean);
  backward(net, batch, lean, again);
  CHECK(std::ranges::equal(again.flat(), g));
  // A derivative given from outside leads to the same gradient, through dz = activation' dC/da.
  total();
  backward(net, batch, workspace, gradients);
  std::vector<double> dC_da(rows * outputs);
  for (std::size_t i = 0; i < rows; ++i) {
    std::memcpy(&dC_da[outputs * i], workspace.da(2).row(i).data(), outputs * sizeof(double));
  }
  set_output_derivative(net, {dC_da.data(), rows, outputs}, workspace);
  backward(net, batch, workspace, gradients);
  for (std::size_t i = 0; i < g.size(); ++i) {
    CHECK(std::abs(gradients.flat()[i] - g[i]) <= 1e-12 * (1 + std::abs(g[i])));
  }
}

template <class T>
void rows_do_not_know_their_batch() {
  for (const Activation output : {filbert::softmax, filbert::tanh}) {
    const BasicNetwork<T> net({50, 130, 70, 33}, {.output = output, .seed = 4});
    const std::size_t rows = check::quick() ? 30 : 300;
    const std::vector<T> x = numbers<T>(rows * 50, 3);
    const BasicMatrixView<const T> batch(x.data(), rows, 50);
    std::vector<T> all(rows * 33), one(33);
    predict(net, batch, {all.data(), rows, 33});
    BasicWorkspace<T> alone(net, {.max_batch = 1, .training = false});
    BasicWorkspace<T> whole(net, {.max_batch = rows, .inspect = true});
    const BasicMatrixView<const T> a = forward(net, batch, whole);
    bool same = true;
    for (std::size_t i = 0; i < rows; ++i) {
      const T* row = forward(net, batch.row(i), alone).data();
      same = same && std::memcmp(row, &all[i * 33], 33 * sizeof(T)) == 0;
      same = same && std::memcmp(row, a.row(i).data(), 33 * sizeof(T)) == 0;
    }
    CHECK(same);
  }
}

void inputs_with_a_stride() {
  const Network net({3, 5, 2});
  const std::vector<float> x = numbers<float>(4 * 10, 3);
  std::vector<float> dense;
  for (std::size_t i = 0; i < 4; ++i) dense.insert(dense.end(), &x[i * 10], &x[i * 10] + 3);
  float a[8], b[8];
  predict(net, {x.data(), 4, 3, 10}, {a, 4, 2});
  predict(net, {dense.data(), 4, 3}, {b, 4, 2});
  CHECK(std::memcmp(a, b, sizeof a) == 0);
}

void extreme_outputs() {  // softmax and its cost stay finite, sigmoid's too
  for (const double scale : {1.0, 1e4, 1e30}) {
    Network64 net({1, 3}, {.output = filbert::softmax});
    const double w[] = {scale, -scale, 0.0};
    std::memcpy(net.parameters().data(), w, sizeof w);
    const double x = 1.0;
    const std::int32_t label = 1;
    Workspace64 workspace(net);
    const ConstMatrixView64 a = forward(net, {&x, 1, 1}, workspace);
    CHECK(std::abs(a(0, 0) + a(0, 1) + a(0, 2) - 1.0) < 1e-15);
    const double c = cost(net, {.labels = {&label, 1}}, filbert::cross_entropy, workspace);
    CHECK(std::isfinite(c) && c >= 2 * scale && c <= 2 * scale * (1 + 1e-15) + 1.0);
    Network64 logistic({1, 1}, {.output = filbert::sigmoid});
    logistic.parameters()[0] = scale;
    Workspace64 room(logistic);
    forward(logistic, {&x, 1, 1}, room);
    const double zero = 0.0;
    const double b = cost(logistic, {.y = {&zero, 1, 1}}, filbert::binary_cross_entropy, room);
    CHECK(std::abs(b - scale) <= 0.32);
  }
}

void errors() {
  const Network net({3, 5, 2}, {.output = filbert::softmax});
  const Network other({3, 6, 2});
  Workspace workspace(net, {.max_batch = 2});
  Workspace idle(net, {.max_batch = 2, .training = false});
  Gradients gradients(net);
  const std::vector<float> x(12, 0.5F);
  const std::int32_t labels[] = {0, 2}, good[] = {0, 1};
  using Bad = std::invalid_argument;
  CHECK_THROWS(Bad, Workspace(net, {.max_batch = 0}), "max_batch");
  CHECK_THROWS(Bad, Workspace(net, {.max_batch = ~std::size_t{0} / 8}), "max_batch");
  CHECK_THROWS(Bad, forward(net, {x.data(), 2, 4}, workspace), "x: expected 3 columns, got 4");
  CHECK_THROWS(Bad, forward(net, {x.data(), 3, 3}, workspace), "x: expected 1 to 2 rows, got 3");
  CHECK_THROWS(Bad, forward(net, {x.data(), 0, 3}, workspace), "got 0");
  CHECK_THROWS(Bad, forward(other, {x.data(), 2, 3}, workspace), "workspace");
  CHECK_THROWS(Bad, backward(net, {x.data(), 2, 3}, workspace, gradients), "workspace");
  forward(net, {x.data(), 2, 3}, workspace);
  CHECK_THROWS(Bad, cost(net, {.labels = labels}, filbert::cross_entropy, workspace),
               "labels: expected integers in 0 .. 1, got 2 at position 1");
  CHECK_THROWS(Bad, cost(net, {.labels = good}, filbert::binary_cross_entropy, workspace),
               "sigmoid");
  CHECK_THROWS(Bad, cost(net, {.labels = {good, 1}}, filbert::cross_entropy, workspace),
               "labels: expected 2, one for each row of x, got 1");
  CHECK_THROWS(Bad, cost(net, {.y = {x.data(), 2, 3}}, filbert::squared_error, workspace),
               "y: expected 2 columns, got 3");
  CHECK_THROWS(Bad, set_output_derivative(net, {x.data(), 2, 3}, workspace), "dC_da");
  CHECK_THROWS(Bad, backward(net, {x.data(), 1, 3}, workspace, gradients), "x: expected shape");
  forward(net, {x.data(), 2, 3}, idle);
  CHECK_THROWS(Bad, cost(net, {.labels = good}, filbert::cross_entropy, idle), "training");
  const float bad[] = {0.0F, -1e38F, HUGE_VALF, NAN};
  CHECK_EQ(first_nonfinite(std::span(bad, 2)), std::size_t{2});
  CHECK_EQ(first_nonfinite(std::span(bad, 4)), std::size_t{2});
  CHECK_EQ(first_nonfinite(std::span(bad + 3, 1)), std::size_t{0});
}

/// sigma'(z) of every activation that has one, against central differences of its a.
void slopes_are_derivatives() {
  constexpr double h = 1e-6;
  for (const std::string_view name : filbert::activation_names()) {
    const Activation activation = filbert::activation_from_string(name);
    if (!traits_of(activation).elementwise) {
      Network64 outer({1, 2}, {.output = activation});
      Workspace64 workspace(outer);
      const double x = 0.5;
      double slope[2];
      forward(outer, ConstMatrixView64(&x, 1, 1), workspace);
      CHECK_THROWS(std::invalid_argument, slopes(outer, workspace, 1, MatrixView64(slope, 1, 2)),
                   std::string(name));
      continue;
    }
    Network64 net({1, 1}, {.output = activation});
    net.w(1)(0, 0) = 1.0;
    Workspace64 workspace(net, {.max_batch = 3});
    for (const double z : {-3.4, -2.5, -1.1, -0.3, 0.2, 0.9, 3.1, 6.3}) {  // no kinks
      const double x[] = {z - h, z, z + h};
      forward(net, ConstMatrixView64(x, 3, 1), workspace);
      double slope[3];
      slopes(net, workspace, 1, MatrixView64(slope, 3, 1));
      const double wanted = (workspace.a(1)(2, 0) - workspace.a(1)(0, 0)) / (2.0 * h);
      const double error = std::abs(slope[1] - wanted) / (1.0 + std::abs(wanted));
      const check::Case at(name, "at", z);
      CHECK(error < 1e-8);
    }
    double one;
    CHECK_THROWS(std::invalid_argument, slopes(net, workspace, 3, MatrixView64(&one, 1, 1)), "l: ");
    CHECK_THROWS(std::invalid_argument, slopes(net, workspace, 1, MatrixView64(&one, 1, 1)),
                 "slope: ");
  }
}

/// Every activation in the hidden layer and in the output, with every loss that goes with it.
void every_combination() {
  for (const Activation hidden : names::hidden_activations()) {
    for (const Activation output : names::activations()) {
      for (const Loss& loss : names::losses()) {
        const check::Case at(to_string(hidden), to_string(output), to_string(loss));
        if (names::fits(loss, output)) gradients_are_derivatives(hidden, output, loss);
      }
    }
  }
}

}  // namespace

int main() {
  slopes_are_derivatives();
  every_combination();
  const Isa best = isa();
  for (const Isa each : isas()) {
    set_isa(each);
    rows_do_not_know_their_batch<float>();
    rows_do_not_know_their_batch<double>();
  }
  set_isa(best);
  inputs_with_a_stride();
  extreme_outputs();
  errors();
  return check::report();
}
