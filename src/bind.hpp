// What the files of the extension share.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "filbert/filbert.hpp"
#include "gil.hpp"
#include "usage.hpp"

namespace py = pybind11;

namespace filbert::python {

void bind_checkpoint(py::module_& m);
void bind_files(py::module_& m);
void bind_fit(py::module_& m);
void bind_fit_many(py::module_& m);
void bind_forward(py::module_& m);
void bind_kinds(py::module_& m);
void bind_library(py::module_& m);
void bind_network(py::module_& m);
void bind_normalisation(py::module_& m);
void bind_optimizer(py::module_& m);
void bind_progress(py::module_& m);
void bind_schedule(py::module_& m);
void bind_trace(py::module_& m);
void bind_trainer(py::module_& m);

/// The labels as an array that nobody can write to, or None (bind_network.cpp).
py::object array_of(const Classes& classes);

/// A network with its users counted. What its inputs and outputs are called, and its normalisation,
/// may be read at any time, also while another thread trains it.
template <class T>
class SharedNetwork {
 public:
  explicit SharedNetwork(BasicNetwork<T> network)
      : net(std::move(network)), classes_(array_of(net.classes())) {}

  BasicNetwork<T> net;  // its names and normalisation are to be set by the functions below
  Usage usage;
  BasicPublisher<T> publisher = {};  // of a fit that publishes

  py::object classes() {
    const std::lock_guard lock(naming_);
    return classes_;
  }
  std::vector<std::string> feature_names() {
    const std::lock_guard lock(naming_);
    return net.feature_names();
  }
  bool fills() {
    const std::lock_guard lock(naming_);
    return !net.normalisation().fill.empty();
  }
  Normalisation normalisation() {
    const std::lock_guard lock(naming_);
    return net.normalisation();
  }

  std::pair<std::vector<Column>, std::string> columns() {
    const std::lock_guard lock(naming_);
    return {net.columns(), net.target_name()};
  }

  // For the writer of the network. Nothing of Python runs while the lock is held.
  void set_classes(Classes classes) {
    py::object array = array_of(classes);
    const std::lock_guard lock(naming_);
    net.set_classes(std::move(classes));
    std::swap(classes_, array);
  }
  void set_feature_names(std::vector<std::string> names) {
    const std::lock_guard lock(naming_);
    net.set_feature_names(std::move(names));
  }
  void set_columns(std::vector<Column> columns, std::string target_name) {
    const std::lock_guard lock(naming_);
    net.set_columns(std::move(columns), std::move(target_name));
  }
  void set_normalisation(Normalisation normalisation) {
    const std::lock_guard lock(naming_);
    net.set_normalisation(std::move(normalisation));
  }

 private:
  std::mutex naming_;
  py::object classes_;  // those of net, as Python has them
};

/// The methods that predict (bind_predict.cpp).
template <class T>
void def_predict(py::class_<SharedNetwork<T>>& network);

/// An optimizer with its users counted.
struct SharedOptimizer {
  explicit SharedOptimizer(Optimizer made) : optimizer(std::move(made)) {}

  Optimizer optimizer;
  Usage usage;
};

/// A network as Python has it (bind_files.cpp).
py::object shared(AnyNetwork network);

/// About how many multiply-adds it takes to run a network on so many rows.
template <class T, class Rows>
double operations(const BasicNetwork<T>& net, Rows rows) {
  return static_cast<double>(rows) * static_cast<double>(net.parameters().size());
}

inline void require_layer(std::size_t l, std::size_t first, std::size_t last) {
  if (l < first || l > last) {
    throw py::key_error("layer: expected " + std::to_string(first) + " .. " + std::to_string(last) +
                        ", got " + std::to_string(l));
  }
}

/// One of a snapshot, which nobody may write to.
template <class T>
std::unique_ptr<SharedNetwork<T>> frozen(BasicNetwork<T> network) {
  auto made = std::make_unique<SharedNetwork<T>>(std::move(network));
  made->usage.freeze();
  return made;
}

inline constexpr const char* network_busy =
    "network: expected one that is not in use, got one that another call is using";
inline constexpr const char* forward_busy =
    "f: expected one that is not in use, got one that another call is using";
inline constexpr const char* optimizer_busy =
    "optimizer: expected one that is not in use, got one that another call is using";

}  // namespace filbert::python
