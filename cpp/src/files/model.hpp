// The network of a file, whatever else is in it.
#pragma once

#include <cstddef>
#include <memory>

#include "filbert/model_file.hpp"
#include "files/archive.hpp"
#include "files/description.hpp"

namespace filbert {

/// Reads the network of a file of one, or of a checkpoint. Throws FormatError for other files.
AnyNetwork read_only_network(ArchiveReader& reader, Description& description,
                             const std::shared_ptr<std::byte>& mapping);

}  // namespace filbert
