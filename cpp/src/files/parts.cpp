#include "files/parts.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "filbert/format_error.hpp"
#include "system/check.hpp"

namespace filbert {
namespace {

template <class T>
constexpr DType dtype_of = sizeof(T) == 8 ? DType::f64 : DType::f32;

TensorInfo vector_info(std::string name, DType dtype, std::uint64_t size) {
  return {.name = std::move(name), .dtype = dtype, .rank = 1, .dims = {size}};
}

/// What the header says of the tensors of layer l = 1..L.
std::array<TensorInfo, 2> layer_infos(const std::string& of, std::size_t l, DType dtype,
                                      std::uint64_t inputs, std::uint64_t outputs) {
  const std::string prefix = of + "layers." + std::to_string(l) + ".";
  TensorInfo kernel{
      .name = prefix + "kernel", .dtype = dtype, .rank = 2, .dims = {inputs, outputs}};
  return {std::move(kernel), vector_info(prefix + "bias", dtype, outputs)};
}

/// What the header says of the tensors of an optimizer's state.
std::vector<TensorInfo> state_infos(const OptimizerDescription& optimizer) {
  std::vector<TensorInfo> infos;
  if (!optimizer.state) return infos;
  for (const std::string_view name : state_names(optimizer.rule)) {
    infos.push_back(vector_info("optimizer." + std::string(name), optimizer.state->dtype,
                                optimizer.state->numbers));
  }
  return infos;
}

TensorInfo history_info(const Training& training, std::size_t i) {
  return vector_info("history." + training.history[i].first, DType::f64, training.position.epoch);
}

/// Calls f with the parameters that a checkpoint has beside those of its network, and the names of
/// their tensors: those that training goes on from, where the network has their mean, and those of
/// the best epoch. Where a description has been read, the numbers themselves are still missing.
template <class SomeTraining, class Function>
void with_other_parameters(SomeTraining& training, Function f) {
  if (training.position.trained) f("training.parameters", training.position.trained);
  if (has_best_parameters(training)) f("training.best", training.best->parameters);
}

/// What the header says of an array of a normalisation, which is a vector but for the quantiles.
TensorInfo normalisation_info(const std::string& prefix, std::string_view name, std::uint64_t rows,
                              std::uint64_t columns) {
  TensorInfo info = vector_info(prefix + "normalisation." + std::string(name), DType::f64, rows);
  if (name == "quantiles") {
    info.rank = 2;
    info.dims[1] = columns;
  }
  return info;
}

/// How many parameters a network of these sizes has. The sizes come from a file.
std::uint64_t parameter_count(const NetworkDescription& network) {
  std::uint64_t count = 0;
  for (std::size_t l = 1; l < network.sizes.size(); ++l) {
    const std::size_t weights = checked_mul(network.sizes[l - 1], network.sizes[l], "sizes");
    count = checked_add(count, checked_add(weights, network.sizes[l], "sizes"), "sizes");
  }
  return count;
}

/// The parameters of a network, read from its tensors in the order of the layers. Where there is a
/// mapping in which they lie one after another and aligned, they stay there.
template <class T>
AlignedBuffer<T> read_parameters(ArchiveReader& reader, std::span<const TensorInfo* const> tensors,
                                 const std::shared_ptr<std::byte>& mapping) {
  std::uint64_t size = 0;
  bool in_order = true;
  for (const TensorInfo* tensor : tensors) {
    in_order = in_order && tensor->begin == tensors.front()->begin + size;
    size += tensor->end - tensor->begin;
  }
  const auto count = static_cast<std::size_t>(size / sizeof(T));
  const auto alignment = static_cast<std::size_t>(AlignedBuffer<T>::alignment);
  const std::uint64_t position = reader.position(*tensors.front());
  if (mapping != nullptr && in_order && position % alignment == 0) {  // a mapping starts at a page
    std::byte* const start = mapping.get() + position;
    reader.add({start, static_cast<std::size_t>(size)});
    return {mapping, reinterpret_cast<T*>(start), count};
  }
  AlignedBuffer<T> parameters(count);
  std::span<std::byte> rest = std::as_writable_bytes(std::span(parameters.data(), count));
  for (const TensorInfo* tensor : tensors) {
    const auto part = static_cast<std::size_t>(tensor->end - tensor->begin);
    reader.read(*tensor, rest.first(part));
    rest = rest.subspan(part);
  }
  return parameters;
}

template <class T>
Optimizer::State<T> read_state(ArchiveReader& reader, const OptimizerDescription& description) {
  Optimizer::State<T> state;
  for (const TensorInfo& wanted : state_infos(description)) {
    const TensorInfo& found = reader.find(wanted);
    AlignedBuffer<T>& buffer =
        state.buffers.emplace_back(static_cast<std::size_t>(description.state->numbers));
    reader.read(found, std::as_writable_bytes(std::span(buffer.data(), buffer.size())));
  }
  return state;
}

/// Calls f with the buffers of state, of whatever type they are, if there are any.
template <class Function>
void with_state(const Optimizer& optimizer, Function f) {
  const auto& state = optimizer.progress().state;
  if (const auto* narrow = std::get_if<Optimizer::State<float>>(&state)) f(*narrow);
  if (const auto* wide = std::get_if<Optimizer::State<double>>(&state)) f(*wide);
}

}  // namespace

template <class T>
NetworkDescription describe(const BasicNetwork<T>& net) {
  NetworkDescription network{.dtype = dtype_of<T>,
                             .sizes = {net.sizes().begin(), net.sizes().end()},
                             .options = {.output = net.output(),
                                         .seed = net.seed(),
                                         .classes = net.classes(),
                                         .feature_names = net.feature_names(),
                                         .columns = net.columns(),
                                         .target_name = net.target_name()},
                             .epoch = net.epoch()};
  if (const Normalisation* const by = net.normalises()) {
    network.normalisation = {.kind = by->kind,
                             .quantiles = by->quantiles.size() / net.inputs(),
                             .fill = !by->fill.empty(),
                             .targets = by->changes_targets()};
  }
  for (const Layer& layer : net.layers().first(net.depth() - 1)) {
    network.options.activations.push_back(layer.activation);
  }
  return network;
}

OptimizerDescription describe(const Optimizer& optimizer) {
  const Optimizer::Progress& progress = optimizer.progress();
  OptimizerDescription description{.rule = optimizer.rule(),
                                   .steps = progress.steps,
                                   .running = progress.running,
                                   .state = {},
                                   .evaluations = progress.evaluations,
                                   .converged = progress.converged};
  with_state(optimizer, [&]<class T>(const Optimizer::State<T>& state) {
    if (state.buffers.empty()) return;
    description.state = {.dtype = dtype_of<T>, .numbers = state.buffers.front().size()};
  });
  return description;
}

template <class T>
void append_tensors(std::vector<TensorData>& tensors, const BasicNetwork<T>& net,
                    const std::string& prefix) {
  for (std::size_t l = 1; l <= net.depth(); ++l) {
    const Layer& layer = net.layers()[l - 1];
    auto [kernel, bias] = layer_infos(prefix, l, dtype_of<T>, layer.inputs, layer.outputs);
    const std::span<const T> w =
        net.parameters().subspan(net.offset(l), layer.inputs * layer.outputs);
    tensors.push_back({std::move(kernel), std::as_bytes(w)});
    tensors.push_back({std::move(bias), std::as_bytes(net.b(l))});
  }
}

void append_tensors(std::vector<TensorData>& tensors, const Normalisation& normalisation,
                    std::size_t inputs, const std::string& prefix) {
  const auto append = [&](const char* name, const std::vector<double>& numbers,
                          std::size_t columns) {
    if (numbers.empty()) return;
    tensors.push_back({normalisation_info(prefix, name, numbers.size() / columns, columns),
                       std::as_bytes(std::span(numbers))});
  };
  append("centre", normalisation.centre, 1);
  append("factor", normalisation.factor, 1);
  append("quantiles", normalisation.quantiles, normalisation.quantiles.size() / inputs);
  append("fill", normalisation.fill, 1);
  append("target_centre", normalisation.target_centre, 1);
  append("target_scale", normalisation.target_scale, 1);
}

void append_tensors(std::vector<TensorData>& tensors, const Optimizer& optimizer) {
  std::vector<TensorInfo> infos = state_infos(describe(optimizer));
  with_state(optimizer, [&](const auto& state) {
    for (std::size_t i = 0; i < state.buffers.size(); ++i) {
      const std::span numbers(state.buffers[i].data(), state.buffers[i].size());
      tensors.push_back({std::move(infos[i]), std::as_bytes(numbers)});
    }
  });
}

template <class T>
void append_other_parameters(std::vector<TensorData>& tensors, const Training& training) {
  with_other_parameters(training, [&](const char* name, const auto& parameters) {
    const auto* numbers = std::get_if<AlignedBuffer<T>>(parameters.get());
    require(numbers != nullptr, name, ": expected parameters of the network's type");
    tensors.push_back({vector_info(name, dtype_of<T>, numbers->size()),
                       std::as_bytes(std::span(numbers->data(), numbers->size()))});
  });
}

void append_tensors(std::vector<TensorData>& tensors, const Training& training) {
  for (std::size_t i = 0; i < training.history.size(); ++i) {
    tensors.push_back(
        {history_info(training, i), std::as_bytes(std::span(training.history[i].second))});
  }
}

Normalisation read_normalisation(ArchiveReader& reader, const NetworkDescription& network,
                                 const std::string& prefix) {
  Normalisation result;
  if (!network.normalisation) return result;
  const NormalisationDescription& described = *network.normalisation;
  result.kind = described.kind;
  const std::uint64_t inputs = network.sizes.front(), outputs = network.sizes.back();
  const auto read = [&](std::vector<double>& to, const TensorInfo& wanted, std::uint64_t numbers) {
    const TensorInfo& found = reader.find(wanted);
    to.resize(static_cast<std::size_t>(numbers));
    reader.read(found, std::as_writable_bytes(std::span(to)));
  };
  const auto vector = [&](std::vector<double>& to, const char* name, std::uint64_t size) {
    read(to, normalisation_info(prefix, name, size, 1), size);
  };
  if (described.kind == NormalisationKind::standard ||
      described.kind == NormalisationKind::robust) {
    vector(result.centre, "centre", inputs);
    vector(result.factor, "factor", inputs);
  }
  if (described.quantiles > 0) {
    const std::size_t numbers =
        checked_mul(network.sizes.front(), static_cast<std::size_t>(described.quantiles), "sizes");
    read(result.quantiles, normalisation_info(prefix, "quantiles", inputs, described.quantiles),
         numbers);
  }
  if (described.fill) vector(result.fill, "fill", inputs);
  if (described.targets) {
    vector(result.target_centre, "target_centre", outputs);
    vector(result.target_scale, "target_scale", outputs);
  }
  return result;
}

template <class T>
BasicNetwork<T> read_network(ArchiveReader& reader, NetworkDescription& description,
                             Normalisation normalisation, const std::shared_ptr<std::byte>& mapping,
                             const std::string& prefix) {
  std::vector<const TensorInfo*> tensors;
  for (std::size_t l = 1; l < description.sizes.size(); ++l) {
    for (const TensorInfo& wanted : layer_infos(prefix, l, description.dtype,
                                                description.sizes[l - 1], description.sizes[l])) {
      tensors.push_back(&reader.find(wanted));
    }
  }
  AlignedBuffer<T> parameters = read_parameters<T>(reader, tensors, mapping);
  // The constructor would copy the names, for which there is no memory where they are many.
  Classes classes = std::exchange(description.options.classes, {});
  std::vector<std::string> feature_names = std::exchange(description.options.feature_names, {});
  std::vector<Column> columns = std::exchange(description.options.columns, {});
  std::string target_name = std::exchange(description.options.target_name, {});
  BasicNetwork<T> net(std::move(description.sizes), description.options, std::move(parameters));
  net.set_epoch(description.epoch);
  net.set_classes(std::move(classes));
  net.set_feature_names(std::move(feature_names));
  net.set_columns(std::move(columns), std::move(target_name));
  net.set_normalisation(std::move(normalisation));
  return net;
}

Optimizer read_optimizer(ArchiveReader& reader, const OptimizerDescription& description) {
  Optimizer optimizer(description.rule);
  Optimizer::Progress progress{.steps = description.steps,
                               .running = description.running,
                               .state = {},
                               .evaluations = description.evaluations,
                               .converged = description.converged};
  if (description.state && description.state->dtype == DType::f64) {
    progress.state = read_state<double>(reader, description);
  } else if (description.state) {
    progress.state = read_state<float>(reader, description);
  }
  optimizer.restore(std::move(progress));
  return optimizer;
}

void read_history(ArchiveReader& reader, Training& training) {
  for (std::size_t i = 0; i < training.history.size(); ++i) {
    const TensorInfo& found = reader.find(history_info(training, i));
    training.history[i].second.resize(training.position.epoch);
    reader.read(found, std::as_writable_bytes(std::span(training.history[i].second)));
  }
}

template <class T>
void read_other_parameters(ArchiveReader& reader, const NetworkDescription& network,
                           Training& training) {
  with_other_parameters(training, [&](const char* name, std::shared_ptr<AnyParameters>& to) {
    const TensorInfo& found = reader.find(vector_info(name, dtype_of<T>, parameter_count(network)));
    AlignedBuffer<T> numbers(static_cast<std::size_t>(found.dims[0]));
    reader.read(found, std::as_writable_bytes(std::span(numbers.data(), numbers.size())));
    to = std::make_shared<AnyParameters>(std::move(numbers));
  });
}

void skip_other_parameters(ArchiveReader& reader, const NetworkDescription& network,
                           const Training& training) {
  with_other_parameters(training, [&](const char* name, const auto&) {
    reader.skip(reader.find(vector_info(name, network.dtype, parameter_count(network))));
  });
}

void skip_optimizer(ArchiveReader& reader, const OptimizerDescription& description) {
  for (const TensorInfo& wanted : state_infos(description)) reader.skip(reader.find(wanted));
}

void skip_history(ArchiveReader& reader, const Training& training) {
  for (std::size_t i = 0; i < training.history.size(); ++i) {
    reader.skip(reader.find(history_info(training, i)));
  }
}

template NetworkDescription describe(const Network& net);
template NetworkDescription describe(const Network64& net);
template void append_tensors(std::vector<TensorData>& tensors, const Network& net,
                             const std::string& prefix);
template void append_tensors(std::vector<TensorData>& tensors, const Network64& net,
                             const std::string& prefix);
template void append_other_parameters<float>(std::vector<TensorData>& tensors,
                                             const Training& training);
template void append_other_parameters<double>(std::vector<TensorData>& tensors,
                                              const Training& training);
template void read_other_parameters<float>(ArchiveReader& reader, const NetworkDescription& network,
                                           Training& training);
template void read_other_parameters<double>(ArchiveReader& reader,
                                            const NetworkDescription& network, Training& training);
template Network read_network(ArchiveReader& reader, NetworkDescription& description,
                              Normalisation normalisation,
                              const std::shared_ptr<std::byte>& mapping, const std::string& prefix);
template Network64 read_network(ArchiveReader& reader, NetworkDescription& description,
                                Normalisation normalisation,
                                const std::shared_ptr<std::byte>& mapping,
                                const std::string& prefix);

}  // namespace filbert
