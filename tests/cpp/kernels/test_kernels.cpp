// Every kernel of every table against the reference: the same bits, for all sizes that could make a
// difference, with operands between pages that may not be touched.
#include <vector>

#include "kernels/dispatch.hpp"
#include "kernels/products.hpp"
#include "kernels/rows.hpp"
#include "kernels/tested.hpp"
#include "network/random.hpp"
#include "support/check.hpp"
#include "support/guarded.hpp"
#include "support/names.hpp"
#include "support/rules.hpp"

using namespace filbert;
using namespace tested;

namespace {

constexpr std::size_t widest = 67;  // beyond four vectors of 16 lanes, and a bit

template <class T>
void backward_bias(const Tested<T>& test, std::size_t m, std::size_t n, int variant) {
  const std::size_t ld = n + static_cast<std::size_t>(variant % 2) * 3;
  test(text("backward_bias", m, n, 0, variant), [&](const Kernels<T>& kernels, Memory& memory) {
    const T* dz = memory.numbers<T>(extent(m, n, ld), kinds[variant % 3], 1);
    const bool adds = variant % 4 == 1;
    T* db = adds ? memory.numbers<T>(n, kinds[variant % 3], 2) : memory.results<T>(n);
    kernels.backward_bias(db, adds, dz, ld, m, n);
  });
}

template <class T>
void softmax(const Tested<T>& test, std::size_t m, std::size_t n, int variant) {
  const std::size_t ld = n + static_cast<std::size_t>(variant % 2) * 3;
  test(text("softmax", m, n, 0, variant), [&](const Kernels<T>& kernels, Memory& memory) {
    T* z = memory.numbers<T>(extent(m, n, ld), kinds[variant % 3], 1);
    T* a = variant / 6 % 2 == 0 ? memory.results<T>(extent(m, n, ld)) : z;
    kernels.softmax(a, ld, z, ld, m, n);
  });
}

template <class T>
void output_derivative(const Tested<T>& test, std::size_t m, std::size_t n, int variant) {
  for (const Activation activation : names::activations()) {
    const std::size_t ld = n + static_cast<std::size_t>(variant % 2) * 3;
    const check::Case at(to_string(activation));
    test(text("output_derivative", m, n, 0, variant),
         [&](const Kernels<T>& kernels, Memory& memory) {
           const T* da = memory.numbers<T>(extent(m, n, ld), kinds[variant % 3], 1);
           const T* a = memory.numbers<T>(extent(m, n, ld + 1), kinds[variant % 3], 2);
           T* dz = memory.results<T>(extent(m, n, ld));
           kernels.output_derivative(dz, ld, da, ld, a, ld + 1, activation, m, n);
         });
  }
}

/// Every loss with every activation that it goes with, labels and rows of targets.
template <class T>
void output(const Tested<T>& test, std::size_t m, std::size_t n, int variant) {
  const auto one = [&](Activation activation, const Loss& loss) {
    if (n % outputs_of_target(loss) != 0) return;
    const std::size_t targets = n / outputs_of_target(loss);
    for (const bool rows : {false, true}) {
      if (!rows && targets < n) continue;
      const bool inspect = variant % 2 == 0, count = variant % 3 != 0;
      const std::size_t ld = n + static_cast<std::size_t>(variant % 4);
      const Numbers kind = kinds[variant % 3];
      const check::Case at(to_string(activation), to_string(loss), rows ? "rows" : "labels");
      test(text("output", m, n, 0, variant), [&](const Kernels<T>& kernels, Memory& memory) {
        OutputBatch<T> batch{};
        batch.z = memory.numbers<T>(extent(m, n, ld), kind, 1);
        batch.a = memory.results<T>(extent(m, n, ld));
        batch.dz = memory.results<T>(extent(m, n, ld));
        if (inspect) batch.da = memory.results<T>(extent(m, n, ld));
        batch.cost = memory.results<T>(m);
        if (count && targets == n) batch.correct = memory.results<std::int32_t>(m);
        if (variant % 5 < 2) batch.weights = memory.numbers<T>(m, Numbers::unit, 3);
        if (rows) {
          const T* y = memory.numbers<T>(m * targets, Numbers::unit, 2);
          batch.y = memory.rows(y, targets, m);
        } else {
          auto* labels = memory.place<std::int32_t>(m);
          for (std::size_t i = 0; i < m; ++i) {
            labels[i] = static_cast<std::int32_t>(guarded::random_bits(5, i) % n);
          }
          batch.labels = labels;
        }
        batch.ld = ld;
        batch.m = m;
        batch.n = n;
        batch.targets = targets;
        batch.activation = activation;
        batch.loss = &loss;
        batch.judges_outputs = n == 1 || traits_of(loss).judges_outputs;
        batch.threshold = variant % 7 < 2 ? T(0) : T(0.5);
        kernels.output(batch);
      });
    }
  };
  int pair = 0;  // the quick tests take a third of them for each size
  for (const Loss& loss : names::losses()) {
    for (const Activation activation : names::activations()) {
      if (!names::fits(loss, activation)) continue;
      if (check::quick() && (++pair + variant) % 3 != static_cast<int>(n % 3)) continue;
      one(activation, loss);
    }
  }
}

template <class T>
void updates(const Tested<T>& test, std::size_t size, int variant) {
  for (const Rule& rule : rules::all_varied(static_cast<unsigned>(variant))) {
    const Updated<T> update(rule, variant);
    const Numbers kind = kinds[variant % 3];
    test(text(update.name, 0, size, 0, variant), [&](const Kernels<T>& kernels, Memory& memory) {
      const T* g = memory.numbers<T>(size, kind, 1);
      kernels.update(update.place(memory, size, kind, variant), update.at, update.step, g, size);
    });
  }
}

/// From the smallest sets to those beyond 32 bits, as many places at once as there are and more
/// than a kernel takes.
template <class T>
void permute(const Tested<T>& test) {
  const std::uint64_t sizes[] = {
      1, 2, 3, 31, 33, 129, 1000, 33000, (std::uint64_t{1} << 40) + 1, ~std::uint64_t{0}};
  for (const std::uint64_t size : sizes) {
    const Permutation permutation = epoch_permutation(size, 5, size);
    for (const std::size_t most : {1, 2, 15, 16, 17, 64, 127, 128, 129, 300}) {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(size, most));
      test(text("permute", size, count, 0, 0), [&](const Kernels<T>& kernels, Memory& memory) {
        kernels.permute(memory.results<std::uint64_t>(count), permutation, size - count, count);
      });
    }
  }
}

template <class T>
void first_nonfinite(const Tested<T>& test, std::size_t size) {
  for (std::size_t at = 0; at <= size; ++at) {
    test(text("first_nonfinite", 0, size, at, 0), [&](const Kernels<T>& kernels, Memory& memory) {
      T* x = memory.numbers<T>(size, Numbers::plain, 1);
      using Limits = std::numeric_limits<T>;
      const T bad[] = {Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity()};
      if (at < size) x[at] = bad[at % 3];
      CHECK_EQ(kernels.first_nonfinite(x, size), at);
    });
  }
}

template <class T>
void products(const Tested<T>& test, std::size_t m, std::size_t n, std::size_t k, int variant) {
  forward(test, m, n, k, variant);
  backward_input(test, m, n, k, variant);
  backward_weights(test, nullptr, m, n, k, variant);
  if (m > row_block) return;  // the contract of the fused ones
  for (const Rule& rule : rules::all_varied(static_cast<unsigned>(variant))) {
    backward_weights(test, &rule, m, n, k, variant);
  }
}

/// All sizes up to `widest` in each place, a few in the others.
template <class T>
void all_sizes(const Tested<T>& test) {
  constexpr std::size_t few[] = {1, 2, 3, 5, 7, 12, 17, 31};
  int variant = 0;
  const auto next = [&](int step) { return few[static_cast<std::size_t>(variant / step) % 8]; };
  for (std::size_t size = 1; size <= widest; ++size) {
    for (int round = 0; round < (check::quick() ? 1 : 2); ++round, variant += 13) {
      products(test, size, next(1), next(3), variant);
      products(test, next(5), size, next(7), variant + 1);
      products(test, next(9), next(11), size, variant + 2);
    }
    for (int kind = 0; kind < 3; ++kind, ++variant) {
      backward_bias(test, 1 + next(1), size, variant);
      backward_bias(test, size, next(1), variant);
      softmax(test, 2, size, variant);
      softmax(test, 2, size, variant + 6);
      output_derivative(test, 2, size, variant);
      output(test, 3, size, variant);
    }
    for (int options = 0; options < 128; ++options) {
      if (check::quick() && options % 32 != static_cast<int>(size % 32)) continue;
      updates(test, size, options);
    }
    first_nonfinite(test, size);
  }
  const int variants = 3 * 4 * static_cast<int>(names::hidden_activations().size());
  for (int options = 0; options < variants; ++options) products(test, 13, 37, 21, options);
}

/// Beyond the blocks of the contract and of the kernels, and where operands are packed.
template <class T>
void large_sizes(const Tested<T>& test) {
  const std::size_t shapes[][3] = {{1027, 5, 3},    {2051, 17, 2},  {25, 261, 9},  {31, 300, 13},
                                   {3, 4, 1030},    {26, 259, 523}, {7, 1030, 33}, {50, 33, 515},
                                   {1024, 35, 2},   {1, 4100, 3},   {29, 67, 128}, {5, 128, 256},
                                   {1000, 345, 55}, {1, 1099, 1000}};
  int variant = 0;
  for (const auto& shape : shapes) {
    products(test, shape[0], shape[1], shape[2], variant += 5);
    if (!check::quick()) products(test, shape[0], shape[1], shape[2], variant += 5);
  }
  for (const std::size_t n : {4096, 4111, 8200}) {
    softmax(test, 2, n, variant);
    output_derivative(test, 1, n, variant);
    output(test, 1, n, variant++);
    updates(test, n, 15);
  }
  for (const std::size_t m : {1023, 1024, 1025, 2049}) backward_bias(test, m, 33, variant++);
  permute(test);
}

}  // namespace

int main() {
  report_touched_memory();
  for (const KernelTables& tables : available_tables()) {
    for_types(tables, [&](const auto& test) {
      all_sizes(test);
      if (tables.isa != Isa::reference) large_sizes(test);  // of itself only the guards count
    });
  }
  return check::report();
}
