// A temporary file on its way to become another one. What the systems do differently is in
// temporary_posix.cpp and temporary_windows.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "files/checksum.hpp"
#include "system/hex.hpp"

namespace filbert {

/// A new file in the folder of a target: it replaces the target, or is gone at the end of the
/// scope. Every failure is a std::filesystem::filesystem_error that names the target.
class Temporary {
 public:
  /// Throws if there is a target that is no regular file, or that may not be written to.
  explicit Temporary(const std::filesystem::path& target);
  ~Temporary() { discard(); }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  void write(std::span<const std::byte> bytes);
  /// Over the first bytes of what has been written.
  void overwrite(std::span<const std::byte> bytes);
  /// Once everything is written: flushes, renames, flushes the folder.
  void replace_target();

 private:
  void discard();

#ifdef _WIN32
  using Handle = void*;
#else
  using Handle = int;
#endif
  std::filesystem::path target_, path_;
  Handle file_;
  bool renamed_ = false;
};

/// Removes a temporary file unless whoever writes it is alive.
void remove_if_dead(const std::filesystem::path& temporary);

// Names of temporary files: the same prefix for the same target, of a fixed length, and then 16
// digits that never come again.

inline constexpr std::string_view temporary_suffix = ".tmp";

inline std::string temporary_prefix(const std::filesystem::path& target) {
  const std::u8string name = target.filename().u8string();
  Checksum checksum;
  checksum.update(std::as_bytes(std::span(name)));
  return ".filbert-" + hex(checksum.value()) + "-";
}

inline std::filesystem::path folder_of(const std::filesystem::path& target) {
  return target.has_parent_path() ? target.parent_path() : std::filesystem::path(".");
}

inline std::filesystem::path new_temporary(const std::filesystem::path& target) {
  std::random_device random;
  const std::uint64_t number = std::uint64_t{random()} << 32 | random();
  std::string name = temporary_prefix(target) + hex(number);
  name += temporary_suffix;
  return folder_of(target) / name;
}

[[noreturn]] inline void fail_to_save(const std::filesystem::path& path, std::error_code error) {
  throw std::filesystem::filesystem_error("save", path, error);
}

[[noreturn]] inline void fail_to_save(const std::filesystem::path& path, std::errc error) {
  fail_to_save(path, std::make_error_code(error));
}

}  // namespace filbert
