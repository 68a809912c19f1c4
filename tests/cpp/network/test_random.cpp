// Philox against the published known answers, and the order of an epoch as a permutation.
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <vector>

#include "filbert/filbert.hpp"
#include "kernels/dispatch.hpp"
#include "network/random.hpp"
#include "support/check.hpp"

using filbert::philox;
using filbert::Philox4;

namespace {

/// A permutation as a function, by the kernels in use.
struct Order {
  filbert::Permutation permutation;

  Order(std::uint64_t size, std::uint64_t seed, std::uint64_t epoch)
      : permutation(filbert::epoch_permutation(size, seed, epoch)) {}
  std::uint64_t operator()(std::uint64_t position) const {
    std::uint64_t row = 0;
    filbert::active_kernels<float>().permute(&row, permutation, position, 1);
    return row;
  }
};

void known_answers() {  // Random123's kat_vectors for philox4x32 with 10 rounds
  CHECK((philox({0, 0, 0, 0}, 0) == Philox4{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  CHECK((philox({~0U, ~0U, ~0U, ~0U}, ~std::uint64_t{0}) ==
         Philox4{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  CHECK((philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0x299f31d0a4093822) ==
         Philox4{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

void is_a_bijection() {
  for (const std::uint64_t size : {1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 1000, 1024, 1025, 60000}) {
    for (const std::uint64_t epoch : {0, 1, 7}) {
      const check::Case at("size", size, "epoch", epoch);
      const Order order(size, 42, epoch);
      std::vector<bool> seen(size);
      bool once = true;
      for (std::uint64_t i = 0; i < size; ++i) {
        const std::uint64_t row = order(i);
        once = once && row < size && !seen[row];
        if (row < size) seen[row] = true;
      }
      CHECK(once);
    }
  }
  const Order huge((std::uint64_t{1} << 40) + 12345, 1, 1);
  CHECK(huge(0) != huge(1));
  CHECK(huge(std::uint64_t{1} << 40) < (std::uint64_t{1} << 40) + 12345);
}

/// Pearson's statistic of counts that should be equal, in standard deviations above its mean.
double excess(const std::vector<double>& counts, double expected) {
  double chi2 = 0.0;
  for (const double c : counts) chi2 += (c - expected) * (c - expected) / expected;
  const auto freedom = static_cast<double>(counts.size() - 1);
  return (chi2 - freedom) / std::sqrt(2.0 * freedom);
}

void is_uniform() {
  // Where each row goes, over many epochs; and which row follows which.
  for (const std::uint64_t size : {2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 16, 17, 33, 100}) {
    const check::Case at("size", size);
    const int epochs = 4000;
    std::vector<double> places(size * size), follows(size * size);
    for (int epoch = 0; epoch < epochs; ++epoch) {
      const Order order(size, 7, static_cast<std::uint64_t>(epoch));
      for (std::uint64_t i = 0; i < size; ++i) {
        places[i * size + order(i)] += 1.0;
        if (i > 0) follows[order(i - 1) * size + order(i)] += 1.0;
      }
    }
    const auto n = static_cast<double>(size);
    CHECK(std::abs(excess(places, epochs / n)) < 6.0);
    std::vector<double> pairs;
    for (std::uint64_t i = 0; i < size; ++i) {
      for (std::uint64_t j = 0; j < size; ++j) {
        if (i != j) pairs.push_back(follows[i * size + j]);
      }
    }
    CHECK(std::abs(excess(pairs, epochs / n)) < 6.0);
  }
}

void depends_on_its_keys() {
  const auto order = [](std::uint64_t seed, std::uint64_t epoch) {
    std::vector<std::uint64_t> rows;
    for (std::uint64_t i = 0; i < 100; ++i) {
      rows.push_back(filbert::epoch_order(i, 100, seed, epoch));
    }
    return rows;
  };
  CHECK(order(1, 0) == order(1, 0));
  CHECK(order(1, 0) != order(1, 1));
  CHECK(order(1, 0) != order(2, 0));
  CHECK(order(1, 0) != order(1, std::uint64_t{1} << 32));
  CHECK(order(1, 0) != order(1 + (std::uint64_t{1} << 32), 0));
  CHECK_THROWS(std::invalid_argument, filbert::epoch_order(5, 5, 0, 0), "position");
}

}  // namespace

int main() {
  known_answers();
  is_a_bijection();
  is_uniform();
  depends_on_its_keys();
  return check::report();
}
