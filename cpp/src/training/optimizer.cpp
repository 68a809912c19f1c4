#include "filbert/optimizer.hpp"

#include <utility>

#include "kernels/dispatch.hpp"
#include "system/check.hpp"
#include "system/float_mode.hpp"
#include "training/rule_checks.hpp"
#include "training/update.hpp"

namespace filbert {

Optimizer::Optimizer(const Rule& rule) : rule_(rule) {
  require_in_range(rule);
  progress_.running.assign(running_products(rule), 1.0);
}

const Schedule& Optimizer::learning_rate() const {
  const auto of_rule = [](const auto& options) -> const Schedule& { return options.learning_rate; };
  return std::visit(of_rule, rule_);
}

void Optimizer::set_learning_rate(const Schedule& learning_rate) {
  Rule changed = rule_;
  std::visit([&](auto& options) { options.learning_rate = learning_rate; }, changed);
  require_in_range(changed);
  if (std::holds_alternative<State<float>>(progress_.state)) require_fits_type<float>(changed);
  rule_ = changed;
}

void Optimizer::restore(Progress progress) {
  const std::size_t products = running_products(rule_), buffers = state_names(rule_).size();
  require(progress.running.size() == products, "running: expected ", products,
          " running products, got ", progress.running.size());
  const auto check_state = [&](const auto& state) {
    require(state.buffers.size() == buffers, "state: expected ", buffers, " buffers, got ",
            state.buffers.size());
    for (const auto& buffer : state.buffers) {
      require(buffer.size() == state.buffers.front().size(),
              "state: expected buffers of one size, got ", buffer.size(), " and ",
              state.buffers.front().size());
    }
  };
  if (const auto* state = std::get_if<State<float>>(&progress.state)) check_state(*state);
  if (const auto* state = std::get_if<State<double>>(&progress.state)) check_state(*state);
  progress_ = std::move(progress);
  network_ = 0;
}

void Optimizer::reset() {
  progress_ = {};
  progress_.running.assign(running_products(rule_), 1.0);
  network_ = 0;
}

template <class T>
void Optimizer::require_fits_network(const BasicNetwork<T>& net) const {
  require(network_ == 0 || network_ == net.id(),
          "optimizer: expected one that is new or has stepped this network, got one that belongs "
          "to another network");
  require_fits_type<T>(rule_);
  if (std::holds_alternative<std::monostate>(progress_.state)) return;
  const auto* state = std::get_if<State<T>>(&progress_.state);
  require(state != nullptr, "optimizer: expected state of the network's dtype, got the other one");
  for (const AlignedBuffer<T>& buffer : state->buffers) {
    const std::size_t multiple = state_multiple(rule_);
    require(buffer.size() == net.parameters().size() * multiple, "optimizer: expected state for ",
            net.parameters().size(), " parameters, got ", buffer.size() / multiple);
  }
}

void Optimizer::require_fits(const Network& net) const { require_fits_network(net); }
void Optimizer::require_fits(const Network64& net) const { require_fits_network(net); }

namespace {

template <class T>
void step_once(Optimizer& optimizer, BasicNetwork<T>& net, std::span<const T> gradient) {
  require(gradient.size() == net.parameters().size(), "gradient: expected ",
          net.parameters().size(), " numbers, got ", gradient.size());
  require(!has_own_loop(optimizer.rule()), "optimizer: expected a rule for one step, got ",
          to_string(optimizer.rule()), ", which evaluates the cost itself: fit takes it");
  const FloatMode mode;
  Update<T> update(optimizer, net);
  update.begin_step(1.0, nullptr);
  update.apply(active_kernels<T>(), gradient.data(), 0, gradient.size());
  update.end_step();
}

}  // namespace

void Optimizer::step(Network& net, std::span<const float> gradient) {
  step_once(*this, net, gradient);
}
void Optimizer::step(Network64& net, std::span<const double> gradient) {
  step_once(*this, net, gradient);
}

}  // namespace filbert
