// Checkpoints: a network, an optimizer and where their fit stands.
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <algorithm>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "arrays.hpp"
#include "bind.hpp"
#include "filbert/checkpoint.hpp"

namespace filbert::python {
namespace {

/// What a fit has reported of its first epochs: names, in their order, with a number for each
/// epoch. No names while the first epoch is not done, for some of them may be missing until then.
auto first_epochs(const py::dict& history, std::size_t epochs) {
  decltype(Training::history) first;
  if (epochs == 0) return first;
  for (const auto& [name, numbers] : history) {
    auto& series =
        first.emplace_back(name.cast<std::string>(), numbers.cast<std::vector<double>>());
    if (series.second.size() > epochs) series.second.resize(epochs);
  }
  return first;
}

template <class T>
void save_all(SharedNetwork<T>& network, SharedOptimizer& optimizer, const Training& training,
              const std::filesystem::path& path, const py::dict& history,
              const FitPosition& position) {
  Training all = training;
  all.position = position;
  all.history = first_epochs(history, position.epoch);
  const Reading reading(network.usage, network_busy);
  const Reading state(optimizer.usage, optimizer_busy);
  // Lets no signal handler run: what ends a fit may be one, and another must not end this.
  without_gil([&] { save_checkpoint(network.net, optimizer.optimizer, all, path); });
}

py::tuple load_all(const std::filesystem::path& path) {
  Checkpoint checkpoint = without_gil(
      long_work, [&](Released& released) { return load_checkpoint(path, released.keep_going()); });
  py::dict history;
  for (const auto& [name, numbers] : checkpoint.training.history) {
    history[py::str(name)] = numbers;
  }
  checkpoint.training.history = {};
  return py::make_tuple(shared(std::move(checkpoint.network)),
                        std::make_unique<SharedOptimizer>(std::move(checkpoint.optimizer)),
                        checkpoint.training, history);
}

/// The views of a network's parameters stay valid: they are copied in place.
template <class T>
void adopt(SharedNetwork<T>& self, const SharedNetwork<T>& other) {
  const Writing writing(self.usage, network_busy);
  std::ranges::copy(other.net.parameters(), self.net.parameters().begin());
  self.net.set_epoch(other.net.epoch());
  self.net.set_seed(other.net.seed());
  self.set_classes(other.net.classes());
  self.set_feature_names(other.net.feature_names());
  self.set_columns(other.net.columns(), other.net.target_name());
  self.set_normalisation(other.net.normalisation());
}

void adopt_progress(SharedOptimizer& self, const SharedOptimizer& other) {
  const Writing writing(self.usage, optimizer_busy);
  self.optimizer.restore(other.optimizer.progress());
}

}  // namespace

void bind_checkpoint(py::module_& m) {
  py::class_<Training>(m, "Training", py::is_final())
      .def(py::init([](const FitOptions& options, std::size_t rows) {
             return Training{.options = options, .rows = rows};
           }),
           py::kw_only(), py::arg("options"), py::arg("rows"))
      .def_readonly("options", &Training::options)
      .def_readonly("position", &Training::position)
      .def_readonly("rows", &Training::rows)
      .def_readwrite("best", &Training::best);
  m.def("save_checkpoint", &save_all<float>, py::arg("network"), py::arg("optimizer"),
        py::arg("training"), py::arg("path"), py::arg("history"), py::arg("position"));
  m.def("save_checkpoint", &save_all<double>, py::arg("network"), py::arg("optimizer"),
        py::arg("training"), py::arg("path"), py::arg("history"), py::arg("position"));
  m.def("load_checkpoint", &load_all, py::arg("path"));
  m.def("adopt", &adopt<float>, py::arg("network"), py::arg("other"));
  m.def("adopt", &adopt<double>, py::arg("network"), py::arg("other"));
  m.def("adopt", &adopt_progress, py::arg("network"), py::arg("other"));
}

}  // namespace filbert::python
