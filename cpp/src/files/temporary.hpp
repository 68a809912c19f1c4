// A temporary file that is going to take the place of another file. What systems do differently is
// in temporary_posix.cpp, temporary_windows.cpp and temporary_wasi.cpp.
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

/// A new file in the folder of a target. It either replaces the target, or is removed at the end of
/// the scope. Every failure is a std::filesystem::filesystem_error that names the target.
class Temporary {
 public:
  /// Throws if the target exists and is no regular file, or may not be written to.
  explicit Temporary(const std::filesystem::path& target);
  ~Temporary() { discard(); }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  void write(std::span<const std::byte> bytes);
  /// Replaces the first bytes of what has been written.
  void overwrite(std::span<const std::byte> bytes);
  /// To be called when everything is written: makes the file durable, gives it the target's name,
  /// and makes that durable.
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

/// Removes a temporary file, unless the process that writes it is alive.
void remove_if_dead(const std::filesystem::path& temporary);

// The name of a temporary file is a prefix of a fixed length, which all temporary files of the same
// target have, and 16 random digits.

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
