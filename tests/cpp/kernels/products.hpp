// The cases of the products: forward, dC/da of the layer below, dW, and dW with an update. The
// digits of a variant choose what is not a size.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "filbert/activation.hpp"
#include "kernels/tested.hpp"
#include "support/names.hpp"
#include "training/update.hpp"

namespace tested {

using filbert::Activation;
using filbert::ActivationKind;
using filbert::Rule;
using filbert::UpdateBuffers;
using filbert::UpdateStep;

inline const std::vector<Activation>& hidden_activations() {
  static const std::vector<Activation> all = names::hidden_activations();
  return all;
}

/// The activation of a variant. What is left of the variant chooses other things.
inline Activation activation_of(int& variant) {
  const int count = static_cast<int>(hidden_activations().size()), which = variant % count;
  variant /= count;
  return hidden_activations()[static_cast<std::size_t>(which)];
}

template <class T>
void forward(const Tested<T>& test, std::size_t m, std::size_t n, std::size_t k, int variant) {
  int rest = variant;
  const Activation activation = activation_of(rest);
  const Numbers kind = kinds[rest % 3];
  const int outputs = rest / 3 % 4;  // z and a; a alone; z alone; both in one place
  const std::size_t pad = (static_cast<std::size_t>(variant) + m) % 2 * 3;
  test(text("forward", m, n, k, variant), [&](const Kernels<T>& kernels, Memory& memory) {
    const T* x = memory.numbers<T>(extent(m, k, k + pad), kind, 1);
    const T* w = memory.numbers<T>(extent(k, n, n + pad), kind, 2);
    const T* b = memory.numbers<T>(n, Numbers::plain, 3);
    T* z = outputs == 1 ? nullptr : memory.results<T>(extent(m, n, n + pad));
    T* a = outputs == 2 ? nullptr : outputs == 3 ? z : memory.results<T>(extent(m, n, n + pad));
    const T* const* rows = memory.rows(x, k + pad, m);
    const std::size_t parts = 1 + (m + n + k) % 3;  // in which chains are made
    for (std::size_t part = 0; part < parts; ++part) {
      const std::size_t begin = k * part / parts, end = k * (part + 1) / parts;
      if (begin == end) continue;
      kernels.forward(z, n + pad, a, n + pad, rows, begin, w + begin * (n + pad), n + pad, b,
                      activation, {begin == 0, end == k}, m, n, end - begin, test.scratch);
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
  const std::size_t pad = (static_cast<std::size_t>(variant) + m) % 2 * 3;
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
    filbert::UpdateSteps<T> steps;
    set_steps(steps, rule, {.learning_rate = 0.01, .beta2 = 0.75, .weight_decay = 0.0078125},
              running, 0.03125);
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

}  // namespace tested
