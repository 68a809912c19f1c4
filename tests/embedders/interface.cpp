// Uses of what the public headers define themselves, for a compiler to look at with every warning.
#include <cstddef>
#include <filbert/filbert.hpp>
#include <span>
#include <string_view>
#include <utility>

namespace {

template <class T>
std::size_t uses_of_buffers() {
  filbert::AlignedBuffer<T> buffer(3);
  filbert::AlignedBuffer<T> copy(buffer), moved(std::move(buffer));
  buffer = copy;
  buffer = std::move(moved);
  const filbert::BasicMatrixView<T> view(buffer.data(), 1, 3);
  const filbert::BasicMatrixView<const T> constant = view.row(0).rows_from(0, 1);
  return copy.size() + constant.rows() + constant.stride() + (constant.data() == &view(0, 0));
}

template <class T>
std::size_t uses_of_networks(filbert::BasicNetwork<T>& net) {
  filbert::BasicNetwork<T> copy = net;
  filbert::BasicNetwork<T> moved = std::move(copy);
  copy = moved;
  copy.set_seed(net.seed());
  copy.set_epoch(net.epoch());
  copy.set_classes(net.classes());
  const filbert::BasicNetwork<T>& constant = copy;
  filbert::BasicWorkspace<T> workspace(net, {.max_batch = 2, .inspect = true});
  filbert::BasicWorkspace<T> other = std::move(workspace);
  workspace = std::move(other);
  filbert::BasicGradients<T> gradients(net);
  const filbert::BasicGradients<T> kept = gradients;
  return constant.w(1).cols() + constant.b(1).size() + copy.w(1).cols() + copy.b(1).size() +
         constant.parameters().size() + constant.sizes().size() + constant.layers().size() +
         (constant.id() == net.id()) + workspace.a(1).rows() + workspace.z(1).rows() +
         workspace.dz(1).rows() + workspace.da(0).rows() + workspace.cost().size() +
         workspace.sizes().size() + gradients.w(1).rows() + gradients.b(1).size() +
         kept.flat().size() + (constant.layers()[0] == net.layers()[0]);
}

std::size_t uses_of_options(filbert::Optimizer& optimizer) {
  std::size_t count = 0;
  filbert::Adam adam;
  const filbert::Sgd sgd = {.learning_rate = 0.5};
  const auto add = [&](const auto& row, const auto&) { count += row.name.size(); };
  filbert::for_each_option(adam, add);
  filbert::for_each_option(sgd, add);
  const filbert::Rule rule = sgd;
  const filbert::Optimizer another = rule;
  optimizer.restore(optimizer.progress());
  return count + (filbert::RuleTraits<filbert::Sgd>::contradiction(sgd) == nullptr) +
         (filbert::RuleTraits<filbert::Adam>::contradiction(adam) == nullptr) + another.steps() +
         filbert::to_string(rule).size() + filbert::state_names(rule).size() + optimizer.steps();
}

}  // namespace

int main() {
  filbert::Network net({2, 1});
  filbert::Network64 net64({2, 1});
  filbert::Optimizer optimizer = filbert::Adam();
  optimizer.require_fits(net);
  filbert::FitPosition position;
  filbert::FitOptions options = {.epochs = 2};
  std::size_t names = 0;
  const auto add = [&](const auto& row, const auto&) { names += row.name.size(); };
  filbert::for_each_fit_option(options, add);
  filbert::FitHooks hooks = {.position = &position};
  hooks.on_epoch = [](const filbert::EpochReport& report) { return report.epoch < 2; };
  const filbert::Training training = {.options = options, .position = position};
  const filbert::Data data = {.x = net.w(1)};
  const std::size_t count = uses_of_buffers<float>() + uses_of_buffers<double>() +
                            uses_of_networks(net) + uses_of_networks(net64) +
                            uses_of_options(optimizer) + training.options.batch_size.value_or(0) +
                            data.labels.size() + names + (training.options == options) +
                            (hooks.position == &position);
  return count > 0 ? 0 : 1;
}
