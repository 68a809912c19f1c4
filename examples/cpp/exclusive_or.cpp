// A network learns exclusive or: the smallest problem that needs a hidden layer.
#include <cstdio>
#include <filbert/filbert.hpp>

int main() {
  const float x[] = {0, 0, 0, 1, 1, 0, 1, 1};
  const float y[] = {0, 1, 1, 0};

  filbert::Network net(
      {2, 8, 1},
      {.activation = filbert::Activation::tanh, .output = filbert::Activation::sigmoid, .seed = 0});
  filbert::Optimizer adam = filbert::Adam({.learning_rate = 0.05});
  filbert::fit(net, {.x = {x, 4, 2}, .y = {y, 4, 1}}, adam, {.epochs = 500});

  filbert::Workspace workspace(net, {.max_batch = 4, .training = false});
  const filbert::ConstMatrixView a = filbert::forward(net, {x, 4, 2}, workspace);
  int wrong = 0;
  for (int i = 0; i < 4; ++i) {
    std::printf("%g xor %g: %.3f\n", x[2 * i], x[2 * i + 1], a(i, 0));
    wrong += (a(i, 0) > 0.5F) != (y[i] > 0.5F);
  }
  return wrong;
}
