// What a loss is computed from, and what it computes, over a vector type V.
#pragma once

#include <cstddef>

#include "filbert/loss.hpp"
#include "kernels/vec/math.hpp"
#include "system/compiler.hpp"

namespace filbert {
namespace {

/// What the cost of an output is computed from.
enum class CostOf : unsigned char {
  a,            // the activation
  z,            // the weighted sum, from which the cost of a sigmoid is more exact
  minus_log_a,  // -log(a) of a softmax, or -a of a log_softmax: log(s) - (z - max z), s being the
                // sum of exp(z - max z)
};

/// A vector of outputs, with their targets, on its way through a loss.
template <class V>
struct LossTerms {
  using reg = typename V::reg;
  // From here ...
  bool of_softmax = false;  // whether the output is a softmax, or the logarithm of one; only then
                            // is there a minus_log_a
  bool of_logarithms = false;  // whether it is the logarithm
  reg z = V::set1(0), a = z, minus_log_a = z, y = z;
  reg second = z;     // a of the second output of each target, where outputs are in pairs
  reg parameter = z;  // that of the loss; of several, that of these outputs
  // ... to here.
  reg cost = z;       // the terms in C_0
  reg da = z;         // dC_0/da
  reg second_da = z;  // the same of the second outputs
  reg dz = z;         // with makes_dz: dC_0/dz; with makes_dz of a loss that does not fuse, for the
                      // outputs of a softmax: a dC_0/da
};

/// How targets enter a loss that is not inline: as fma(y, scale, offset).
template <class T>
struct TargetMap {
  T scale, offset;
};

/// Returns the map of the targets of n outputs. The labels of classes become signs where the loss
/// takes these; label smoothing mixes targets with the uniform distribution over n outputs, or over
/// the two answers of one output (Szegedy et al. 2016).
template <class T>
TargetMap<T> target_map(const Loss& loss, bool by_label, std::size_t n) {
  if (by_label && (loss.kind == LossKind::hinge || loss.kind == LossKind::squared_hinge)) {
    return {T(2), T(-1)};
  }
  const bool of_rows = loss.kind == LossKind::cross_entropy;
  if (of_rows || loss.kind == LossKind::binary_cross_entropy) {
    const double s = loss.parameter, share = of_rows ? static_cast<double>(n) : 2.0;
    return {static_cast<T>(1.0 - s), static_cast<T>(s / share)};
  }
  return {T(1), T(0)};
}

namespace losses {

/// Members that a loss inherits if it does not have them itself.
template <class V>
struct Defaults {
  /// Whether output kernels have its operations in their own loops, for each layout of outputs.
  static constexpr bool is_inline = false;
  static constexpr CostOf cost_of = CostOf::a;
  /// Whether dC_0/dz is a - y, or exp(a) - y of a log_softmax, and is not computed from dC_0/da
  /// through the output activation.
  static constexpr bool fuses = false;
  /// Whether it computes dC_0/dz itself.
  static constexpr bool makes_dz = false;
  /// Whether each target has two outputs.
  static constexpr bool pairs = false;
};

}  // namespace losses
}  // namespace
}  // namespace filbert
