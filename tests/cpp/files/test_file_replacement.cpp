// Files that take the place of others, whole or not at all.
#include <string>
#include <utility>

#include "filbert/file_replacement.hpp"
#include "support/check.hpp"
#include "support/files.hpp"

using filbert::FileReplacement;
using Path = std::filesystem::path;

namespace {

long entries(const files::Folder& folder) {
  return std::distance(std::filesystem::directory_iterator(folder.path()), {});
}

bool holds(const Path& path, const std::string& text) {
  return files::read(path) == files::bytes_of(text);
}

void written_in_parts(const files::Folder& folder, const Path& path) {
  FileReplacement file(path);
  file.write(files::bytes_of("____, "));
  file.overwrite(files::bytes_of("he"));
  file.write(files::bytes_of("world"));
  file.overwrite(files::bytes_of("hell"));
  file.write({});
  file.write(files::bytes_of("!"));
  CHECK(holds(path, "old"));
  file.commit();
  CHECK(holds(path, "hell, world!"));
  CHECK_EQ(entries(folder), 1L);
}

void given_up(const files::Folder& folder, const Path& path) {
  {
    FileReplacement file(path);
    file.write(files::bytes_of("half of"));
    FileReplacement moved = std::move(file);
    moved.write(files::bytes_of(" it"));
    CHECK_EQ(entries(folder), 2L);
  }
  CHECK(holds(path, "hell, world!"));
  CHECK_EQ(entries(folder), 1L);
}

void refused(const files::Folder& folder, const Path& path) {
  const auto made = [](const Path& where) { return FileReplacement(where); };
  using Error = std::filesystem::filesystem_error;
  CHECK_THROWS(Error, made(folder / "nowhere" / "file"), files::folder_is_missing);
#ifndef _WIN32  // where only the end shows it
  CHECK_THROWS(Error, made(folder.path()), "directory");
#endif
  CHECK_THROWS(Error, made(folder.path() / ""), "directory");
  CHECK_THROWS(Error, made(""), "No such file");
  CHECK(holds(path, "hell, world!"));
  CHECK_EQ(entries(folder), 1L);
}

}  // namespace

int main() {
  const files::Folder folder("file_replacement");
  const Path path = folder / "file";
  files::write(path, files::bytes_of("old"));
  written_in_parts(folder, path);
  given_up(folder, path);
  refused(folder, path);
  return check::report();
}
