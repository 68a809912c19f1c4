// The output layer over a vector type V: from z and the targets to a, C_0 and dz in one pass, by
// the same operations as in reference.cpp.
#pragma once

#include "kernels/simd/losses.hpp"
#include "kernels/simd/output_layouts.hpp"
#include "kernels/simd/weigh.hpp"

namespace filbert {
namespace {

/// Computes a of the rows of a layout.
template <class V, class Layout>
FILBERT_INLINE SoftmaxSums<V> activate_output(Layout& layout, Activation activation) {
  SoftmaxSums<V> sums{V::set1(0), V::set1(0)};
  sums.of_logarithms = activation.kind == ActivationKind::log_softmax;
  if (activation.kind == ActivationKind::softmax || sums.of_logarithms) {
    layout.softmax(sums);
  } else if (activation.kind == ActivationKind::identity) {
    layout.each([&](std::size_t j, auto part) { layout.set_a(j, layout.z(j, part), part); });
  } else {
    layout.activate(activation);
  }
  return sums;
}

/// Returns the sum of the terms of C_0, and computes dC_0/da, or dz where the loss fuses. by_label:
/// whether the targets are labels. wants_da: whether the caller reads da; a loss that fuses
/// computes it only then.
template <class V, class Layout, class Body>
FILBERT_INLINE typename V::reg costs_of(Layout& layout, [[maybe_unused]] const SoftmaxSums<V>& sums,
                                        Body body, [[maybe_unused]] bool by_label,
                                        [[maybe_unused]] bool wants_da) {
  using reg = typename V::reg;
  if constexpr (!Body::fuses) {
    static_assert(Body::cost_of == CostOf::a);
    return layout.sum([&](std::size_t j, auto part) {
      const reg a = layout.a(j, part), y = layout.y(j, part);
      layout.set_da(j, body.derivative(a, y), part);
      return body.cost(a, y);
    });
  } else {
    reg cost = V::set1(0);
    if constexpr (Body::cost_of == CostOf::minus_log_a) {
      const reg log_total = math::log<V>(sums.total);
      const auto minus_log = [&](reg z) { return V::sub(log_total, V::sub(z, sums.largest)); };
      if (by_label) {
        cost = body.cost_of_label(minus_log(layout.z_of_label()));
      } else {
        cost = layout.sum([&](std::size_t j, auto part) {
          return body.cost(minus_log(layout.z(j, part)), layout.y(j, part));
        });
      }
    } else {
      cost = layout.sum([&](std::size_t j, auto part) {
        return body.cost(layout.z(j, part), layout.y(j, part));
      });
    }
    if constexpr (Body::cost_of == CostOf::minus_log_a) {
      if (sums.of_logarithms) {
        layout.each([&](std::size_t j, auto part) {
          const reg y = layout.y(j, part);
          layout.set_dz(j, V::sub(math::exp<V>(layout.a(j, part)), y), part);
          if (wants_da) layout.set_da(j, body.derivative_of_log(y), part);
        });
        return cost;
      }
    }
    layout.each([&](std::size_t j, auto part) {
      layout.set_dz(j, V::sub(layout.a(j, part), layout.y(j, part)), part);
    });
    if (wants_da) {
      layout.each([&](std::size_t j, auto part) {
        layout.set_da(j, body.derivative(layout.a(j, part), layout.y(j, part)), part);
      });
    }
    return cost;
  }
}

/// Computes dz from da, through the output activation.
template <class V, class Layout>
FILBERT_INLINE void derive_output(Layout& layout, Activation activation) {
  if (activation.kind == ActivationKind::identity) {
    layout.each([&](std::size_t j, auto part) { layout.set_dz(j, layout.da(j, part), part); });
  } else if (activation.kind == ActivationKind::softmax) {
    layout.derive_softmax();
  } else if (activation.kind == ActivationKind::log_softmax) {
    layout.derive_log_softmax();
  } else {
    layout.derive(activation);
  }
}

/// Does all of it for the rows of one layout, the first of which is row `first` of the batch.
template <class V, class Layout>
FILBERT_INLINE void output_of(const OutputBatch<typename V::scalar>& batch, std::size_t first,
                              Layout& layout) {
  using reg = typename V::reg;
  const SoftmaxSums<V> sums = activate_output<V>(layout, batch.activation);
  if (batch.correct != nullptr) {
    if (batch.judges_outputs) {
      layout.put_correct_outputs(batch.correct + first);
    } else {
      layout.put_correct_class(batch.correct + first);
    }
  }
  const bool fuses = with_loss<V>(batch.loss, [&](auto body) {
    const reg sum = costs_of<V>(layout, sums, body, batch.y == nullptr, batch.da != nullptr);
    layout.put_cost(batch.cost + first, body.finish(sum));
    return body.fuses;
  });
  if (!fuses) derive_output<V>(layout, batch.activation);
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
