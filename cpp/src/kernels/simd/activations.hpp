// Every activation over a vector type V: a = value(z), and dC/dz = derive(from, dC/da). The
// argument `from` is what the derivative is computed from. It is z where derivative_of_z is true,
// and else a, which is in memory anyway, so that z need not be kept. docs/numerics.md lists the
// operations of each.
#pragma once

#include "filbert/activation.hpp"
#include "kernels/simd/activation_curves.hpp"
#include "kernels/simd/activation_pieces.hpp"

namespace filbert {
namespace {

/// Calls then(body) with the mathematics of an activation. A kind without a case here does not
/// compile. softmax and log_softmax, which are not elementwise, have kernels of their own, and are
/// the identity here.
template <class V, class Then>
FILBERT_INLINE auto with_activation(Activation activation, Then then) {
  switch (activation.kind) {
    case ActivationKind::relu:
      return then(activations::Relu<V>{});
    case ActivationKind::sigmoid:
      return then(activations::Sigmoid<V>{});
    case ActivationKind::tanh:
      return then(activations::Tanh<V>{});
    case ActivationKind::gelu:
      return then(activations::Gelu<V>{});
    case ActivationKind::mish:
      return then(activations::Mish<V>{});
    case ActivationKind::leaky_relu:
      return then(activations::LeakyRelu<V>(activation.parameter));
    case ActivationKind::relu6:
      return then(activations::Relu6<V>{});
    case ActivationKind::elu:
      return then(activations::Elu<V>(activation.parameter));
    case ActivationKind::selu:
      return then(activations::Selu<V>{});
    case ActivationKind::gelu_tanh:
      return then(activations::GeluTanh<V>{});
    case ActivationKind::silu:
      return then(activations::Silu<V>{});
    case ActivationKind::softplus:
      return then(activations::Softplus<V>{});
    case ActivationKind::softsign:
      return then(activations::Softsign<V>{});
    case ActivationKind::hard_sigmoid:
      return then(activations::HardSigmoid<V>{});
    case ActivationKind::hard_tanh:
      return then(activations::HardTanh<V>{});
    case ActivationKind::hard_swish:
      return then(activations::HardSwish<V>{});
    case ActivationKind::exponential:
      return then(activations::Exponential<V>{});
    case ActivationKind::identity:
    case ActivationKind::softmax:
    case ActivationKind::log_softmax:
      break;
  }
  return then(activations::Identity<V>{});
}

/// Whether the derivative of an activation is computed from z and not from a.
template <class V>
FILBERT_INLINE bool derivative_of_z(Activation activation) {
  return with_activation<V>(activation, [](auto body) { return body.derivative_of_z; });
}

}  // namespace
}  // namespace filbert
