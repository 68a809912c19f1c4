// Writing a file so that at any moment, whatever happens, the old one or the new one is there,
// whole.
#pragma once

#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <span>

namespace filbert {

/// Replaces the file at path, or makes it, by these parts one after the other: writes a temporary
/// file in the same folder, flushes it to the device, renames it, flushes the folder. The new file
/// has the old one's mode, and its owner and group where the system lets it. A symbolic link is
/// followed: the file that it leads to is replaced. Temporary files that earlier writers of this
/// path have left, dead since, are removed. Throws std::filesystem::filesystem_error; the old file
/// is then as it was, unless the flush of the folder is what failed: then the new one is in its
/// place.
void replace_file(const std::filesystem::path& path,
                  std::span<const std::span<const std::byte>> parts);

}  // namespace filbert
