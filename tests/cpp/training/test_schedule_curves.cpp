// The curves of the schedules: values that are known, and that the bits are the same everywhere.
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

#include "filbert/filbert.hpp"
#include "support/check.hpp"

using namespace filbert;

namespace {

void the_cosine() {
  const Schedule whole = Cosine{.rate = 2.0};
  CHECK_EQ(whole.at(0.0, 4.0), 2.0);
  CHECK_EQ(whole.at(1.0, 4.0), 0x1.b504f333f9de6p+0);
  CHECK_EQ(whole.at(2.0, 4.0), 1.0);
  CHECK_EQ(whole.at(3.0, 4.0), 0x1.2bec333018866p-2);
  CHECK_EQ(whole.at(4.0, 4.0), 0.0);
  CHECK_EQ(whole.at(5.0, 4.0), 0.0);
  CHECK_EQ(whole.at(0.0, 0.0), 0.0);

  const Schedule all = Cosine{.rate = 4.0, .final = 1.0, .warmup = 2.0, .length = 6.0};
  const double expected[] = {0.0, 2.0, 4.0, 1.0 + 1.5 * 0x1.b504f333f9de6p+0, 2.5, -1.0, 1.0, 1.0};
  for (int epoch = 0; epoch < 8; ++epoch) {
    const check::Case at("epoch", epoch);
    if (expected[epoch] >= 0.0) CHECK_EQ(all.at(epoch, 100.0), expected[epoch]);
  }
  CHECK_EQ(all.at(0.5, 1.0), 1.0);  // a rise of a quarter
  const Schedule rise = Cosine{.rate = 4.0, .final = 1.0, .warmup = 2.0};
  CHECK_EQ(rise.at(0.999, 1.0), 4.0 * (0.999 / 2.0));  // a fit that ends before the warm-up does
  const Schedule up = Cosine{.rate = 0.0, .final = 1.0, .warmup = 3.0, .length = 1.0};
  CHECK_EQ(up.at(1.0, 9.0), 1.0);
}

/// The rates at these times of a fit of 8 epochs.
void follows(const Schedule& schedule, const std::vector<std::pair<double, double>>& expected) {
  for (const auto& [epoch, rate] : expected) {
    const check::Case at(to_string(schedule), "epoch", epoch);
    CHECK_EQ(schedule.at(epoch, 8.0), rate);
  }
}

void known_values() {
  follows(Constant{.rate = 0.5, .warmup = 2.0}, {{0, 0.0}, {1, 0.25}, {2, 0.5}, {8, 0.5}});
  // Restarts begin at the rate, and the end is the final rate.
  follows(Cosine{.rate = 2.0, .final = 1.0, .restarts = 4},
          {{0, 2.0}, {1, 1.5}, {2, 2.0}, {3, 1.5}, {4, 2.0}, {7, 1.5}, {8, 1.0}, {9, 1.0}});
  follows(Step{.rate = 8.0, .every = 2.0, .factor = 0.5},
          {{0, 8.0}, {1.875, 8.0}, {2, 4.0}, {5, 2.0}, {6, 1.0}, {8, 0.5}, {100, 0.5}});
  follows(MultiStep{.rate = 8.0, .milestones = {1.0, 3.5}, .factor = 0.25, .warmup = 2.0},
          {{1, 4.0}, {2, 8.0}, {2.5, 8.0}, {3, 2.0}, {5.25, 2.0}, {5.5, 0.5}, {8, 0.5}});
  follows(Exponential{.rate = 8.0, .factor = 0.25, .length = 2.0},
          {{0, 8.0}, {0.5, 4.0}, {1, 2.0}, {2, 0.5}, {3, 0.5}});
  follows(InverseScaling{.rate = 8.0, .power = 2.0}, {{0, 8.0}, {1, 2.0}, {3, 0.5}, {7, 0.125}});
  follows(InverseScaling{.rate = 8.0, .decay = 5.0}, {{0, 8.0}, {3, 2.0}});
  follows(InverseScaling{.rate = 8.0, .power = 1e300}, {{0, 8.0}, {1, 0.0}});
  follows(Polynomial{.rate = 8.0}, {{0, 8.0}, {2, 6.0}, {7, 1.0}, {8, 0.0}, {9, 0.0}});
  follows(Polynomial{.rate = 9.0, .power = 2.0, .final = 1.0}, {{0, 9.0}, {4, 3.0}, {8, 1.0}});
  follows(Polynomial{.rate = 9.0, .power = 0.0, .final = 1.0}, {{0, 9.0}, {8, 9.0}});
  follows(OneCycle{.peak = 8.0, .pct_start = 0.25, .div_factor = 8.0, .final_div_factor = 2.0},
          {{0, 1.0}, {1, 4.5}, {2, 8.0}, {5, 4.25}, {8, 0.5}, {9, 0.5}});
  follows(OneCycle{.peak = 8.0, .pct_start = 0.0}, {{0, 8.0}});
  follows(OneCycle{.peak = 8.0, .pct_start = 0.5, .div_factor = 8.0, .warmup = 4.0},
          {{2, 0.5}, {4, 1.0}, {6, 8.0}});
  // log2(1 + 15 t) is a whole number of turns, or one and a half.
  follows(CosLog4{.rate = 2.0}, {{0, 0.0}, {8.0 / 15.0, 0.0}, {1.6, 0.0}, {8, 0.0}});
  follows(CosLog4{.rate = 2.0, .warmup = 4.0}, {{2, 0.0}, {4, 0.0}});
  follows(FlatCosine{.rate = 2.0, .final = 1.0, .flat = 0.5},
          {{0, 2.0}, {3.9, 2.0}, {4, 2.0}, {6, 1.5}, {8, 1.0}});
  follows(ReduceOnPlateau{.rate = 2.0, .warmup = 2.0}, {{1, 1.0}, {2, 2.0}, {8, 2.0}});
}

/// No rate is negative, not a number, or above the largest of the rates.
void bounds() {
  for (const Schedule& schedule :
       {Schedule(Cosine{.rate = 1.0, .final = 3.0, .restarts = 7}),
        Schedule(Polynomial{.rate = 1.0, .power = 0.3, .final = 3.0, .warmup = 0.5}),
        Schedule(OneCycle{.peak = 3.0, .div_factor = 1e300, .final_div_factor = 1e300}),
        Schedule(CosLog4{.rate = 3.0}), Schedule(FlatCosine{.rate = 3.0, .flat = 0.999}),
        Schedule(Exponential{.rate = 3.0, .factor = 1e-300}),
        Schedule(Step{.rate = 3.0, .every = 1e-300, .factor = 0.999}),
        Schedule(InverseScaling{.rate = 3.0, .power = 1e308, .decay = 1e308})}) {
    const check::Case at(to_string(schedule));
    for (int i = 0; i <= 1000; ++i) {
      const double rate = schedule.at(i * 0.01, 8.0);
      CHECK(rate >= 0.0 && rate <= 3.0);
    }
  }
}

struct Curve {
  Schedule schedule;
  std::uint64_t hash;
  int times = 100000;
};

/// The bits are the same everywhere: FNV-1a over so many times.
void golden_bits(bool print) {
  const Curve curves[] = {
      {Cosine{.rate = 1.5, .final = 0.1, .warmup = 0.125}, 0x3f954f67611e2057, 1000000},
      {Cosine{.rate = 1.5, .final = 0.1, .restarts = 3}, 0x70799b536abf98e7},
      {Step{.rate = 1.5, .every = 0.03, .factor = 0.9, .warmup = 0.1}, 0x5a395b74fc8b3b95},
      {MultiStep{.rate = 1.5, .milestones = {0.2, 0.3, 0.7}, .factor = 0.3}, 0x41e496f562dd864b},
      {Exponential{.rate = 1.5, .factor = 0.01, .warmup = 0.1}, 0xeb7d883018b188dd},
      {InverseScaling{.rate = 1.5, .power = 0.7, .decay = 100.0}, 0x68f801c162bc138b},
      {Polynomial{.rate = 1.5, .power = 1.3, .final = 0.1}, 0x2cdc1edcb6c1a2b9},
      {OneCycle{.peak = 1.5, .warmup = 0.05, .length = 0.9}, 0x1c4403efe218ca26},
      {CosLog4{.rate = 1.5}, 0x7f999088351cf137},
      {FlatCosine{.rate = 1.5, .final = 0.1, .flat = 0.3}, 0x39bdeccc86ceed4b},
  };
  for (const Curve& curve : curves) {
    const check::Case at(to_string(curve.schedule));
    std::uint64_t hash = 0xcbf29ce484222325;
    for (int i = 0; i < curve.times; ++i) {
      const double time = i * (curve.times > 100000 ? 0x1p-20 : 0x1p-17);
      const auto bits = std::bit_cast<std::uint64_t>(curve.schedule.at(time, 1.0));
      hash = (hash ^ bits) * 0x100000001b3;
    }
    if (print)
      std::printf("%s: 0x%016llx\n", to_string(curve.schedule).data(),
                  static_cast<unsigned long long>(hash));
    CHECK_EQ(hash, curve.hash);
  }
}

}  // namespace

int main(int argc, char** argv) {
  the_cosine();
  known_values();
  bounds();
  golden_bits(argc > 1 && std::string_view(argv[1]) == "print");
  return check::report();
}
