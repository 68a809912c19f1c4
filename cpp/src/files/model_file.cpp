#include "filbert/model_file.hpp"

#include <array>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "filbert/file_replacement.hpp"
#include "files/archive.hpp"
#include "files/model.hpp"
#include "files/parts.hpp"
#include "files/source.hpp"

namespace filbert {
namespace {

using Bytes = std::span<const std::byte>;
using Path = std::filesystem::path;

/// A whole file but for the parameters, which are not copied: the header, and the normalisation.
template <class T>
std::string header_of(const BasicNetwork<T>& net, Pieces& pieces) {
  std::vector<TensorData> tensors;
  append_tensors(tensors, net.normalisation(), net.inputs());
  const std::size_t count = tensors.size();
  append_tensors(tensors, net);
  std::string start = archive_header(to_json({.network = describe(net)}), tensors, pieces);
  for (const TensorData& tensor : std::span(tensors).first(count)) {
    start.append(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
  }
  return start;
}

template <class T>
std::array<Bytes, 2> parts_of(const std::string& header, const BasicNetwork<T>& net) {
  return {std::as_bytes(std::span(header)), std::as_bytes(net.parameters())};
}

template <class T>
void save_network(const BasicNetwork<T>& net, const Path& path, const KeepGoing& keep_going) {
  Pieces pieces(keep_going);
  const std::string header = header_of(net, pieces);
  replace_file(path, parts_of(header, net), keep_going);
}

template <class T>
std::vector<std::byte> bytes_of(const BasicNetwork<T>& net, const KeepGoing& keep_going) {
  Pieces pieces(keep_going);
  const std::string header = header_of(net, pieces);
  return joined(parts_of(header, net), pieces);
}

AnyNetwork read_model(Source& source, const std::shared_ptr<std::byte>& mapping,
                      const KeepGoing& keep_going) {
  ArchiveReader reader(source, keep_going);
  return reader.contents([&](Description& description) -> AnyNetwork {
    return read_only_network(reader, description, mapping);
  });
}

template <class Net>
Net only(AnyNetwork any) {
  if (Net* const net = std::get_if<Net>(&any)) return std::move(*net);
  throw std::invalid_argument(
      std::is_same_v<Net, Network64>
          ? "path: expected a float64 network, got a float32 one; load takes it"
          : "path: expected a float32 network, got a float64 one; load64 takes it");
}

}  // namespace

AnyNetwork read_only_network(ArchiveReader& reader, Description& description,
                             const std::shared_ptr<std::byte>& mapping) {
  if (!description.ensemble.empty()) {
    throw FormatError("metadata 'filbert': expected a network, got an ensemble of them");
  }
  if (!description.network) {
    throw FormatError("metadata 'filbert': expected a network, got none");
  }
  NetworkDescription& network = *description.network;
  if (description.training) skip_history(reader, *description.training);
  Normalisation by = read_normalisation(reader, network);
  if (description.training) skip_other_parameters(reader, network, *description.training);
  AnyNetwork net =
      network.dtype == DType::f64
          ? AnyNetwork(filbert::read_network<double>(reader, network, std::move(by), mapping))
          : AnyNetwork(filbert::read_network<float>(reader, network, std::move(by), mapping));
  if (description.optimizer) skip_optimizer(reader, *description.optimizer);
  return net;
}

void save(const Network& net, const Path& path, const KeepGoing& keep_going) {
  save_network(net, path, keep_going);
}
void save(const Network64& net, const Path& path, const KeepGoing& keep_going) {
  save_network(net, path, keep_going);
}

AnyNetwork load_any(const Path& path, const LoadOptions& options) {
  return with_source(path, options, [&](Source& source, const auto& mapping) {
    return read_model(source, mapping, options.keep_going);
  });
}

Network load(const Path& path, const LoadOptions& options) {
  return only<Network>(load_any(path, options));
}
Network64 load64(const Path& path, const LoadOptions& options) {
  return only<Network64>(load_any(path, options));
}

std::vector<std::byte> to_bytes(const Network& net, const KeepGoing& keep_going) {
  return bytes_of(net, keep_going);
}
std::vector<std::byte> to_bytes(const Network64& net, const KeepGoing& keep_going) {
  return bytes_of(net, keep_going);
}

AnyNetwork from_bytes(Bytes bytes, const KeepGoing& keep_going) {
  MemorySource source(bytes);
  return read_model(source, nullptr, keep_going);
}

}  // namespace filbert
