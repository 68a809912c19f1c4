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

/// What computes dC_0/dz, once the costs are there.
enum class DzFrom : unsigned char {
  done,   // nothing: it has been computed
  da,     // the output activation, from da
  terms,  // all of the output kernel is still to be done for a loss that is not inline
};

/// The same as costs_of for a loss that is not inline.
template <class V, class Layout>
class CostsOfTerms {
 public:
  using T = typename V::scalar;
  using reg = typename V::reg;

  CostsOfTerms(Layout& layout, const SoftmaxSums<V>& sums, const OutputBatch<T>& batch)
      : layout_(layout), batch_(batch), largest_(sums.largest) {
    terms_.of_logarithms = sums.of_logarithms;
    terms_.of_softmax = sums.of_logarithms || batch.activation.kind == ActivationKind::softmax;
    log_total_ = terms_.of_softmax ? math::log<V>(sums.total) : V::set1(0);
    const TargetMap<T> map = target_map<T>(*batch.loss, batch.y == nullptr, batch.n);
    scale_ = V::set1(map.scale);
    offset_ = V::set1(map.offset);
    with_loss<V>(*batch.loss, [&](auto body) {
      makes_dz_ = body.makes_dz;
      pairs_ = body.pairs;
      shares_dz_ = terms_.of_softmax && body.makes_dz && !body.fuses;
    });
  }

  /// Returns the sum of the terms, and says what is still to be done about dz.
  FILBERT_INLINE reg sum(DzFrom& rest) {
    const std::size_t targets = batch_.targets;
    reg cost = V::set1(0);
    for (std::size_t first = 0, i = 0; first < (pairs_ ? targets : batch_.n);
         first += targets, ++i) {
      terms_.parameter = V::set1(static_cast<T>(batch_.loss->at(i)));
      cost = V::add(cost, layout_.sum_of(targets, [&](std::size_t j, auto lanes) {
        return compute(first, j, lanes_of(lanes));
      }));
    }
    if (shares_dz_) {  // terms_.dz is a dC_0/da: dz_j = that - a_j times the sum of all of them
      const reg all = layout_.sum([&](std::size_t j, auto part) { return layout_.dz(j, part); });
      layout_.each([&](std::size_t j, auto part) {
        layout_.set_dz(j, V::fnma(layout_.a(j, part), all, layout_.dz(j, part)), part);
      });
    }
    rest = makes_dz_ ? DzFrom::done : DzFrom::da;
    return cost;
  }

 private:
  using Lanes = typename Layout::Lanes;
  static Lanes lanes_of(Lanes lanes) { return lanes; }
  template <class Part>
  static Lanes lanes_of(Part) {
    return V::part_of(V::lanes);
  }

  /// Takes the outputs from first + j on through the loss, with the targets from j on.
  FILBERT_NOINLINE reg compute(std::size_t first, std::size_t j, Lanes part) {
    const std::size_t at = first + j, second = batch_.targets + j;
    terms_.z = layout_.z(at, part);
    terms_.a = layout_.a(at, part);
    terms_.minus_log_a = V::sub(log_total_, V::sub(terms_.z, largest_));
    terms_.y = V::fma(layout_.y(j, part), scale_, offset_);
    if (pairs_) terms_.second = layout_.a(second, part);
    compute_terms<V>(terms_, *batch_.loss);
    if (makes_dz_) layout_.set_dz(at, terms_.dz, part);
    if (!makes_dz_ || batch_.da != nullptr) layout_.set_da(at, terms_.da, part);
    if (pairs_) layout_.set_da(second, terms_.second_da, part);
    return terms_.cost;
  }

  Layout& layout_;
  const OutputBatch<T>& batch_;
  LossTerms<V> terms_;
  reg largest_, log_total_, scale_, offset_;
  bool makes_dz_ = false, pairs_ = false;
  bool shares_dz_ = false;  // terms_.dz is not dz yet
};

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
  DzFrom dz_from = with_loss<V>(*batch.loss, [&](auto body) {
    if constexpr (decltype(body)::is_inline) {
      const reg sum = costs_of<V>(layout, sums, body, batch.y == nullptr, batch.da != nullptr);
      layout.put_cost(batch.cost + first, body.finish(sum));
      return body.fuses ? DzFrom::done : DzFrom::da;
    } else {
      return DzFrom::terms;
    }
  });
  if (dz_from == DzFrom::terms) {
    layout.put_cost(batch.cost + first, CostsOfTerms<V, Layout>(layout, sums, batch).sum(dz_from));
  }
  if (dz_from == DzFrom::da) derive_output<V>(layout, batch.activation);
  layout.finish();
}

template <class V>
FILBERT_HOT void output(const OutputBatch<typename V::scalar>& batch) {
  constexpr std::size_t lanes = V::lanes;
  if (batch.n > most_narrow_outputs) {
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
