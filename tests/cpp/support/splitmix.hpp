// Random numbers for tests, which are the same in every run and with every standard library.
#pragma once

#include <cstdint>

namespace check {

class Random {
 public:
  std::uint64_t operator()() {  // splitmix64
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  int between(int low, int high) { return low + int((*this)() % std::uint64_t(high - low + 1)); }

 private:
  std::uint64_t state_ = 1;
};

}  // namespace check
