// Training of many networks side by side, one to a thread, or several of one shape.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "filbert/data.hpp"
#include "filbert/diverged.hpp"
#include "filbert/early_stopping.hpp"
#include "filbert/export.h"
#include "filbert/fit.hpp"
#include "filbert/fit_options.hpp"
#include "filbert/interrupted.hpp"
#include "filbert/network.hpp"
#include "filbert/optimizer.hpp"

namespace filbert {

/// A number of an epoch that early stopping may look at. The last two need validation data, the
/// accuracies a network that classifies.
enum class EpochNumber { loss, accuracy, val_loss, val_accuracy };

/// When the training of a member ends early. The network then has the parameters of the best epoch.
struct Patience {
  EarlyStopping rules = {};
  EpochNumber monitor = EpochNumber::val_loss;
  std::size_t epochs = 10;  ///< after how many epochs without a better number, at least 1
};

/// One network among many, and what it is trained with. What is pointed to has to live as long as
/// the call. Members may share data, but no network and no optimizer.
template <class T>
struct BasicMember {
  BasicNetwork<T>* net = nullptr;
  Optimizer* optimizer = nullptr;
  BasicData<T> data = {};
  FitOptions options = {};                      ///< without a cost or an order of one's own
  std::optional<BasicData<T>> validation = {};  ///< what to evaluate after each epoch
  std::optional<Patience> patience = {};
};

using Member = BasicMember<float>;
using Member64 = BasicMember<double>;

/// What has ended the training of a member.
enum class Ending {
  finished,     ///< it has done all epochs, or its optimizer has converged
  stopped,      ///< no better epoch came for as long as Patience says
  dropped,      ///< others were better, and successive halving goes on with them
  failed,       ///< as MemberOutcome::error says
  interrupted,  ///< ManyOptions::keep_going has said no
};

/// How the training of a member went.
struct MemberOutcome {
  Ending ending = Ending::interrupted;
  std::vector<Evaluation> training;    ///< of each epoch, as EpochReport::training
  std::vector<Evaluation> validation;  ///< of each epoch, if there are validation data
  std::vector<double> penalties;       ///< of each epoch, with FitOptions::alpha
  std::size_t best_epoch = 0;  ///< with Patience, the epoch whose parameters the network has
  /// The mean cost of the epoch whose parameters the network has: of the validation data if there
  /// are any, else of the training data. Infinite for a member that has failed or has no epoch, and
  /// where the cost is NaN.
  double score = 0.0;
  std::string error;                     ///< what was thrown, if it has failed, else empty
  std::optional<Divergence> divergence;  ///< where its training has diverged, if that was it
};

struct ManyOptions {
  std::size_t threads = 0;  ///< at most so many work on it; 0: as many as get_threads() says
  /// Successive halving (Jamieson and Talwalkar 2016): after each `every` epochs the part `keep` of
  /// the members goes on, floor(keep n + 1/2) of n and at least one, those of the lowest score; of
  /// equal ones those that come first. Members that have ended stay in the comparison, but for
  /// those that have failed. 1 and 0: all members are trained to their end.
  double keep = 1.0;
  std::size_t every = 0;
  KeepGoing keep_going = {};          ///< as in FitHooks; false ends the training of all members
  std::string_view name = "members";  ///< what messages call the members
};

/// Trains many networks, each of them on one thread as `fit` does with one thread, where small
/// networks of one shape share their steps: the bits of each are those of training it alone,
/// whatever the others are, in whatever order they come, and for any number of threads. A member
/// that goes on after a comparison has the bits of one that was never interrupted; only if it
/// diverges later may it go back to a later epoch. Everything is checked before anything is
/// trained: std::invalid_argument names the first member that is wrong, and all networks are as
/// they were. A member that fails while it is trained ends nothing but its own training, and its
/// network holds what fit would leave. Returns an outcome for each member.
FILBERT_API std::vector<MemberOutcome> fit_many(std::span<const Member> members,
                                                const ManyOptions& options = {});
FILBERT_API std::vector<MemberOutcome> fit_many(std::span<const Member64> members,
                                                const ManyOptions& options = {});

}  // namespace filbert
