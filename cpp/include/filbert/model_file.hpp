// Networks in files: safetensors, read as strictly as possible and written so that the old or the
// new file is there whatever happens. docs/files.md is the format.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <variant>
#include <vector>

#include "filbert/export.h"
#include "filbert/format_error.hpp"
#include "filbert/network.hpp"

namespace filbert {

/// Writes a network with everything that predicting and training on need: parameters, layers,
/// classes, feature names, seed, epoch. The same network gives the same bytes.
/// Throws std::filesystem::filesystem_error, the old file being there as it was, and
/// std::invalid_argument for a network beyond what a file can hold (1000 layers). Throws
/// Interrupted if keep_going ends it, the old file being there as it was; nobody is asked while the
/// system writes to the device.
FILBERT_API void save(const Network& net, const std::filesystem::path& path,
                      const KeepGoing& keep_going = {});
FILBERT_API void save(const Network64& net, const std::filesystem::path& path,
                      const KeepGoing& keep_going = {});

struct LoadOptions {
  /// Map the file instead of reading it: the parameters are copied page by page, when they are
  /// written to, and the file never changes. While the network lives, nobody may truncate the file
  /// or write into it (save replaces it, which is allowed). Where a file cannot be mapped it is
  /// read.
  bool mmap = false;
  KeepGoing keep_going = {};  ///< false ends it: throws Interrupted
};

/// A network from a file. Never runs code, never opens another file, and uses no more memory than
/// the file's size and 1 MiB.
/// Throws FormatError, std::filesystem::filesystem_error; std::invalid_argument if the network is
/// of the other type.
FILBERT_API Network load(const std::filesystem::path& path, const LoadOptions& options = {});
FILBERT_API Network64 load64(const std::filesystem::path& path, const LoadOptions& options = {});

/// Whichever of the two it is.
using AnyNetwork = std::variant<Network, Network64>;
FILBERT_API AnyNetwork load_any(const std::filesystem::path& path, const LoadOptions& options = {});

/// The same in memory.
FILBERT_API std::vector<std::byte> to_bytes(const Network& net, const KeepGoing& keep_going = {});
FILBERT_API std::vector<std::byte> to_bytes(const Network64& net, const KeepGoing& keep_going = {});
FILBERT_API AnyNetwork from_bytes(std::span<const std::byte> bytes,
                                  const KeepGoing& keep_going = {});

}  // namespace filbert
