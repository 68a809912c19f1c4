#include "wrapper.hpp"

#include <filbert/filbert.hpp>

Line learned_line() {
  const float x[] = {0, 1, 2, 3}, y[] = {1, 3, 5, 7};
  filbert::Network net({1, 1});
  filbert::Optimizer sgd = filbert::Sgd({.learning_rate = 0.1});
  filbert::fit(net, {.x = {x, 4, 1}, .y = {y, 4, 1}}, sgd, {.epochs = 200});
  return {net.w(1)(0, 0), net.b(1)[0]};
}
