// One step of an optimizer in parts, which threads share: one of them begins the step, and then
// each updates a range of the flat buffer. The ranges do not overlap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "filbert/fit_options.hpp"
#include "filbert/fit_position.hpp"
#include "filbert/network.hpp"
#include "filbert/optimizer.hpp"
#include "kernels/kernels.hpp"
#include "system/team.hpp"

namespace filbert {

/// A time of a fit, for schedules.
struct FitTime {
  double epoch = 0.0;  // how many epochs are done, with the fraction of the batches of the next one
  double epochs = 0.0;  // how many the fit has
  // Of a ReduceOnPlateau, which the learning rate may be. Not a copy, as there is a time for every
  // step.
  const std::optional<PlateauState>& plateau;
};

/// Returns what the options of a rule that may be schedules are at a time; null: in a step outside
/// of a fit. A beta2 of 1 or more, which a schedule may come to, counts as the number before 1.
StepOptions step_options(const Rule& rule, const FitTime* time);

/// Multiplies a rule's running products by the factors of one step.
void advance_running(std::span<double> running, const Rule& rule, const StepOptions& at);

/// The numbers of one step, for weights and for biases. Only those of weights have l1 and l2.
template <class T>
struct UpdateSteps {
  UpdateStep<T> weights = {}, biases = {};
};

/// What the numbers of a step are changed by in some layers.
struct LayerFactors {
  double rate = 1.0;          // what the learning rate is multiplied by
  double l1 = 0.0, l2 = 0.0;  // what is added to the rule's

  friend bool operator==(const LayerFactors&, const LayerFactors&) = default;
};

/// Sets the numbers of one step. The running products have to include the factors of this step, and
/// gradients that are summed over a batch will be multiplied by the scale.
template <class T>
void set_steps(UpdateSteps<T>& steps, const Rule& rule, const StepOptions& at,
               std::span<const double> running, double scale, const LayerFactors& factors = {});

/// A range of the flat buffer to which the same numbers of a step apply.
struct ParameterSpan {
  std::size_t begin, end;
  std::size_t group;  // layers whose numbers these are
  bool weights;       // these are weights, on which l1 and l2 act, and not biases
  bool trained;       // a step changes them
};

template <class T>
class Update {
 public:
  /// Makes the optimizer belong to this network, and makes its state if it has none yet. Throws
  /// std::invalid_argument if the optimizer belongs to another network. options: of the fit, as
  /// `complete` returns them.
  Update(Optimizer& optimizer, BasicNetwork<T>& net, const FitOptions& options = {});

  /// Whether the optimizer still belongs to this network and has its state where it was. After that
  /// this object is of no use: somebody has stepped another network, or put back other state.
  bool is_current() const;

  /// The parameters of layer l = 1..L.
  const ParameterSpan& weights(std::size_t l) const { return spans_[2 * (l - 1)]; }
  const ParameterSpan& biases(std::size_t l) const { return spans_[2 * (l - 1) + 1]; }

  /// Where all parameters and their state begin.
  const UpdateBuffers<T>& buffers() const { return buffers_; }

  /// The numbers of the step that has begun.
  const UpdateStep<T>& step_of(const ParameterSpan& span) const {
    const UpdateSteps<T>& steps = groups_[span.group].steps;
    return span.weights ? steps.weights : steps.biases;
  }

  /// Computes the numbers of the next step and rounds them to T. Gradients that are summed over a
  /// batch will be multiplied by the scale. time: as in step_options. l2: is added to that of every
  /// layer.
  void begin_step(double scale, const FitTime* time, double l2 = 0.0);

  /// Counts the step, once all parameters have been updated. The optimizer's count of steps and its
  /// running products change here only.
  void end_step();

  /// Computes dW of the rows p of W in layer l and updates these rows with it. The worker that has
  /// the last row does the same for the biases; `db`, of as many numbers as the layer has outputs,
  /// is memory for that. x: the rows of the layer's input, at most row_block.
  void apply_fused(const Worker& worker, const Kernels<T>& kernels, std::size_t l, Range p,
                   const T* const* x, const BasicMatrixView<T>& dz, T* db);

  /// Updates parameters begin .. end - 1 and their state. gradients: laid out like all parameters.
  void apply(const Kernels<T>& kernels, const T* gradients, std::size_t begin, std::size_t end);

 private:
  Optimizer& optimizer_;
  std::uint64_t network_;  // its id
  std::size_t rule_;       // its place in the list of rules
  std::size_t state_count_ = 0;
  std::vector<double> running_;       // running products of the step that has begun
  UpdateBuffers<T> buffers_;          // where all parameters and their state begin
  std::vector<ParameterSpan> spans_;  // W and b of each layer, in the order of the flat buffer
  // Layers of which the numbers of a step are the same.
  struct Group {
    LayerFactors factors;
    UpdateSteps<T> steps;
  };

  std::size_t group_of(const LayerFactors& factors, bool weights);

  std::vector<Group> groups_;
};

extern template class Update<float>;
extern template class Update<double>;

}  // namespace filbert
