#include "filbert/ensemble_file.hpp"

#include <memory>
#include <string>
#include <utility>

#include "filbert/file_replacement.hpp"
#include "files/archive.hpp"
#include "files/model.hpp"
#include "files/parts.hpp"
#include "files/source.hpp"
#include "system/check.hpp"

namespace filbert {
namespace {

using Bytes = std::span<const std::byte>;
using Path = std::filesystem::path;

std::string prefix_of(std::size_t i) { return "networks." + std::to_string(i) + "."; }

/// Throws std::invalid_argument unless networks[i] may be in one file with the first one.
template <class T>
void require_alike(const BasicNetwork<T>& net, const BasicNetwork<T>& first, std::size_t i) {
  const auto require_same = [&](const char* what, bool same) {
    require(same, "networks[", i, "]: expected the ", what, " of networks[0], got others");
  };
  require_same("inputs", net.inputs() == first.inputs());
  require_same("outputs", net.outputs() == first.outputs() && net.output() == first.output());
  require_same("classes", net.classes() == first.classes());
  require_same("feature names", net.feature_names() == first.feature_names());
  require_same("columns",
               net.columns() == first.columns() && net.target_name() == first.target_name());
}

/// The whole file, in the parts of which it consists; the first one is the header.
template <class T>
struct Parts {
  std::string header;
  std::vector<TensorData> tensors;

  Parts(std::span<const BasicNetwork<T>* const> networks, Pieces& pieces) {
    require(!networks.empty(), "networks: expected at least one, got none");
    Description description;
    for (std::size_t i = 0; i < networks.size(); ++i) {
      const BasicNetwork<T>& net = *networks[i];
      require_alike(net, *networks.front(), i);
      append_tensors(tensors, net.normalisation(), net.inputs(), prefix_of(i));
      append_tensors(tensors, net, prefix_of(i));
      description.ensemble.push_back(describe(net));
    }
    header = archive_header(to_json(description), tensors, pieces);
  }

  template <class Function>
  void each(Function f) const {
    f(std::as_bytes(std::span(header)));
    for (const TensorData& tensor : tensors) f(tensor.bytes);
  }
};

template <class T>
void save_all(std::span<const BasicNetwork<T>* const> networks, const Path& path,
              const KeepGoing& keep_going) {
  Pieces pieces(keep_going);
  const Parts<T> file(networks, pieces);
  std::vector<Bytes> parts;
  file.each([&](Bytes part) { parts.push_back(part); });
  replace_file(path, parts, keep_going);
}

template <class T>
std::vector<std::byte> bytes_of(std::span<const BasicNetwork<T>* const> networks,
                                const KeepGoing& keep_going) {
  Pieces pieces(keep_going);
  const Parts<T> file(networks, pieces);
  std::vector<std::byte> bytes;
  file.each([&](Bytes part) {
    pieces.of(part, [&](Bytes piece) { bytes.insert(bytes.end(), piece.begin(), piece.end()); });
  });
  return bytes;
}

template <class T>
std::vector<BasicNetwork<T>> read_networks(ArchiveReader& reader, Description& description) {
  std::vector<BasicNetwork<T>> networks;
  networks.reserve(description.ensemble.size());
  const DType dtype = description.ensemble.front().dtype;
  for (std::size_t i = 0; i < description.ensemble.size(); ++i) {
    NetworkDescription& described = description.ensemble[i];
    require(described.dtype == dtype, "networks: expected one dtype, got two");
    Normalisation by = read_normalisation(reader, described, prefix_of(i));
    BasicNetwork<T> net = read_network<T>(reader, described, std::move(by), nullptr, prefix_of(i));
    networks.push_back(std::move(net));
    require_alike(networks.back(), networks.front(), i);
  }
  return networks;
}

AnyEnsemble read_ensemble(ArchiveReader& reader, Description& description) {
  if (description.ensemble.empty() || description.network || description.optimizer ||
      description.training) {
    throw FormatError("metadata 'filbert': expected an ensemble, got something else");
  }
  if (description.ensemble.front().dtype == DType::f64) {
    return read_networks<double>(reader, description);
  }
  return read_networks<float>(reader, description);
}

AnyEnsemble read_file(Source& source, const KeepGoing& keep_going) {
  ArchiveReader reader(source, keep_going);
  return reader.contents(
      [&](Description& description) { return read_ensemble(reader, description); });
}

AnyModel read_model(Source& source, const std::shared_ptr<std::byte>& mapping,
                    const KeepGoing& keep_going) {
  ArchiveReader reader(source, keep_going);
  return reader.contents([&](Description& description) -> AnyModel {
    if (!description.ensemble.empty()) return read_ensemble(reader, description);
    return read_only_network(reader, description, mapping);
  });
}

}  // namespace

void save_ensemble(std::span<const Network* const> networks, const Path& path,
                   const KeepGoing& keep_going) {
  save_all(networks, path, keep_going);
}
void save_ensemble(std::span<const Network64* const> networks, const Path& path,
                   const KeepGoing& keep_going) {
  save_all(networks, path, keep_going);
}

std::vector<std::byte> ensemble_to_bytes(std::span<const Network* const> networks,
                                         const KeepGoing& keep_going) {
  return bytes_of(networks, keep_going);
}
std::vector<std::byte> ensemble_to_bytes(std::span<const Network64* const> networks,
                                         const KeepGoing& keep_going) {
  return bytes_of(networks, keep_going);
}

AnyEnsemble load_ensemble(const Path& path, const LoadOptions& options) {
  return naming(path, [&] { return read_file(*open_source(path), options.keep_going); });
}

AnyEnsemble ensemble_from_bytes(Bytes bytes, const KeepGoing& keep_going) {
  MemorySource source(bytes);
  return read_file(source, keep_going);
}

AnyModel load_model(const Path& path, const LoadOptions& options) {
  return naming(path, [&]() -> AnyModel {
    const auto mapped = options.mmap ? map_source(path) : nullptr;
    if (mapped != nullptr) return read_model(*mapped, mapped->bytes(), options.keep_going);
    return read_model(*open_source(path), nullptr, options.keep_going);
  });
}

}  // namespace filbert
