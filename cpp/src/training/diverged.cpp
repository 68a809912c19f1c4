#include "training/diverged.hpp"

#include <algorithm>
#include <cmath>
#include <locale>
#include <sstream>
#include <string>
#include <vector>

#include "filbert/propagate.hpp"
#include "filbert/workspace.hpp"
#include "kernels/dispatch.hpp"
#include "network/phases.hpp"
#include "system/team.hpp"
#include "system/watch.hpp"

namespace filbert {
namespace {

std::string message_of(const Divergence& where) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << "fit: expected a finite cost, got " << where.cost << " in epoch " << where.epoch
       << ", step " << where.step << "; layer " << where.layer
       << " is the first with numbers that are not finite; first suspect: ";
  if (where.column) {
    text << "the scale of column " << *where.column << " of x, |x| up to " << where.largest;
  } else {
    text << "the learning rate";
  }
  return text.str();
}

/// The first layer whose parameters are not finite, or L + 1.
template <class T>
std::size_t first_bad_parameters(const BasicNetwork<T>& net) {
  const std::span<const T> all = net.parameters();
  const std::size_t at = first_nonfinite(all);
  std::size_t layer = 1;
  while (layer <= net.depth() &&
         (at == all.size() || at >= net.offset(layer) + (net.layers()[layer - 1].inputs + 1) *
                                                            net.layers()[layer - 1].outputs)) {
    ++layer;
  }
  return layer;
}

/// The first layer below `most` of which a z is not finite, or `most`. x: rows as the first layer
/// takes them.
template <class T>
std::size_t first_bad_z(const BasicNetwork<T>& net, std::span<const T* const> x, std::size_t most) {
  constexpr std::size_t piece = 256;
  if (x.empty()) return most;
  const Kernels<T>& kernels = active_kernels<T>();
  BasicWorkspace<T> workspace(net, {.max_batch = std::min(x.size(), piece), .inspect = true});
  for (std::size_t begin = 0; begin < x.size(); begin += piece) {
    const std::size_t count = std::min(x.size() - begin, piece);
    workspace.set_rows(count);
    run_team(1, [&](Worker& worker) {
      Watch nobody;
      (void)forward_phases(worker, nobody, kernels, net, x.data() + begin, workspace, false, false);
    });
    for (std::size_t l = 1; l < most; ++l) {
      for (std::size_t i = 0; i < count; ++i) {
        const std::span<const T> z(workspace.z(l).row(i).data(), net.layers()[l - 1].outputs);
        if (first_nonfinite(z) < z.size()) most = l;
      }
    }
  }
  return most;
}

}  // namespace

Diverged::Diverged(const Divergence& divergence)
    : std::runtime_error(message_of(divergence)), where_(divergence) {}

template <class T>
bool is_finite(const BasicNetwork<T>& net) {
  return first_nonfinite(net.parameters()) == net.parameters().size();
}

template <class T>
void diagnose(Divergence& divergence, const BasicNetwork<T>& net, std::span<const T* const> x) {
  const std::size_t layer = first_bad_z(net, x, first_bad_parameters(net));
  divergence.layer = std::min(layer, net.depth());  // or else the cost itself has overflowed
  std::vector<double> largest(net.inputs());
  for (const T* const row : x) {
    for (std::size_t k = 0; k < largest.size(); ++k) {
      largest[k] = std::max(largest[k], std::abs(static_cast<double>(row[k])));
    }
  }
  const auto column = std::ranges::max_element(largest);
  const double most = *column;
  const auto at = static_cast<std::size_t>(column - largest.begin());
  const auto middle = largest.begin() + static_cast<std::ptrdiff_t>(largest.size() / 2);
  std::ranges::nth_element(largest, middle);
  constexpr double large = 1000.0, far = 100.0;
  if (most > large || (most > far && most > far * *middle)) {
    divergence.column = at;
    divergence.largest = most;
  }
}

template bool is_finite(const BasicNetwork<float>& net);
template bool is_finite(const BasicNetwork<double>& net);
template void diagnose(Divergence& divergence, const BasicNetwork<float>& net,
                       std::span<const float* const> x);
template void diagnose(Divergence& divergence, const BasicNetwork<double>& net,
                       std::span<const double* const> x);

}  // namespace filbert
