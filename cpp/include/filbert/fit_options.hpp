// What a fit is asked for: plain values, which a checkpoint keeps and a resumed fit compares.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "filbert/export.h"
#include "filbert/loss.hpp"

namespace filbert {

/// Where an option is a list, it has a number for each hidden layer (dropout) or for each
/// layer 1..L (the others). A list of one number stands for that number in each of them, and no
/// list for the number that changes nothing: 1 where it is a factor, else 0.
struct FitOptions {
  static constexpr double unlimited = std::numeric_limits<double>::infinity();

  std::size_t epochs = 1;  ///< in total, those before `FitHooks::position` included
  /// Rows; the last batch of an epoch may be smaller. none: default_batch_size, which is 32, or all
  /// rows for rules that need them.
  std::optional<std::size_t> batch_size = {};
  /// The cost is the function in FitHooks, which no file keeps, and `loss` counts for nothing.
  bool own_cost = false;
  std::optional<Loss> loss = {};  ///< none: default_loss(net.output())
  bool shuffle = true;            ///< a new order each epoch, by seed and net.epoch()
  bool own_order = false;         ///< the order is that of FitHooks::order; then no shuffle
  std::optional<std::uint64_t> seed =
      {};  ///< key of that order and of what follows; none: net.seed()

  /// The part of the activations that is 0 in a step, in [0, 1), chosen anew for each row and
  /// epoch; the others are divided by 1 minus it (Srivastava et al. 2014). Predictions are without
  /// it.
  std::vector<double> dropout = {};
  double input_dropout = 0.0;  ///< the same of x
  double noise = 0.0;  ///< standard deviation of normal numbers that are added to x, before dropout

  /// How long the gradient of the mean cost may be, over all parameters that are trained, before
  /// weight decay and penalties are added: longer ones are scaled to it.
  double clip_norm = unlimited;
  double clip_value = unlimited;  ///< how large an element of it may be, once clip_norm is done
  std::size_t accumulate = 1;   ///< so many batches make a step; the last one of an epoch may have
                                ///< fewer
  double max_norm = unlimited;  ///< how long the weights into a neuron may be, after each step

  std::vector<double> l1 =
      {};  ///< l1 sum |w| for the weights of a layer, beside the optimizer's l1
  std::vector<double> l2 = {};  ///< l2 sum w^2, likewise
  /// The penalty alpha / 2 sum w^2 of the weights of all layers, which a step adds to the sum of
  /// its C_0 and divides by the weight of its rows with them, as scikit-learn does: the fewer rows,
  /// the more it counts. The reported cost is without it.
  double alpha = 0.0;
  /// What the learning rate is multiplied by in a layer. 0 leaves it as it is, and costs no
  /// gradient.
  std::vector<double> layer_rates = {};
  std::vector<double> bias_rates = {};  ///< the same for its biases; none: as its weights

  /// The decay of a running mean of the parameters, in [0, 1): mean = average mean +
  /// (1 - average) w after each step. The network has this mean whenever fit calls anybody and
  /// when it ends, and training goes on from its own parameters. 0: none.
  double average = 0.0;

  FILBERT_API bool operator==(const FitOptions& other) const;  // all options are the same
};

/// A row of the table of these options, by which files and bindings go.
template <class Value>
struct FitOption {
  std::string_view name;
  Value FitOptions::* member;
  bool may_change = false;  ///< whether a fit that resumes may be asked for something else
};

inline constexpr std::tuple fit_options{
    FitOption<std::size_t>{"epochs", &FitOptions::epochs, true},
    FitOption<std::optional<std::size_t>>{"batch_size", &FitOptions::batch_size},
    FitOption<bool>{"own_cost", &FitOptions::own_cost},
    FitOption<std::optional<Loss>>{"loss", &FitOptions::loss},
    FitOption<bool>{"shuffle", &FitOptions::shuffle},
    FitOption<bool>{"own_order", &FitOptions::own_order},
    FitOption<std::optional<std::uint64_t>>{"seed", &FitOptions::seed},
    FitOption<std::vector<double>>{"dropout", &FitOptions::dropout},
    FitOption<double>{"input_dropout", &FitOptions::input_dropout},
    FitOption<double>{"noise", &FitOptions::noise},
    FitOption<double>{"clip_norm", &FitOptions::clip_norm},
    FitOption<double>{"clip_value", &FitOptions::clip_value},
    FitOption<std::size_t>{"accumulate", &FitOptions::accumulate},
    FitOption<double>{"max_norm", &FitOptions::max_norm},
    FitOption<std::vector<double>>{"l1", &FitOptions::l1},
    FitOption<std::vector<double>>{"l2", &FitOptions::l2},
    FitOption<double>{"alpha", &FitOptions::alpha},
    FitOption<std::vector<double>>{"layer_rates", &FitOptions::layer_rates},
    FitOption<std::vector<double>>{"bias_rates", &FitOptions::bias_rates},
    FitOption<double>{"average", &FitOptions::average},
};

/// Calls f(row, option) for each of them; const or not as `options` is.
template <class Options, class Function>
void for_each_fit_option(Options& options, Function f) {
  std::apply([&](const auto&... row) { (f(row, options.*row.member), ...); }, fit_options);
}

}  // namespace filbert
