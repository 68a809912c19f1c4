// Exceptions of the library are caught by their types, also where it is a shared one.
#include <cstdio>
#include <filbert/filbert.hpp>
#include <span>
#include <stdexcept>

int main() {
  bool format = false, argument = false;
  try {
    filbert::from_bytes({});
  } catch (const filbert::FormatError&) {
    format = true;
  }
  filbert::Network net({2, 1});
  try {
    filbert::Optimizer sgd = filbert::Sgd();
    sgd.step(net, std::span<const float>());
  } catch (const std::invalid_argument&) {
    argument = true;
  }
  const bool views = net.w(1).rows() == 2 && net.b(1).size() == 1 && net.depth() == 1;
  std::printf("FormatError %d, invalid_argument %d, views %d\n", format, argument, views);
  return format && argument && views ? 0 : 1;
}
