// Writing a file so that at any moment, whatever happens, the old one or the new one is there,
// whole.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "filbert/export.h"
#include "filbert/interrupted.hpp"

namespace filbert {

class Temporary;

/// A file that takes the place of the one at a path, or is new there, once all of it is written.
/// Until then it is a temporary file in the same folder, which is gone at the end of the scope.
/// The new file has the old one's mode, and its owner and group where the system lets it. A
/// symbolic link is followed: the file that it leads to is replaced. Temporary files that earlier
/// writers of this path have left, dead since, are removed. Every failure is a
/// std::filesystem::filesystem_error; the old file is then as it was.
class FileReplacement {
 public:
  /// Throws if there is something at the path that is no regular file or may not be written to.
  FILBERT_API explicit FileReplacement(const std::filesystem::path& path);
  FILBERT_API ~FileReplacement();
  FILBERT_API FileReplacement(FileReplacement&&) noexcept;
  FILBERT_API FileReplacement& operator=(FileReplacement&&) noexcept;
  FileReplacement(const FileReplacement&) = delete;
  FileReplacement& operator=(const FileReplacement&) = delete;

  /// At the end of what has been written.
  FILBERT_API void write(std::span<const std::byte> bytes);
  /// Over the first bytes of what has been written, which are at least as many.
  FILBERT_API void overwrite(std::span<const std::byte> bytes);
  /// The last call: flushes the file to the device, renames it, flushes the folder. If the flush of
  /// the folder is what fails, the new file is in its place.
  FILBERT_API void commit();

 private:
  std::unique_ptr<Temporary> temporary_;
};

/// The same for a file whose bytes are there already, in parts that follow each other.
/// Throws Interrupted if keep_going ends it.
FILBERT_API void replace_file(const std::filesystem::path& path,
                              std::span<const std::span<const std::byte>> parts,
                              const KeepGoing& keep_going = {});

}  // namespace filbert
