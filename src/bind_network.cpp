// Network: what it is, and training.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "arrays.hpp"
#include "bind.hpp"
#include "columns.hpp"
#include "deadline.hpp"
#include "fit_callbacks.hpp"
#include "learnt.hpp"
#include "long_loops.hpp"
#include "python_batches.hpp"

namespace filbert::python {
namespace {

template <class T>
std::unique_ptr<SharedNetwork<T>> make_network(std::vector<std::size_t> sizes,
                                               const std::vector<std::string>& activations,
                                               const std::string& output, std::uint64_t seed,
                                               const Classes& classes,
                                               const std::vector<std::string>& inits,
                                               const std::vector<std::string>& bias_inits) {
  NetworkOptions options{
      .output = activation_from_string(output), .seed = seed, .classes = classes};
  for (const std::string& text : inits) options.inits.push_back(initialiser_from_string(text));
  for (const std::string& text : bias_inits) {
    options.bias_inits.push_back(initialiser_from_string(text));
  }
  for (const std::string& name : activations) {
    options.activations.push_back(activation_from_string(name));
  }
  double work = 0.0;  // a weight takes as long as some hundred multiply-adds
  for (std::size_t l = 1; l < sizes.size(); ++l) {
    work += 100.0 * static_cast<double>(sizes[l - 1]) * static_cast<double>(sizes[l]);
  }
  return std::make_unique<SharedNetwork<T>>(without_gil(work, [&](Released& released) {
    return BasicNetwork<T>(std::move(sizes), options, released.keep_going());
  }));
}

template <class T>
std::vector<std::string> activations_of(SharedNetwork<T>& self) {
  std::vector<std::string> names;
  for (const Layer& layer : self.net.layers()) names.push_back(to_string(layer.activation));
  return names;
}

/// A list, or None.
template <class T>
py::object feature_names_of(SharedNetwork<T>& self) {
  const std::vector<std::string> names = self.feature_names();
  return names.empty() ? py::none() : py::object(py::cast(names));
}

/// A view that cannot be written to if the network cannot.
template <class T>
py::array_t<T> only_read(const SharedNetwork<T>& self, py::array_t<T> view) {
  if (self.usage.is_frozen()) view.attr("setflags")(py::arg("write") = false);
  return view;
}

/// A network that others may use while this one is trained: the latest one that its fit has
/// published, or else a copy of it as it is.
template <class T>
std::unique_ptr<SharedNetwork<T>> snapshot(SharedNetwork<T>& self) {
  BasicSnapshot<T> latest;
  try {
    const Reading reading(self.usage, network_busy);
    BasicNetwork<T> copy = without_gil([&] { return self.net; });
    return frozen<T>(std::move(copy));
  } catch (const Busy&) {
    latest = self.publisher.snapshot();
    if (latest == nullptr) throw;
  }
  return frozen<T>(without_gil([&] { return *latest; }));
}

template <class T>
py::object weights(const py::object& self, std::size_t l) {
  auto& net = self.cast<SharedNetwork<T>&>().net;
  require_layer(l, 1, net.depth());
  return only_read(self.cast<SharedNetwork<T>&>(), view_of(net.w(l), self))
      .attr("T");  // (n_out, n_in), as in w[l][j, k]
}

template <class T>
py::object biases(const py::object& self, std::size_t l) {
  auto& net = self.cast<SharedNetwork<T>&>().net;
  require_layer(l, 1, net.depth());
  return only_read(self.cast<SharedNetwork<T>&>(), view_of(net.b(l), self));
}

/// Copies of the weights (n_out, n_in) and biases of every layer, of one moment.
template <class T>
py::list copies(SharedNetwork<T>& self) {
  const BasicNetwork<T>& net = self.net;
  const Reading reading(self.usage, network_busy);
  py::list layers;
  for (std::size_t l = 1; l <= net.depth(); ++l) {
    const BasicMatrixView<const T> w = net.w(l);
    py::array_t<T> weights = empty_array<T>(w.cols(), w.rows()), biases = empty_array<T>(w.cols());
    const BasicMatrixView<T> to_w(weights.mutable_data(), w.cols(), w.rows());
    T* const to_b = biases.mutable_data();
    without_gil(static_cast<double>(w.rows() * w.cols()), [&](Released& released) {
      std::ranges::copy(net.b(l), to_b);
      return copy_transposed(w, to_w, released);
    });
    layers.append(py::make_tuple(weights, biases));
  }
  return layers;
}

template <class T>
auto& publisher_of(FitHooks& hooks) {
  if constexpr (std::is_same_v<T, float>) {
    return hooks.publisher;
  } else {
    return hooks.publisher64;
  }
}

/// source: None, or what X, y and the rest come from instead: an object that PythonBatches takes,
/// with the number of batches in an epoch.
template <class T>
bool fit_network(SharedNetwork<T>& self, const py::object& x, const py::object& y,
                 SharedOptimizer& optimizer, const FitOptions& options, FitPosition& position,
                 const py::object& on_epoch, std::optional<Classes> classes,
                 std::optional<std::vector<std::string>> feature_names, const py::object& on_start,
                 const py::object& own_cost, const py::object& val_loss, const py::object& weights,
                 const py::object& chosen, bool unseen, bool mapped, const py::object& file,
                 const py::object& source, std::size_t count, std::string_view normalize, bool fill,
                 bool normalize_targets, bool scheduled, double max_seconds,
                 const py::object& order, std::size_t threads, std::size_t publish) {
  const bool in_memory = source.is_none();
  BasicData<T> data;
  if (in_memory) data = as_data<T>(x, y, {weights, chosen, unseen, mapped, file});
  const NormalisationOptions wanted{.kind = normalisation_from_string(normalize),
                                    .fill = fill,
                                    .targets = normalize_targets,
                                    .loss = options.loss};
  PythonBatches<T> batches(source.ptr(), count);
  const double work = in_memory ? 3.0 * static_cast<double>(options.epochs) *
                                      operations(self.net, data.elements.rows)
                                : long_work;
  const py::object position_class = py::type::of<FitPosition>();
  const Writing writing(self.usage, network_busy);
  const Writing stepping(optimizer.usage, optimizer_busy);
  self.publisher.clear();  // what an earlier fit has published
  const auto train = [&] {
    return without_gil(work, [&](Released& released) {
      const Deadline deadline(max_seconds);
      FitHooks hooks{.keep_going = deadline.keep_going(released),
                     .publish_every = publish,
                     .threads = threads,
                     .scheduled = scheduled,
                     .position = &position};
      set_own_cost<T>(hooks, own_cost, released);
      if (publish > 0) publisher_of<T>(hooks) = &self.publisher;
      if (!on_start.is_none()) {
        hooks.on_start = [&] {
          if (!released.with_gil([&] { return call(on_start.ptr()); })) throw Interrupted();
        };
      }
      if (!order.is_none()) {
        hooks.order = [&](std::size_t epoch, std::span<std::uint64_t> rows) {
          if (!released.with_gil([&] { return ask_order(order.ptr(), epoch, rows); })) {
            throw Interrupted();
          }
        };
      }
      if (!val_loss.is_none()) {
        hooks.val_loss = [&] {
          double loss = 0.0;
          if (!released.with_gil([&] { return ask(val_loss.ptr(), loss); })) throw Interrupted();
          return loss;
        };
      }
      if (!on_epoch.is_none()) {
        hooks.on_epoch = [&](const EpochReport& report) {
          bool go_on = true;
          if (!released.with_gil(
                  [&] { return tell(on_epoch.ptr(), report, position_class.ptr(), go_on); })) {
            throw Interrupted();
          }
          return go_on && !deadline.passed();
        };
      }
      if (in_memory) return fit(self.net, data, optimizer.optimizer, options, hooks);
      batches.set_released(released);
      try {
        return fit(self.net, batches, optimizer.optimizer, options, hooks);
      } catch (const Interrupted&) {
        batches.raise_failure();
        throw;
      }
    });
  };
  return with_names(self, optimizer, std::move(classes), std::move(feature_names), [&] {
    if (!in_memory) return train();  // what there is to learn has been learnt
    return with_normalisation(self, optimizer, data, wanted, train);
  });
}

template <class T>
std::pair<double, std::optional<double>> evaluate_network(
    SharedNetwork<T>& self, const py::object& x, const py::object& y,
    const std::optional<std::string>& loss, const py::object& own_cost, const py::object& weights,
    const py::object& chosen, bool unseen, bool mapped, const py::object& file,
    const py::object& outputs) {
  const BasicData<T> data = as_data<T>(x, y, {weights, chosen, unseen, mapped, file});
  EvaluateOptions options;
  if (!outputs.is_none()) {
    const BasicMatrixView<const T> a = as_matrix<T>(outputs, "a");  // of a new array
    const BasicMatrixView<T> to(const_cast<T*>(a.data()), a.rows(), a.cols());
    if constexpr (std::is_same_v<T, float>) {
      options.a = to;
    } else {
      options.a64 = to;
    }
  }
  if (loss) options.loss = loss_from_string(*loss);
  const Reading reading(self.usage, network_busy);
  return without_gil(operations(self.net, data.elements.rows), [&](Released& released) {
    options.keep_going = released.keep_going();
    set_own_cost<T>(options, own_cost, released);
    const Evaluation result = evaluate(self.net, data, options);
    return std::pair(result.loss, result.accuracy);
  });
}

template <class T>
void bind_one_network(py::module_& m, const char* name) {
  using Self = SharedNetwork<T>;
  py::class_<Self> network(m, name, py::is_final());
  def_columns(network);
  def_predict(network);
  network
      .def(py::init(&make_network<T>), py::arg("sizes"), py::arg("activations"), py::arg("output"),
           py::arg("seed"), py::arg("classes"), py::arg("inits"), py::arg("bias_inits"))
      .def_property_readonly("sizes",
                             [](const Self& self) {
                               return std::vector<std::size_t>(self.net.sizes().begin(),
                                                               self.net.sizes().end());
                             })
      .def_property_readonly("activations", &activations_of<T>)
      .def_property_readonly("fills", &Self::fills)
      .def_property_readonly("seed", [](const Self& self) { return self.net.seed(); })
      .def_property(
          "epoch", [](const Self& self) { return self.net.epoch(); },
          [](Self& self, std::uint64_t epoch) {
            const Writing writing(self.usage, network_busy);
            self.net.set_epoch(epoch);
          })
      .def_property("classes", &Self::classes,
                    [](Self& self, const Classes& classes) {
                      const Writing writing(self.usage, network_busy);
                      self.set_classes(classes);
                    })
      .def_property("feature_names", &feature_names_of<T>,
                    [](Self& self, const std::vector<std::string>& names) {
                      const Writing writing(self.usage, network_busy);
                      self.set_feature_names(names);
                    })
      .def_property_readonly("parameters",
                             [](const py::object& self) {
                               auto& shared = self.cast<Self&>();
                               return only_read(shared, view_of(shared.net.parameters(), self));
                             })
      .def("snapshot", &snapshot<T>)
      .def("w", &weights<T>, py::arg("l"))
      .def("b", &biases<T>, py::arg("l"))
      .def("copies", &copies<T>)
      .def(
          "complete",
          [](const Self& self, const FitOptions& options) { return complete(options, self.net); },
          py::arg("options"))
      .def("fit", &fit_network<T>, py::arg("X"), py::arg("y"), py::arg("optimizer"),
           py::arg("options"), py::arg("position"), py::arg("on_epoch"), py::kw_only(),
           py::arg("classes") = py::none(), py::arg("feature_names") = py::none(),
           py::arg("on_start") = py::none(), py::arg("own_cost") = py::none(),
           py::arg("val_loss") = py::none(), py::arg("weights") = py::none(),
           py::arg("chosen") = py::none(), py::arg("unseen") = false, py::arg("mapped") = false,
           py::arg("file") = py::none(), py::arg("source") = py::none(), py::arg("count") = 0,
           py::arg("normalize") = "none", py::arg("fill") = false,
           py::arg("normalize_targets") = false, py::arg("scheduled") = true,
           py::arg("max_seconds") = FitOptions::unlimited, py::arg("order") = py::none(),
           py::arg("threads") = 0, py::arg("publish") = 0)
      .def("evaluate", &evaluate_network<T>, py::arg("X"), py::arg("y"), py::arg("loss"),
           py::arg("own_cost") = py::none(), py::arg("weights") = py::none(),
           py::arg("chosen") = py::none(), py::arg("unseen") = false, py::arg("mapped") = false,
           py::arg("file") = py::none(), py::arg("a") = py::none());
}

}  // namespace

py::object array_of(const Classes& classes) {
  return std::visit(
      [](const auto& labels) -> py::object {
        if (labels.empty()) return py::none();
        constexpr bool texts = std::is_same_v<decltype(labels), const std::vector<std::string>&>;
        const py::object array =
            py::module_::import("numpy").attr("array")(labels, texts ? "U" : "int64");
        array.attr("setflags")(py::arg("write") = false);
        return array;
      },
      classes);
}

void bind_network(py::module_& m) {
  bind_one_network<float>(m, "Network32");
  bind_one_network<double>(m, "Network64");
}

}  // namespace filbert::python
