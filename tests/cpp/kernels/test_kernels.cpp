// Every kernel of every table against the reference: the same bits, for all sizes that could make a
// difference, with operands between pages that may not be touched.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/dispatch.hpp"
#include "kernels/rows.hpp"
#include "network/random.hpp"
#include "support/check.hpp"
#include "support/guarded.hpp"
#include "support/names.hpp"
#include "support/rules.hpp"
#include "system/scratch.hpp"
#include "training/update.hpp"

using namespace filbert;
using guarded::Memory;
using guarded::Numbers;

namespace {

constexpr std::size_t widest = 67;  // beyond four vectors of 16 lanes, and a bit
constexpr Numbers kinds[] = {Numbers::plain, Numbers::tiny, Numbers::special};

/// The activation of a variant. What is left of the variant chooses other things.
Activation activation_of(int& variant) {
  static const std::vector<Activation> hidden = names::hidden_activations();
  const int count = static_cast<int>(hidden.size()), which = variant % count;
  variant /= count;
  return hidden[static_cast<std::size_t>(which)];
}

template <class T>
struct Tested {
  std::string name;
  const Kernels<T>& reference;
  const Kernels<T>& kernels;
  Memory& expected;
  Memory& got;
  T* scratch;

  /// call(kernels, memory) takes its operands from the memory; all of them must come out the same.
  template <class Call>
  void operator()(const std::string& what, Call call) const {
    for (const bool at_end : {true, false}) {
      const check::Case at(name, what, at_end ? "guard after" : "guard before");
      expected.reset(at_end);
      got.reset(at_end);
      call(reference, expected);
      call(kernels, got);
      CHECK(expected == got);
    }
  }
};

std::string text(const std::string& kernel, std::size_t m, std::size_t n, std::size_t k,
                 int variant) {
  return kernel + " m=" + std::to_string(m) + " n=" + std::to_string(n) +
         " k=" + std::to_string(k) + " variant=" + std::to_string(variant);
}

/// Elements of a matrix whose last row has no padding.
std::size_t extent(std::size_t rows, std::size_t cols, std::size_t ld) {
  return (rows - 1) * ld + cols;
}

template <class T>
void forward(const Tested<T>& test, std::size_t m, std::size_t n, std::size_t k, int variant) {
  int rest = variant;
  const Activation activation = activation_of(rest);
  const Numbers kind = kinds[rest % 3];
  const int outputs = rest / 3 % 4;  // z and a; a alone; z alone; both in one place
  const std::size_t pad = variant % 2 == 0 ? 0 : 3;
  test(text("forward", m, n, k, variant), [&](const Kernels<T>& kernels, Memory& memory) {
    const T* x = memory.numbers<T>(extent(m, k, k + pad), kind, 1);
    const T* w = memory.numbers<T>(extent(k, n, n + pad), kind, 2);
    const T* b = memory.numbers<T>(n, Numbers::plain, 3);
    T* z = outputs == 1 ? nullptr : memory.results<T>(extent(m, n, n + pad));
    T* a = outputs == 2 ? nullptr : outputs == 3 ? z : memory.results<T>(extent(m, n, n + pad));
    const T* const* rows = memory.rows(x, k + pad, m);
    const std::size_t cut = (m + n + k) % 2 == 0 ? k / 2 : k;  // chains in one part, or in two
    if (cut > 0) {
      kernels.forward(z, n + pad, a, n + pad, rows, 0, w, n + pad, b, activation, {true, cut == k},
                      m, n, cut, test.scratch);
    }
    if (cut < k) {
      kernels.forward(z, n + pad, a, n + pad, rows, cut, w + cut * (n + pad), n + pad, b,
                      activation, {cut == 0, true}, m, n, k - cut, test.scratch);
    }
  });
}

template <class T>
void backward_input(const Tested<T>& test, std::size_t m, std::size_t n, std::size_t k,
                    int variant) {
  int rest = variant;
  const Activation activation = activation_of(rest);
  const Numbers kind = kinds[rest % 3];
  const int outputs = rest / 3 % 3;
  const std::size_t pad = variant % 2 == 0 ? 0 : 3;
  test(text("backward_input", m, n, k, variant), [&](const Kernels<T>& kernels, Memory& memory) {
    const T* above = memory.numbers<T>(extent(m, n, n + pad), kind, 1);
    const T* w = memory.numbers<T>(extent(k, n, n + pad), kind, 2);
    const T* a = memory.numbers<T>(extent(m, k, k + pad), kind, 3);
    T* da = outputs == 1 ? nullptr : memory.results<T>(extent(m, k, k + pad));
    T* dz = outputs == 2 ? nullptr : memory.results<T>(extent(m, k, k + pad));
    kernels.backward_input(da, k + pad, dz, k + pad, above, n + pad, w, n + pad, a, k + pad,
                           activation, m, k, n, test.scratch);
  });
}

/// Operands of an update in the midst of a training, from `at` on.
template <class T>
struct Updated {
  std::string name;
  UpdateStep<T> step;
  std::size_t at, buffers;

  Updated(const Rule& rule, int variant)
      : name(to_string(rule)),
        at(static_cast<std::size_t>(variant % 3)),
        buffers(state_names(rule).size()) {
    const std::vector<double> running(running_products(rule), 0.5);
    UpdateSteps<T> steps;
    set_steps(steps, rule, 0.01, running, 0.03125);
    step = variant % 2 == 0 ? steps.weights : steps.biases;
  }

  /// seed: of the first of them; second moments, among others, are not negative.
  UpdateBuffers<T> place(Memory& memory, std::size_t size, Numbers kind, int variant) const {
    UpdateBuffers<T> to{.w = memory.numbers<T>(at + size, kind, 3)};
    const Numbers state = variant % 4 < 2 ? Numbers::unit : kind;
    for (std::size_t s = 0; s < buffers; ++s) {
      to.state[s] = memory.numbers<T>(at + size, state, 4 + s);
    }
    return to;
  }
};

/// rule: to update by; or null.
template <class T>
void backward_weights(const Tested<T>& test, const Rule* rule, std::size_t m, std::size_t n,
                      std::size_t k, int variant) {
  const Numbers kind = kinds[variant % 3];
  const std::size_t first = variant % 2 == 0 ? 0 : 3, pad = variant % 4 < 2 ? 0 : 3;
  const std::optional<Updated<T>> update =
      rule == nullptr ? std::nullopt : std::optional<Updated<T>>(std::in_place, *rule, variant);
  const std::string name = "backward_weights" + (update ? ", " + update->name : "");
  test(text(name, m, n, k, variant), [&](const Kernels<T>& kernels, Memory& memory) {
    const T* data = memory.numbers<T>(m * (first + k), kind, 1);
    const T* const* x = memory.rows(data, first + k, m);
    const T* dz = memory.numbers<T>(extent(m, n, n + pad), kind, 2);
    if (!update) {
      T* dw = memory.numbers<T>(k * n, kind, 3);  // to which sums may be added
      return kernels.backward_weights(dw, variant % 5 == 0, x, first, dz, n + pad, m, k, n,
                                      test.scratch);
    }
    kernels.backward_weights_update(update->place(memory, k * n, kind, variant), update->at,
                                    update->step, x, first, dz, n + pad, m, k, n, test.scratch);
  });
}

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
  const auto one = [&](Activation activation, Loss loss) {
    for (const bool rows : {false, true}) {
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
        if (count) batch.correct = memory.results<std::int32_t>(m);
        if (variant % 5 < 2) batch.weights = memory.numbers<T>(m, Numbers::unit, 3);
        if (rows) {
          const T* y = memory.numbers<T>(m * n, Numbers::unit, 2);
          batch.y = memory.rows(y, n, m);
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
        batch.activation = activation;
        batch.loss = loss;
        batch.judges_outputs = n == 1 || traits_of(loss).judges_outputs;
        kernels.output(batch);
      });
    }
  };
  for (const Loss loss : names::losses()) {
    for (const Activation activation : names::activations()) {
      if (names::fits(loss, activation)) one(activation, loss);
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

template <class T>
void table(Isa isa, const Kernels<T>& reference, const Kernels<T>& kernels) {
  static Memory expected(16 << 20), got(16 << 20), room(scratch_bytes, 1);
  room.reset(true);
  T* scratch = room.place<T>(scratch_bytes / sizeof(T));
  std::fill_n(scratch, scratch_bytes / sizeof(T), std::numeric_limits<T>::quiet_NaN());
  const Tested<T> test{std::string(to_string(isa)) + (sizeof(T) == 4 ? " float" : " double"),
                       reference,
                       kernels,
                       expected,
                       got,
                       scratch};
  all_sizes(test);
  if (isa != Isa::reference) large_sizes(test);  // of itself only the guards are of interest
}

}  // namespace

int main() {
  std::signal(SIGSEGV, [](int) {
    std::fprintf(stderr, "memory beside an operand touched: %s\n", check::AnyCase::all().c_str());
    std::_Exit(1);
  });
  const KernelTables reference = reference_tables();
  for (const KernelTables& tables : available_tables()) {
    table<float>(tables.isa, *reference.floats, *tables.floats);
    table<double>(tables.isa, *reference.doubles, *tables.doubles);
  }
  return check::report();
}
