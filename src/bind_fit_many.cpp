// fit_many: many networks side by side.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <cstddef>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "bind.hpp"

namespace filbert::python {
namespace {

/// What Python calls the members in messages.
constexpr const char* specs = "specs";

std::string named(std::size_t i, const std::string& message) {
  return std::string(specs) + "[" + std::to_string(i) + "]: " + message;
}

/// A value of a dict; None if it is not there. The dict keeps it alive.
py::handle value(const py::dict& from, const char* key) {
  PyObject* const found = PyDict_GetItemString(from.ptr(), key);
  return found == nullptr ? py::none() : py::handle(found);
}

/// Examples as Python's Examples describes them: X, y and what there is beside them.
template <class T>
BasicData<T> data_of(const py::dict& from) {
  return as_data<T>(value(from, "X"), value(from, "y"),
                    {.weights = value(from, "weights"),
                     .chosen = value(from, "chosen"),
                     .unseen = value(from, "unseen").ptr() == Py_True,
                     .mapped = value(from, "mapped").ptr() == Py_True,
                     .file = value(from, "file")});
}

EpochNumber number_from_string(const std::string& name) {
  if (name == "loss") return EpochNumber::loss;
  if (name == "accuracy") return EpochNumber::accuracy;
  return name == "val_loss" ? EpochNumber::val_loss : EpochNumber::val_accuracy;
}

Patience patience_of(const py::handle& tuple) {
  const auto [monitor, epochs, maximize, min_delta, last] =
      tuple.cast<std::tuple<std::string, std::size_t, bool, double, bool>>();
  return {.rules = {.maximize = maximize, .min_delta = min_delta, .last = last},
          .monitor = number_from_string(monitor),
          .epochs = epochs};
}

/// A member with what its fit is to teach its network, and what the network had before.
template <class T>
struct Taught {
  SharedNetwork<T>& network;
  SharedOptimizer& optimizer;
  NormalisationOptions wanted;
  std::optional<std::size_t> like;  // the member whose normalisation is the same
  std::optional<Classes> old_classes = {};
  std::optional<std::vector<std::string>> old_names = {};
  std::optional<Normalisation> old_normalisation = {};
  std::uint64_t epoch = 0, steps = 0;

  /// A network that has not been trained knows what it knew before.
  void restore_untrained() {
    if (network.net.epoch() != epoch || optimizer.optimizer.steps() > steps) return;
    if (old_classes) network.set_classes(*old_classes);
    if (old_names) network.set_feature_names(*old_names);
    if (old_normalisation) network.set_normalisation(*old_normalisation);
  }
};

template <class T>
Taught<T> begin_teaching(const py::dict& from, const std::optional<Loss>& loss) {
  auto& network = value(from, "network").cast<SharedNetwork<T>&>();
  auto& optimizer = value(from, "optimizer").cast<SharedOptimizer&>();
  Taught<T> taught{
      .network = network,
      .optimizer = optimizer,
      .wanted = {.kind = normalisation_from_string(value(from, "normalize").cast<std::string>()),
                 .fill = value(from, "fill").cast<bool>(),
                 .targets = value(from, "normalize_targets").cast<bool>(),
                 .loss = loss},
      .like = value(from, "like").cast<std::optional<std::size_t>>()};
  taught.epoch = network.net.epoch();
  taught.steps = optimizer.optimizer.steps();
  const auto classes = value(from, "classes").cast<std::optional<Classes>>();
  const auto names = value(from, "feature_names").cast<std::optional<std::vector<std::string>>>();
  if (classes) {
    taught.old_classes = network.net.classes();
    network.set_classes(*classes);
  }
  if (names) {
    taught.old_names = network.net.feature_names();
    network.set_feature_names(*names);
  }
  return taught;
}

/// Learns what each network does not have yet of a normalisation.
template <class T>
void learn(std::vector<Taught<T>>& all, const std::vector<BasicMember<T>>& members) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    Taught<T>& one = all[i];
    const NormalisationOptions& wanted = one.wanted;
    if (wanted.kind == NormalisationKind::none && !wanted.fill && !wanted.targets) continue;
    one.old_normalisation = one.network.net.normalisation();
    if (one.like) {
      one.network.set_normalisation(all[*one.like].network.net.normalisation());
      continue;
    }
    try {
      one.network.set_normalisation(without_gil(long_work, [&](Released& released) {
        NormalisationOptions options = wanted;
        options.keep_going = released.keep_going();
        return learn_normalisation(one.network.net, members[i].data, options);
      }));
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(named(i, error.what()));
    }
  }
}

const char* to_text(Ending ending) {
  switch (ending) {
    case Ending::finished:
      return "finished";
    case Ending::stopped:
      return "stopped";
    case Ending::dropped:
      return "dropped";
    case Ending::failed:
      return "failed";
    case Ending::interrupted:
      break;
  }
  return "interrupted";
}

/// Lists of the costs and of the accuracies, if there are any.
void add_epochs(py::dict& to, const std::string& prefix, const std::vector<Evaluation>& epochs) {
  py::list losses, accuracies;
  for (const Evaluation& epoch : epochs) {
    losses.append(epoch.loss);
    if (epoch.accuracy) accuracies.append(*epoch.accuracy);
  }
  if (epochs.empty()) return;
  to[py::str(prefix + "loss")] = losses;
  if (!accuracies.empty()) to[py::str(prefix + "accuracy")] = accuracies;
}

py::dict as_dict(const MemberOutcome& outcome) {
  py::dict history, result;
  add_epochs(history, "", outcome.training);
  if (!outcome.penalties.empty()) history["penalty"] = outcome.penalties;
  add_epochs(history, "val_", outcome.validation);
  result["history"] = history;
  result["ending"] = to_text(outcome.ending);
  result["best_epoch"] = outcome.best_epoch;
  result["score"] = outcome.score;
  result["error"] = outcome.error;
  result["divergence"] = py::none();
  if (outcome.divergence) {
    const Divergence& where = *outcome.divergence;
    result["divergence"] = py::make_tuple(where.epoch, where.step, where.cost, where.layer,
                                          where.column, where.largest, where.kept);
  }
  return result;
}

template <class T>
py::list train_all(const py::list& given, ManyOptions options) {
  Uses<Writing> writings;
  std::vector<Taught<T>> taught;
  std::vector<BasicMember<T>> members;
  taught.reserve(given.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto from = given[i].template cast<py::dict>();
    auto& network = value(from, "network").cast<SharedNetwork<T>&>();
    auto& optimizer = value(from, "optimizer").cast<SharedOptimizer&>();
    try {
      writings.add(network.usage, network_busy);
      writings.add(optimizer.usage, optimizer_busy);
    } catch (const Busy& busy) {
      throw Busy(named(i, busy.what()).c_str());
    }
    BasicMember<T> member{.net = &network.net,
                          .optimizer = &optimizer.optimizer,
                          .data = data_of<T>(from),
                          .options = value(from, "options").cast<const FitOptions&>()};
    if (const py::handle validation = value(from, "validation"); !validation.is_none()) {
      member.validation = data_of<T>(validation.cast<py::dict>());
    }
    if (const py::handle patience = value(from, "patience"); !patience.is_none()) {
      member.patience = patience_of(patience);
    }
    members.push_back(std::move(member));
  }
  struct Restoring {  // whatever ends the training
    std::vector<Taught<T>>& all;
    ~Restoring() {
      for (Taught<T>& one : all) one.restore_untrained();
    }
  } const in_the_end{taught};
  for (std::size_t i = 0; i < given.size(); ++i) {
    taught.push_back(
        begin_teaching<T>(given[i].template cast<py::dict>(), members[i].options.loss));
  }
  learn(taught, members);
  const std::vector<MemberOutcome> outcomes = without_gil(long_work, [&](Released& released) {
    options.keep_going = released.keep_going();
    return fit_many(std::span<const BasicMember<T>>(members), options);
  });
  py::list results;
  for (const MemberOutcome& outcome : outcomes) results.append(as_dict(outcome));
  return results;
}

/// members: dicts of network (all of one type), optimizer, options, X, y and what is beside them
/// (weights, chosen, unseen, mapped, file); validation: None, or such a dict of X, y and what is
/// beside them; patience: None, or (monitor, epochs, maximize, min_delta, last); classes,
/// feature_names, normalize, fill, normalize_targets: what the fit is to teach the network, as in
/// its own fit; like: None, or the index of an earlier member that learns the same normalisation.
/// Returns a dict for each: history, ending, best_epoch, score, error ("" for none) and divergence
/// (the arguments of a Diverged, or None).
py::list fit_all(const py::list& members, std::size_t threads, double keep, std::size_t every) {
  const ManyOptions options{.threads = threads, .keep = keep, .every = every, .name = specs};
  const py::handle first = value(members[0].cast<py::dict>(), "network");
  if (py::isinstance<SharedNetwork<float>>(first)) return train_all<float>(members, options);
  return train_all<double>(members, options);
}

}  // namespace

void bind_fit_many(py::module_& m) {
  m.def("fit_many", &fit_all, py::arg("members"), py::arg("threads"), py::arg("keep"),
        py::arg("every"));
}

}  // namespace filbert::python
