#include <cstdio>
#include <wrapper.hpp>

int main() {
  const Line line = learned_line();
  std::printf("learned y = %.3f x + %.3f\n", static_cast<double>(line.slope),
              static_cast<double>(line.intercept));
}
