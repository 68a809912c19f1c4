// The time of one row through a net, in C++. Arguments: seconds, then the sizes of the layers.

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filbert/filbert.hpp>
#include <vector>

int main(int argc, char** argv) {
  using Clock = std::chrono::steady_clock;
  std::vector<std::size_t> sizes;
  for (int i = 2; i < argc; ++i) sizes.push_back(std::strtoul(argv[i], nullptr, 10));
  const std::chrono::duration<double> wanted(std::atof(argv[1]));

  filbert::Network net(sizes, {.output = filbert::identity});
  filbert::Workspace workspace(net, {.max_batch = 1, .training = false});
  std::vector<float> x(sizes.front(), 0.5f);
  float kept = 0;
  const auto forward = [&](long n) {
    const auto start = Clock::now();
    for (long i = 0; i < n; ++i) {
      x[0] = 0.001f * static_cast<float>(i % 1000);
      const filbert::ConstMatrixView row(x.data(), 1, sizes.front());
      kept += filbert::forward(net, row, workspace)(0, 0);
    }
    return std::chrono::duration<double>(Clock::now() - start);
  };
  long n = 1;
  while (forward(n) < wanted) n *= 2;
  std::printf("%.9g %g\n", forward(n).count() / static_cast<double>(n), kept);
}
