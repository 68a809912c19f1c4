// Options of a fit that are left open take what the network says, and lists get a number for each
// layer.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "filbert/fit.hpp"
#include "system/check.hpp"

namespace filbert {
namespace {

void require_fraction(std::string_view name, double value) {
  require(value >= 0.0 && value < 1.0, name, ": expected a number in [0, 1), got ", value);
}

/// T: the type of the network, which computes with the number as T.
template <class T>
void require_rate(std::string_view name, double value, double multiple = 1.0) {
  require(std::isfinite(value) && value >= 0.0, name, ": expected a finite number >= 0, got ",
          value);
  require(value <= static_cast<double>(std::numeric_limits<T>::max()) / multiple, name,
          ": expected a number that fits in ", sizeof(T) == 4 ? "float32" : "float64", ", got ",
          value);
}

template <class T>
void require_limit(std::string_view name, double value) {
  require(value > 0.0, name, ": expected a number > 0, got ", value);
  require(static_cast<T>(value) > T(0), name, ": expected a number > 0 in ",
          sizeof(T) == 4 ? "float32" : "float64", ", got ", value);
}

/// Gives a list a number for each of `count` layers, or empties it if all of them are `neutral`.
/// which: what the message calls the layers.
template <class Check>
void spread(std::string_view name, std::vector<double>& list, std::size_t count,
            std::string_view which, double neutral, Check check) {
  require(list.size() <= 1 || list.size() == count, name, ": expected one number, or ", count,
          ", one for each ", which, ", got ", list.size());
  for (const double value : list) check(name, value);
  // Not assign(): it may free the number before it reads it, and libc++ does.
  if (list.size() == 1) list = std::vector<double>(count, list.front());
  if (std::ranges::all_of(list, [&](double value) { return value == neutral; })) list.clear();
}

bool is_frozen(const std::vector<double>& rates) {
  return !rates.empty() && std::ranges::all_of(rates, [](double rate) { return rate == 0.0; });
}

template <class T>
FitOptions complete_options(FitOptions options, const BasicNetwork<T>& net) {
  if (!options.loss) options.loss = default_loss(net.output());
  if (!options.seed) options.seed = net.seed();
  require(options.batch_size.value_or(1) > 0, "batch_size: expected at least 1, got 0");
  spread("dropout", options.dropout, net.depth() - 1, "hidden layer", 0.0, require_fraction);
  require_fraction("input_dropout", options.input_dropout);
  require_rate<T>("noise", options.noise);
  require_limit<T>("clip_norm", options.clip_norm);
  require_limit<T>("clip_value", options.clip_value);
  require(options.accumulate > 0, "accumulate: expected at least 1, got 0");
  require_limit<T>("max_norm", options.max_norm);
  const auto rate = [](std::string_view name, double value) { require_rate<T>(name, value); };
  const auto twice = [](std::string_view name, double value) { require_rate<T>(name, value, 2.0); };
  spread("l1", options.l1, net.depth(), "layer", 0.0, rate);
  spread("l2", options.l2, net.depth(), "layer", 0.0, twice);
  require_rate<T>("alpha", options.alpha);
  // Rates of biases that are those of the weights are left out, before and after those of weights
  // that are 1 are.
  spread("bias_rates", options.bias_rates, net.depth(), "layer", -1.0, rate);
  spread("layer_rates", options.layer_rates, net.depth(), "layer", -1.0, rate);
  if (options.bias_rates == options.layer_rates) options.bias_rates.clear();
  require(!is_frozen(options.layer_rates) ||
              (!options.bias_rates.empty() && !is_frozen(options.bias_rates)),
          "layer_rates: expected one above 0, or bias_rates of which one is, got 0 for all");
  spread("layer_rates", options.layer_rates, net.depth(), "layer", 1.0, rate);
  if (options.layer_rates.empty()) {
    spread("bias_rates", options.bias_rates, net.depth(), "layer", 1.0, rate);
  }
  require_fraction("average", options.average);
  return options;
}

}  // namespace

bool FitOptions::operator==(const FitOptions& other) const {
  bool same = true;
  for_each_fit_option(other, [&](const auto& row, const auto& value) {
    same = same && this->*row.member == value;
  });
  return same;
}

FitOptions complete(FitOptions options, const Network& net) {
  return complete_options(std::move(options), net);
}
FitOptions complete(FitOptions options, const Network64& net) {
  return complete_options(std::move(options), net);
}

}  // namespace filbert
