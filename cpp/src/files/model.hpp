// Reading the file of a network, or of several.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

#include "filbert/model_file.hpp"
#include "files/archive.hpp"
#include "files/container.hpp"
#include "files/description.hpp"
#include "files/source.hpp"

namespace filbert {

/// Returns read(source, mapping) for a file that is mapped if the options say so and it can be; the
/// mapping is null otherwise. A FormatError that read throws names the path.
template <class Read>
auto with_source(const std::filesystem::path& path, const LoadOptions& options, Read read) {
  return naming(path, [&] {
    const std::unique_ptr<MappedSource> mapped = options.mmap ? map_source(path) : nullptr;
    if (mapped != nullptr) return read(*mapped, mapped->bytes());
    return read(*open_source(path), std::shared_ptr<std::byte>());
  });
}

/// Reads the network of a file of one, or of a checkpoint. Throws FormatError for other files.
AnyNetwork read_only_network(ArchiveReader& reader, Description& description,
                             const std::shared_ptr<std::byte>& mapping);

}  // namespace filbert
