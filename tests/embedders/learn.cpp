#include <cstdio>
#include <filbert/filbert.hpp>

int main() {
  const float x[] = {0, 1, 2, 3}, y[] = {1, 3, 5, 7};
  filbert::Network net({1, 1});
  filbert::Optimizer sgd = filbert::Sgd({.learning_rate = 0.1});
  filbert::fit(net, {.x = {x, 4, 1}, .y = {y, 4, 1}}, sgd, {.epochs = 200});
  const float w = net.w(1)(0, 0), b = net.b(1)[0];
  std::printf("filbert %d.%d learned y = %.3f x + %.3f\n", FILBERT_VERSION_MAJOR,
              FILBERT_VERSION_MINOR, static_cast<double>(w), static_cast<double>(b));
  return w > 1.99F && w < 2.01F && b > 0.99F && b < 1.01F ? 0 : 1;
}
