#include "filbert/checkpoint.hpp"

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "filbert/file_replacement.hpp"
#include "filbert/fit.hpp"
#include "files/archive.hpp"
#include "files/parts.hpp"
#include "files/source.hpp"
#include "system/hex.hpp"
#include "training/complete.hpp"

namespace filbert {
namespace {

using Bytes = std::span<const std::byte>;
using Path = std::filesystem::path;

template <class T>
void save_all(const BasicNetwork<T>& net, const Optimizer& optimizer, const Training& training,
              const Path& path, const KeepGoing& keep_going) {
  Pieces pieces(keep_going);
  std::vector<TensorData> tensors;  // large numbers first, then every one is aligned
  append_tensors(tensors, training);
  append_tensors(tensors, net.normalisation(), net.inputs());
  append_other_parameters<T>(tensors, training);
  append_tensors(tensors, net);
  append_tensors(tensors, optimizer);
  Description description{
      .network = describe(net), .optimizer = describe(optimizer), .training = training};
  description.training->options = complete(training.options, net, optimizer.rule(), training.rows);
  std::optional<PlateauState>& plateau = description.training->position.plateau;
  if (plateau && optimizer.learning_rate() != plateau->schedule) plateau.reset();
  const std::string header = archive_header(to_json(description), tensors, pieces);
  replace_file(path, parts_of(header, tensors), keep_going);
}

/// Sets the schedule of a state that was in a file, where it is that of the optimizer. Throws
/// FormatError if that keeps no state, or cannot have reached this rate.
void set_schedule(PlateauState& state, const Optimizer& optimizer) {
  const auto* plateau = std::get_if<ReduceOnPlateau>(&optimizer.learning_rate().any());
  if (plateau == nullptr) {
    throw FormatError("plateau: expected the schedule 'reduce_on_plateau' beside it, got another");
  }
  if (!(state.rate >= 0.0 && state.rate <= plateau->rate)) {
    throw FormatError("plateau: expected a rate in [0, " + hex(plateau->rate) + "], got " +
                      hex(state.rate));
  }
  state.schedule = *plateau;
}

Checkpoint read_checkpoint(Source& source, const KeepGoing& keep_going) {
  ArchiveReader reader(source, keep_going);
  return reader.contents([&](Description& description) -> Checkpoint {
    if (!description.network || !description.optimizer || !description.training) {
      throw FormatError(
          "metadata 'filbert': expected a checkpoint, with a network, an optimizer and a training, "
          "got less");
    }
    Training training = std::move(*description.training);
    read_history(reader, training);
    const bool wide = description.network->dtype == DType::f64;
    Normalisation normalisation = read_normalisation(reader, *description.network);
    const auto read_others = wide ? read_other_parameters<double> : read_other_parameters<float>;
    read_others(reader, *description.network, training);
    NetworkDescription& network = *description.network;
    AnyNetwork net =
        wide ? AnyNetwork(read_network<double>(reader, network, std::move(normalisation), {}))
             : AnyNetwork(read_network<float>(reader, network, std::move(normalisation), {}));
    Optimizer optimizer = read_optimizer(reader, *description.optimizer);
    const auto check = [&](const auto& read) {
      optimizer.require_fits(read);
      training.options = complete(training.options, read);
    };
    std::visit(check, net);
    if (training.position.plateau) set_schedule(*training.position.plateau, optimizer);
    return {std::move(net), std::move(optimizer), std::move(training)};
  });
}

}  // namespace

void save_checkpoint(const Network& net, const Optimizer& optimizer, const Training& training,
                     const Path& path, const KeepGoing& keep_going) {
  save_all(net, optimizer, training, path, keep_going);
}
void save_checkpoint(const Network64& net, const Optimizer& optimizer, const Training& training,
                     const Path& path, const KeepGoing& keep_going) {
  save_all(net, optimizer, training, path, keep_going);
}

Checkpoint load_checkpoint(const Path& path, const KeepGoing& keep_going) {
  return naming(path, [&] { return read_checkpoint(*open_source(path), keep_going); });
}

Checkpoint checkpoint_from_bytes(Bytes bytes) {
  MemorySource source(bytes);
  return read_checkpoint(source, {});
}

std::vector<std::byte> to_bytes(const Optimizer& optimizer, const KeepGoing& keep_going) {
  Pieces pieces(keep_going);
  std::vector<TensorData> tensors;
  append_tensors(tensors, optimizer);
  const std::string header =
      archive_header(to_json({.optimizer = describe(optimizer)}), tensors, pieces);
  return joined(parts_of(header, tensors), pieces);
}

Optimizer optimizer_from_bytes(Bytes bytes, const KeepGoing& keep_going) {
  MemorySource source(bytes);
  ArchiveReader reader(source, keep_going);
  return reader.contents([&](Description& description) {
    if (!description.optimizer || description.network || description.training) {
      throw FormatError("metadata 'filbert': expected an optimizer, got something else");
    }
    return read_optimizer(reader, *description.optimizer);
  });
}

}  // namespace filbert
