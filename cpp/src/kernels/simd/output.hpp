// The output layer over a Vec V: from z and the targets to a, C_0 and dz in one pass. Same
// operations as reference.cpp.
#pragma once

#include "kernels/simd/output_layouts.hpp"
#include "kernels/simd/weigh.hpp"

namespace filbert {
namespace {

/// C_0 and derivatives of the errors that any activation goes with.
template <class V, class Layout>
FILBERT_INLINE typename V::reg squared_error(Layout& layout, Activation activation, bool half) {
  using reg = typename V::reg;
  reg cost = layout.sum([&](std::size_t j, auto part) {
    const reg d = V::sub(layout.a(j, part), layout.y(j, part));
    layout.set_da(j, half ? d : V::add(d, d), part);
    return V::mul(d, d);
  });
  if (half) cost = V::mul(V::set1(typename V::scalar(0.5)), cost);
  if (activation == Activation::softmax) {
    const reg mean = layout.sum(
        [&](std::size_t j, auto part) { return V::mul(layout.a(j, part), layout.da(j, part)); });
    layout.each([&](std::size_t j, auto part) {
      layout.set_dz(j, V::mul(layout.a(j, part), V::sub(layout.da(j, part), mean)), part);
    });
  } else {
    layout.each([&](std::size_t j, auto part) {
      layout.set_dz(j, derive<V>(activation, layout.a(j, part), layout.da(j, part)), part);
    });
  }
  return cost;
}

/// dC/da of the two entropies.
template <class V, class Layout>
FILBERT_INLINE void entropy_da(Layout& layout, bool binary) {
  using reg = typename V::reg;
  const reg zero = V::set1(0), one = V::set1(1);
  layout.each([&](std::size_t j, auto part) {
    const reg wanted = layout.y(j, part), value = layout.a(j, part);
    const reg on = V::select(V::eq(wanted, zero), zero, V::div(wanted, value));
    reg result = V::select(V::eq(wanted, zero), zero, V::neg(on));
    if (binary) {
      const reg rest = V::sub(one, wanted);
      const reg off = V::select(V::eq(rest, zero), zero, V::div(rest, V::sub(one, value)));
      result = V::sub(off, on);
    }
    layout.set_da(j, result, part);
  });
}

/// One layout's rows, from first on.
template <class V, class Layout>
FILBERT_INLINE void output_of(const OutputBatch<typename V::scalar>& batch, std::size_t first,
                              Layout& layout) {
  using reg = typename V::reg;
  const reg zero = V::set1(0);
  reg largest = zero, total = zero;
  if (batch.activation == Activation::softmax) {
    largest = layout.largest_z();
    total = layout.sum([&](std::size_t j, auto part) {
      const reg e = exp<V>(V::sub(layout.z(j, part), largest));
      layout.set_a(j, e, part);
      return e;
    });
    layout.each(
        [&](std::size_t j, auto part) { layout.set_a(j, V::div(layout.a(j, part), total), part); });
  } else {
    with_activation<V>(batch.activation, [&](auto activate) {
      layout.each(
          [&](std::size_t j, auto part) { layout.set_a(j, activate(layout.z(j, part)), part); });
    });
  }
  const bool each_output = batch.n == 1 || batch.loss == Loss::binary_cross_entropy;
  if (batch.correct != nullptr && each_output) layout.put_correct_outputs(batch.correct + first);
  if (batch.correct != nullptr && !each_output) layout.put_correct_class(batch.correct + first);

  reg cost = zero;
  if (batch.loss == Loss::squared_error || batch.loss == Loss::half_squared_error) {
    cost = squared_error<V>(layout, batch.activation, batch.loss == Loss::half_squared_error);
  } else {
    if (batch.loss == Loss::binary_cross_entropy) {
      cost = layout.sum([&](std::size_t j, auto part) {
        const reg z = layout.z(j, part);
        const reg below = V::select(V::lt(z, zero), z, V::neg(z));
        return V::add(V::fnma(layout.y(j, part), z, relu_of<V>(z)), log1p<V>(exp<V>(below)));
      });
    } else {
      const reg log_total = log<V>(total);
      if (batch.y == nullptr) {
        cost = V::sub(log_total, V::sub(layout.z_of_label(), largest));
      } else {
        cost = layout.sum([&](std::size_t j, auto part) {
          const reg wanted = layout.y(j, part);
          const reg term = V::mul(wanted, V::sub(log_total, V::sub(layout.z(j, part), largest)));
          return V::select(V::eq(wanted, zero), zero, term);
        });
      }
    }
    layout.each([&](std::size_t j, auto part) {
      layout.set_dz(j, V::sub(layout.a(j, part), layout.y(j, part)), part);
    });
    if (batch.da != nullptr) entropy_da<V>(layout, batch.loss == Loss::binary_cross_entropy);
  }
  layout.put_cost(batch.cost + first, cost);
  layout.finish();
}

template <class V>
void output(const OutputBatch<typename V::scalar>& batch) {
  constexpr std::size_t lanes = V::lanes;
  if (batch.n > most_columns) {
    for (std::size_t i = 0; i < batch.m; ++i) {
      AlongRow<V> row(batch, i);
      output_of<V>(batch, i, row);
    }
  } else {
    for (std::size_t i = 0; i < batch.m; i += lanes) {
      AcrossRows<V> rows(batch, i, batch.m - i < lanes ? batch.m - i : lanes);
      output_of<V>(batch, i, rows);
    }
  }
  weigh(batch);
}

}  // namespace
}  // namespace filbert
