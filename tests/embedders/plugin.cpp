// A library that a program loads, and unloads again: it trains with two threads.
#include <filbert/filbert.hpp>
#include <vector>

extern "C" __attribute__((visibility("default"))) bool train();

extern "C" bool train() {
  filbert::set_threads(2);
  const std::vector<float> x(128 * 64, 0.5F), y(128 * 64, 1.0F);
  filbert::Network net({64, 128, 64});
  filbert::Optimizer sgd = filbert::Sgd();
  const filbert::Data data{.x = {x.data(), 128, 64}, .y = {y.data(), 128, 64}};
  filbert::fit(net, data, sgd, {.epochs = 3, .batch_size = 128});
  const filbert::Evaluation after = filbert::evaluate(net, data);
  return after.loss < 64.0;
}
