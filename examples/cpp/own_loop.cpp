// A training loop of one's own, with a cost of one's own: fitting a sine under the cost |a - y|.
#include <cmath>
#include <cstdio>
#include <filbert/filbert.hpp>
#include <vector>

int main() {
  constexpr std::size_t examples = 64;
  std::vector<double> x(examples), y(examples), dC_da(examples);
  for (std::size_t i = 0; i < examples; ++i) {
    x[i] = -3.0 + 6.0 * static_cast<double>(i) / (examples - 1);
    y[i] = std::sin(x[i]);
  }
  const filbert::ConstMatrixView64 batch(x.data(), examples, 1);

  filbert::Network64 net({1, 32, 1}, {.activation = filbert::tanh, .seed = 1});
  filbert::Workspace64 workspace(net, {.max_batch = examples});
  filbert::Gradients64 gradients(net);
  filbert::Optimizer adam = filbert::Adam({.learning_rate = 0.01});
  double mean = 0.0;
  for (int step = 0; step < 2000; ++step) {
    const filbert::ConstMatrixView64 a = filbert::forward(net, batch, workspace);
    mean = 0.0;
    for (std::size_t i = 0; i < examples; ++i) {
      mean += std::abs(a(i, 0) - y[i]) / examples;
      dC_da[i] = (a(i, 0) > y[i] ? 1.0 : -1.0) / examples;
    }
    filbert::set_output_derivative(net, {dC_da.data(), examples, 1}, workspace);
    filbert::backward(net, batch, workspace, gradients);
    adam.step(net, gradients.flat());
  }
  std::printf("mean |a - y| after training: %.4f\n", mean);
  return mean < 0.1 ? 0 : 1;
}
