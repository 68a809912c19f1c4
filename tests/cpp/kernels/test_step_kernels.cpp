// The kernels of what a fit does to a step beside the rule, against the reference: the same bits.
// And the reference against what its random numbers are defined by.
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/dispatch.hpp"
#include "kernels/products.hpp"
#include "kernels/tested.hpp"
#include "network/random.hpp"
#include "support/check.hpp"
#include "support/guarded.hpp"
#include "support/rules.hpp"

using namespace filbert;
using namespace tested;

namespace {

constexpr RandomStream streams[] = {
    {.key = 5, .high = 0, .stream = 2U << 24 | 3, .epoch = 7},
    {.key = ~std::uint64_t{0}, .high = 9, .stream = ~0U, .epoch = ~0U},
};

template <class T>
void dropout(const Tested<T>& test, std::uint64_t first, std::size_t size, int variant) {
  const RandomStream& stream = streams[variant % 2];
  const std::uint32_t thresholds[] = {0, 1U << 29, 1U << 30, 0x7FFFFFFF};
  const Keep<T> keep{.threshold = thresholds[variant % 4], .factor = T(1.25)};
  test(text("dropout", first, size, 0, variant), [&](const Kernels<T>& kernels, Memory& memory) {
    kernels.dropout(memory.results<T>(size), stream, first, keep, size);
  });
}

template <class T>
void elementwise(const Tested<T>& test, std::size_t size, int variant) {
  const Numbers kind = kinds[variant % 3];
  test(text("multiply_kept", 0, size, 0, variant), [&](const Kernels<T>& kernels, Memory& memory) {
    T* in = memory.numbers<T>(size, kind, 1);
    const T* factors = memory.numbers<T>(size, Numbers::unit, 2);
    kernels.multiply_kept(variant % 2 == 0 ? in : memory.results<T>(size), in, factors, size);
  });
  test(text("average", 0, size, 0, variant), [&](const Kernels<T>& kernels, Memory& memory) {
    T* mean = memory.numbers<T>(size, kind, 1);
    kernels.average(mean, memory.numbers<T>(size, kind, 2), T(0.01), size);
  });
  test(text("sum_of_squares", 0, size, 0, variant), [&](const Kernels<T>& kernels, Memory& memory) {
    const T* x = memory.numbers<T>(size, kind, 1);
    *memory.results<double>(1) = kernels.sum_of_squares(x, size);
  });
}

template <class T>
void limit_norms(const Tested<T>& test, std::size_t k, std::size_t n, int variant) {
  const std::size_t ld = n + static_cast<std::size_t>(variant % 2) * 3;
  test(text("limit_norms", 0, n, k, variant), [&](const Kernels<T>& kernels, Memory& memory) {
    T* w = memory.numbers<T>(extent(k, n, ld), kinds[variant % 3], 1);
    const double most = 0.5 * std::sqrt(static_cast<double>(k));
    kernels.limit_norms(w, ld, variant % 5 == 0 ? 0.01 : most, k, n);
  });
}

/// With and without each of the arrays that may be null. Some of x are NaNs and infinite.
template <class T>
void normalise(const Tested<T>& test, std::size_t size, int variant) {
  const Numbers kind = kinds[variant % 3];
  const bool fills = variant % 2 == 1, scales = variant / 2 % 2 == 1;
  test(text("normalise", 0, size, 0, variant), [&](const Kernels<T>& kernels, Memory& memory) {
    T* const x = memory.numbers<T>(size, kind, 1);
    for (std::size_t j = 2; j < size; j += 5) x[j] = std::numeric_limits<T>::quiet_NaN();
    const double* const fill = memory.numbers<double>(size, Numbers::plain, 2);
    const double* const centre = memory.numbers<double>(size, Numbers::plain, 3);
    const double* const factor = memory.numbers<double>(size, Numbers::unit, 4);
    kernels.normalise(variant % 8 < 4 ? x : memory.results<T>(size), x, fills ? fill : nullptr,
                      scales ? centre : nullptr, scales ? factor : nullptr, size);
  });
  test(text("smooth_clip", 0, size, 0, variant), [&](const Kernels<T>& kernels, Memory& memory) {
    T* const x = memory.numbers<T>(size, kind, 1);
    kernels.smooth_clip(variant % 8 < 4 ? x : memory.results<T>(size), x, size);
  });
}

/// Every rule with a gradient whose elements are clipped.
template <class T>
void clipped_updates(const Tested<T>& test, std::size_t size, int variant) {
  for (const Rule& rule : rules::all_varied(static_cast<unsigned>(variant))) {
    Updated<T> update(rule, variant);
    update.step.most = T(0.01);
    test(text("clipped " + update.name, 0, size, 0, variant),
         [&](const Kernels<T>& kernels, Memory& memory) {
           const T* g = memory.numbers<T>(size, kinds[variant % 3], 1);
           kernels.update(update.place(memory, size, kinds[variant % 3], variant), update.at,
                          update.step, g, size);
         });
  }
}

template <class T>
void all_sizes(const Tested<T>& test) {
  int variant = 0;
  for (std::size_t size = 1; size <= 67; ++size) {
    for (int round = 0; round < 4; ++round, ++variant) {
      dropout(test, size * 7, size, variant);
      dropout(test, (std::uint64_t{1} << 40) - size, 2 * size, variant);
      elementwise(test, size, variant);
      normalise(test, size, 2 * variant + static_cast<int>(size % 2));
      limit_norms(test, 1 + size % 9, size, variant);
      limit_norms(test, size, 1 + size % 9, variant);
    }
    clipped_updates(test, size, variant);
  }
  for (const std::size_t size : {128, 129, 1000, 4095, 4096}) {
    dropout(test, 0, size, variant);
    dropout(test, 63, size, variant);
    normalise(test, size, variant);
    elementwise(test, size, variant++);
  }
}

/// The definition in kernels.hpp, word by word.
void words_of_a_stream() {
  const RandomStream stream = epoch_stream(42, Purpose::dropout, 3, (std::uint64_t{5} << 32) + 2);
  CHECK_EQ(stream.stream, std::uint32_t{2} << 24 | 3);
  for (const std::uint64_t e : {0, 1, 15, 16, 63, 64, 127, 1000, 123457}) {
    const check::Case at("element", e);
    const std::uint64_t q = 16 * (e / 64) + e % 16;
    const std::uint32_t word =
        philox({static_cast<std::uint32_t>(q), static_cast<std::uint32_t>(q >> 32) ^ 5,
                std::uint32_t{2} << 24 | 3, 2},
               42)[e / 16 % 4];
    for (const std::uint32_t threshold : {word >> 1, (word >> 1) + 1}) {
      float factor = -1.0F;
      reference_tables().floats->dropout(&factor, stream, e, {threshold, 1.5F}, 1);
      CHECK_EQ(factor, threshold == word >> 1 ? 1.5F : 0.0F);
    }
  }
}

/// Clipping lets NaNs pass, and norms of exactly the limit.
void special_numbers() {
  const Kernels<double>& kernels = *reference_tables().doubles;
  double w[] = {3.0, 0.0, 4.0, 0.0};
  kernels.limit_norms(w, 2, 5.0, 2, 2);
  CHECK(w[0] == 3.0 && w[2] == 4.0);
  kernels.limit_norms(w, 2, 2.5, 2, 2);
  CHECK(w[0] == 1.5 && w[2] == 2.0 && w[1] == 0.0 && w[3] == 0.0);
  const double far[] = {0.0, -0.0, 1e300, -1e300, 3.0, HUGE_VAL, -HUGE_VAL};
  double near[7];
  kernels.smooth_clip(near, far, 7);
  CHECK(near[0] == 0.0 && std::signbit(near[1]) && near[2] == 3.0 && near[3] == -3.0);
  CHECK(near[4] == 3.0 / std::sqrt(2.0) && near[5] == 3.0 && near[6] == -3.0);
  UpdateSteps<double> steps;
  set_steps(steps, Rule(Sgd{.learning_rate = 1.0}), StepOptions{.learning_rate = 1.0}, {}, 1.0);
  steps.weights.most = 0.25;
  const double g[] = {std::numeric_limits<double>::quiet_NaN(), 1.0, -1.0, 0.125};
  double parameters[4] = {};
  kernels.update({.w = parameters}, 0, steps.weights, g, 4);
  CHECK(std::isnan(parameters[0]));
  CHECK(parameters[1] == -0.25 && parameters[2] == 0.25 && parameters[3] == -0.125);
}

}  // namespace

int main() {
  report_touched_memory();
  words_of_a_stream();
  special_numbers();
  for (const KernelTables& tables : available_tables()) {
    for_types(tables, [&](const auto& test) { all_sizes(test); });
  }
  return check::report();
}
