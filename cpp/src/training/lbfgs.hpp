// The loop of L-BFGS: each epoch of a fit is one iteration over the whole data set.
#pragma once

#include "filbert/fit.hpp"

namespace filbert {

/// Does what fit does, with an optimizer whose rule is Lbfgs. The options are complete, and the
/// data have been checked.
template <class T>
bool fit_lbfgs(BasicNetwork<T>& net, const BasicData<T>& data, Optimizer& optimizer,
               const FitOptions& options, const FitHooks& hooks);

extern template bool fit_lbfgs(Network& net, const Data& data, Optimizer& optimizer,
                               const FitOptions& options, const FitHooks& hooks);
extern template bool fit_lbfgs(Network64& net, const Data64& data, Optimizer& optimizer,
                               const FitOptions& options, const FitHooks& hooks);

}  // namespace filbert
