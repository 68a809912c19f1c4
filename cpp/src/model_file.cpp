#include "filbert/model_file.hpp"

#include <array>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "archive.hpp"
#include "filbert/file_replacement.hpp"
#include "parts.hpp"
#include "source.hpp"

namespace filbert {
namespace {

using Bytes = std::span<const std::byte>;
using Path = std::filesystem::path;

/// The whole file: the header, and the parameters as they are.
template <class T>
std::string header_of(const BasicNetwork<T>& net) {
  std::vector<Block> blocks;
  append_blocks(blocks, net);
  return archive_header(to_json({.network = describe(net)}), blocks);
}

template <class T>
void save_network(const BasicNetwork<T>& net, const Path& path) {
  const std::string header = header_of(net);
  const std::array<Bytes, 2> parts{std::as_bytes(std::span(header)),
                                   std::as_bytes(net.parameters())};
  replace_file(path, parts);
}

template <class T>
std::vector<std::byte> bytes_of(const BasicNetwork<T>& net) {
  const std::string header = header_of(net);
  const Bytes first = std::as_bytes(std::span(header)), rest = std::as_bytes(net.parameters());
  std::vector<std::byte> bytes;
  bytes.reserve(first.size() + rest.size());
  bytes.insert(bytes.end(), first.begin(), first.end());
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  return bytes;
}

AnyNetwork read_model(Source& source, const std::shared_ptr<std::byte>& mapping) {
  ArchiveReader reader(source);
  return reader.contents([&](Description& description) -> AnyNetwork {
    if (!description.network) {
      throw FormatError("metadata 'filbert': expected a network, got none");
    }
    if (description.training) skip_history(reader, *description.training);
    NetworkDescription& network = *description.network;
    AnyNetwork net = network.dtype == DType::f64
                         ? AnyNetwork(filbert::read_network<double>(reader, network, mapping))
                         : AnyNetwork(filbert::read_network<float>(reader, network, mapping));
    if (description.optimizer) skip_optimizer(reader, *description.optimizer);
    return net;
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

void save(const Network& net, const Path& path) { save_network(net, path); }
void save(const Network64& net, const Path& path) { save_network(net, path); }

AnyNetwork load_any(const Path& path, const LoadOptions& options) {
  return naming(path, [&] {
    const auto mapped = options.mmap ? map_source(path) : nullptr;
    if (mapped != nullptr) return read_model(*mapped, mapped->bytes());
    return read_model(*open_source(path), nullptr);
  });
}

Network load(const Path& path, const LoadOptions& options) {
  return only<Network>(load_any(path, options));
}
Network64 load64(const Path& path, const LoadOptions& options) {
  return only<Network64>(load_any(path, options));
}

std::vector<std::byte> to_bytes(const Network& net) { return bytes_of(net); }
std::vector<std::byte> to_bytes(const Network64& net) { return bytes_of(net); }

AnyNetwork from_bytes(Bytes bytes) {
  MemorySource source(bytes);
  return read_model(source, nullptr);
}

}  // namespace filbert
