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

/// What of a network keeps it from being in one file with another one; null if nothing does.
const char* difference(const NetworkDescription& a, const NetworkDescription& b) {
  if (a.dtype != b.dtype) return "dtype";
  if (a.sizes.front() != b.sizes.front()) return "inputs";
  if (a.sizes.back() != b.sizes.back() || a.options.output != b.options.output) return "outputs";
  if (a.options.classes != b.options.classes) return "classes";
  if (a.options.feature_names != b.options.feature_names) return "feature names";
  if (a.options.columns != b.options.columns) return "columns";
  return a.options.target_name != b.options.target_name ? "name of the target" : nullptr;
}

/// Throws std::invalid_argument unless these networks may be in one file.
void require_alike(const std::vector<NetworkDescription>& networks) {
  require(!networks.empty(), "networks: expected at least one, got none");
  for (std::size_t i = 1; i < networks.size(); ++i) {
    const char* const what = difference(networks[i], networks.front());
    if (what != nullptr) {
      refuse("networks[", i, "]: expected the ", what, " of networks[0], got others");
    }
  }
}

/// What a file begins with, and the tensors behind it.
struct Contents {
  std::string header;
  std::vector<TensorData> tensors;
};

template <class T>
Contents contents_of(std::span<const BasicNetwork<T>* const> networks, Pieces& pieces) {
  Contents contents;
  Description description;
  for (std::size_t i = 0; i < networks.size(); ++i) {
    const BasicNetwork<T>& net = *networks[i];
    append_tensors(contents.tensors, net.normalisation(), net.inputs(), prefix_of(i));
    append_tensors(contents.tensors, net, prefix_of(i));
    description.ensemble.push_back(describe(net));
  }
  require_alike(description.ensemble);
  contents.header = archive_header(to_json(description), contents.tensors, pieces);
  return contents;
}

template <class T>
void save_all(std::span<const BasicNetwork<T>* const> networks, const Path& path,
              const KeepGoing& keep_going) {
  Pieces pieces(keep_going);
  const Contents contents = contents_of(networks, pieces);
  replace_file(path, parts_of(contents.header, contents.tensors), keep_going);
}

template <class T>
std::vector<std::byte> bytes_of(std::span<const BasicNetwork<T>* const> networks,
                                const KeepGoing& keep_going) {
  Pieces pieces(keep_going);
  const Contents contents = contents_of(networks, pieces);
  return joined(parts_of(contents.header, contents.tensors), pieces);
}

template <class T>
std::vector<BasicNetwork<T>> read_networks(ArchiveReader& reader, Description& description) {
  std::vector<BasicNetwork<T>> networks;
  networks.reserve(description.ensemble.size());
  for (std::size_t i = 0; i < description.ensemble.size(); ++i) {
    NetworkDescription& described = description.ensemble[i];
    Normalisation by = read_normalisation(reader, described, prefix_of(i));
    networks.push_back(read_network<T>(reader, described, std::move(by), nullptr, prefix_of(i)));
  }
  return networks;
}

AnyEnsemble read_ensemble(ArchiveReader& reader, Description& description) {
  if (description.ensemble.empty() || description.network || description.optimizer ||
      description.training) {
    throw FormatError("metadata 'filbert': expected an ensemble, got something else");
  }
  require_alike(description.ensemble);
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

AnyModel read_contents(Source& source, const std::shared_ptr<std::byte>& mapping,
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
  return with_source(path, options, [&](Source& source, const auto& mapping) {
    return read_contents(source, mapping, options.keep_going);
  });
}

}  // namespace filbert
