#include "filbert/file_replacement.hpp"

#include <string>
#include <string_view>
#include <system_error>

#include "files/temporary.hpp"
#include "system/pieces.hpp"

namespace filbert {
namespace {

namespace fs = std::filesystem;

#ifndef __wasi__  // whose C++ library knows neither links nor folders

/// The path to which symbolic links lead, one after another. No file need exist there.
fs::path followed(fs::path path) {
  for (int links = 0; fs::is_symlink(fs::symlink_status(path)); ++links) {
    if (links == 40) fail_to_save(path, std::errc::too_many_symbolic_link_levels);
    path = path.parent_path() / fs::read_symlink(path);  // an absolute path replaces the folder
  }
  return path;
}

void remove_dead_temporaries(const fs::path& target) {
  const std::string prefix = temporary_prefix(target);
  std::error_code ignored;  // in a folder that cannot be listed nothing is removed
  for (fs::directory_iterator entry(folder_of(target), ignored), end; entry != end;
       entry.increment(ignored)) {
    if (ignored) return;
    const std::u8string name = entry->path().filename().u8string();
    const std::string_view text(reinterpret_cast<const char*>(name.data()), name.size());
    if (text.size() == prefix.size() + 16 + temporary_suffix.size() && text.starts_with(prefix) &&
        text.ends_with(temporary_suffix)) {
      remove_if_dead(entry->path());
    }
  }
}

#else

fs::path followed(fs::path path) { return path; }
void remove_dead_temporaries(const fs::path&) {}

#endif

}  // namespace

FileReplacement::FileReplacement(const fs::path& path) {
  const fs::path target = followed(path);
  if (!target.has_filename()) {
    fail_to_save(path,
                 path.empty() ? std::errc::no_such_file_or_directory : std::errc::is_a_directory);
  }
  remove_dead_temporaries(target);
  temporary_ = std::make_unique<Temporary>(target);
}

FileReplacement::~FileReplacement() = default;
FileReplacement::FileReplacement(FileReplacement&&) noexcept = default;
FileReplacement& FileReplacement::operator=(FileReplacement&&) noexcept = default;

void FileReplacement::write(std::span<const std::byte> bytes) { temporary_->write(bytes); }

void FileReplacement::overwrite(std::span<const std::byte> bytes) { temporary_->overwrite(bytes); }

void FileReplacement::commit() { temporary_->replace_target(); }

void replace_file(const fs::path& path, std::span<const std::span<const std::byte>> parts,
                  const KeepGoing& keep_going) {
  Pieces pieces(keep_going);
  FileReplacement replacement(path);
  for (const std::span<const std::byte> part : parts) {
    pieces.of(part, [&](std::span<const std::byte> piece) { replacement.write(piece); });
  }
  replacement.commit();
}

}  // namespace filbert
