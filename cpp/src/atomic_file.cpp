#include "atomic_file.hpp"

#include <cerrno>
#include <cstdint>
#include <random>
#include <string>
#include <system_error>
#include <utility>

#include "checksum.hpp"
#include "hex.hpp"

#ifdef _WIN32
#define NOMINMAX
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace filbert {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, std::error_code error) {
  throw fs::filesystem_error("save", path, error);
}

[[noreturn]] void fail(const fs::path& path, std::errc error) {
  fail(path, std::make_error_code(error));
}

/// The file that a chain of symbolic links leads to; it need not exist.
fs::path followed(fs::path path) {
  for (int links = 0; fs::is_symlink(fs::symlink_status(path)); ++links) {
    if (links == 40) fail(path, std::errc::too_many_symbolic_link_levels);
    path = path.parent_path() / fs::read_symlink(path);  // an absolute one replaces the folder
  }
  return path;
}

/// Names of temporary files: the same prefix for the same target, of a fixed length, and then
/// something that never comes again.
std::string prefix_of(const fs::path& target) {
  const std::u8string name = target.filename().u8string();
  Checksum checksum;
  checksum.update(std::as_bytes(std::span(name)));
  return ".filbert-" + hex(checksum.value()) + "-";
}
constexpr std::string_view suffix = ".tmp";

fs::path folder_of(const fs::path& target) {
  return target.has_parent_path() ? target.parent_path() : fs::path(".");
}

fs::path new_temporary(const fs::path& target) {
  std::random_device random;
  const std::uint64_t number = std::uint64_t{random()} << 32 | random();
  std::string name = prefix_of(target) + hex(number);
  name += suffix;
  return folder_of(target) / name;
}

/// Removes a temporary file unless whoever writes it is alive.
void remove_if_dead(const fs::path& temporary);

void remove_dead_temporaries(const fs::path& target) {
  const std::string prefix = prefix_of(target);
  std::error_code ignored;  // a folder that cannot be listed keeps what is in it
  for (fs::directory_iterator entry(folder_of(target), ignored), end; entry != end;
       entry.increment(ignored)) {
    if (ignored) return;
    const std::u8string name = entry->path().filename().u8string();
    const std::string_view text(reinterpret_cast<const char*>(name.data()), name.size());
    if (text.size() == prefix.size() + 16 + suffix.size() && text.starts_with(prefix) &&
        text.ends_with(suffix)) {
      remove_if_dead(entry->path());
    }
  }
}

#ifdef _WIN32

[[noreturn]] void fail_by_system(const fs::path& path) {
  fail(path, std::error_code(static_cast<int>(GetLastError()), std::system_category()));
}

void remove_if_dead(const fs::path& temporary) {
  DeleteFileW(temporary.c_str());  // fails while somebody has it open
}

class Temporary {
 public:
  explicit Temporary(const fs::path& target) : target_(target), path_(new_temporary(target)) {
    file_ = CreateFileW(path_.c_str(), GENERIC_WRITE, 0, nullptr, CREATE_NEW, FILE_ATTRIBUTE_NORMAL,
                        nullptr);
    if (file_ == INVALID_HANDLE_VALUE) fail_by_system(target_);
  }
  ~Temporary() {
    if (file_ != INVALID_HANDLE_VALUE) CloseHandle(file_);
    if (!renamed_) DeleteFileW(path_.c_str());
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  void write(std::span<const std::byte> bytes) {
    constexpr std::size_t most = std::size_t{1} << 30;
    while (!bytes.empty()) {
      DWORD count = 0;
      const auto part = static_cast<DWORD>(bytes.size() < most ? bytes.size() : most);
      if (WriteFile(file_, bytes.data(), part, &count, nullptr) == 0) fail_by_system(target_);
      bytes = bytes.subspan(count);
    }
  }
  void replace_target() {
    if (FlushFileBuffers(file_) == 0) fail_by_system(target_);
    if (CloseHandle(std::exchange(file_, INVALID_HANDLE_VALUE)) == 0) fail_by_system(target_);
    if (MoveFileExW(path_.c_str(), target_.c_str(),
                    MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) == 0) {
      fail_by_system(target_);
    }
    renamed_ = true;
  }

 private:
  fs::path target_, path_;
  HANDLE file_ = INVALID_HANDLE_VALUE;
  bool renamed_ = false;
};

#else

[[noreturn]] void fail_by_system(const fs::path& path) {
  fail(path, std::error_code(errno, std::generic_category()));
}

/// Calls again what a signal has interrupted.
template <class Call>
auto retried(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

// A writer holds a lock on its temporary file as long as it lives.
bool lock(int descriptor) {
  return retried([&] { return flock(descriptor, LOCK_EX | LOCK_NB); }) == 0;
}

void remove_if_dead(const fs::path& temporary) {
  const int descriptor = retried(
      [&] { return open(temporary.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); });
  if (descriptor < 0) return;
  if (lock(descriptor)) unlink(temporary.c_str());
  close(descriptor);
}

int flush(int descriptor) {
#ifdef __APPLE__  // fsync leaves the data in the device's cache
  if (retried([&] { return fcntl(descriptor, F_FULLFSYNC); }) == 0) return 0;
#endif
  return retried([&] { return fsync(descriptor); });
}

void flush_folder(const fs::path& folder, const fs::path& target) {
  const int descriptor =
      retried([&] { return open(folder.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY); });
  if (descriptor < 0 && errno == EACCES) return;  // one that may be written to but not read
  if (descriptor < 0) fail_by_system(target);
  const int result = flush(descriptor);
  const int error = errno;
  close(descriptor);
  errno = error;
  if (result != 0 && errno != EINVAL && errno != ENOTSUP) fail_by_system(target);
}

class Temporary {
 public:
  explicit Temporary(const fs::path& target) : target_(target) {
    struct stat old{};
    const bool replaces = stat(target_.c_str(), &old) == 0;
    if (!replaces && errno != ENOENT) fail_by_system(target_);
    if (replaces && S_ISDIR(old.st_mode)) fail(target_, std::errc::is_a_directory);
    if (replaces && !S_ISREG(old.st_mode)) fail(target_, std::errc::invalid_argument);
    if (replaces && access(target_.c_str(), W_OK) != 0) fail_by_system(target_);
    make(replaces ? S_IRUSR | S_IWUSR : 0666);  // nobody may open it who could not open the old one
    if (replaces && fchmod(descriptor_, old.st_mode & 0777) != 0) give_up();
  }
  ~Temporary() {
    if (descriptor_ >= 0) close(descriptor_);
    if (!renamed_) unlink(path_.c_str());
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  void write(std::span<const std::byte> bytes) {
    constexpr std::size_t most = std::size_t{1} << 30;  // what every system takes at once
    while (!bytes.empty()) {
      const std::size_t part = bytes.size() < most ? bytes.size() : most;
      const ssize_t count = retried([&] { return ::write(descriptor_, bytes.data(), part); });
      if (count < 0) fail_by_system(target_);
      if (count == 0) fail(target_, std::errc::io_error);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }

  void replace_target() {
    if (flush(descriptor_) != 0) fail_by_system(target_);
    // Closing one may still report an error; the other keeps the lock until the name is the
    // target's.
    const int other = retried([&] { return fcntl(descriptor_, F_DUPFD_CLOEXEC, 0); });
    if (other < 0) fail_by_system(target_);
    const int closed = close(std::exchange(descriptor_, other));
    if (closed != 0 && errno != EINTR) fail_by_system(target_);
    if (retried([&] { return rename(path_.c_str(), target_.c_str()); }) != 0) {
      fail_by_system(target_);
    }
    renamed_ = true;
    flush_folder(folder_of(target_), target_);
  }

 private:
  void make(mode_t mode) {
    while (true) {
      path_ = new_temporary(target_);
      descriptor_ = retried([&] {
        return open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
      });
      if (descriptor_ < 0 && errno == EEXIST) continue;
      if (descriptor_ < 0) fail_by_system(target_);
      // Another writer may take it for a dead one's before it is locked, and remove it.
      struct stat now{};
      const bool locked = lock(descriptor_) || errno != EWOULDBLOCK;  // or there are no locks here
      if (locked && fstat(descriptor_, &now) == 0 && now.st_nlink > 0) return;
      close(descriptor_);
    }
  }
  [[noreturn]] void give_up() {
    const int error = errno;
    close(descriptor_);
    unlink(path_.c_str());
    errno = error;
    fail_by_system(target_);
  }

  fs::path target_, path_;
  int descriptor_ = -1;
  bool renamed_ = false;
};

#endif

}  // namespace

void replace_file(const fs::path& path, std::span<const std::span<const std::byte>> parts) {
  const fs::path target = followed(path);
  if (!target.has_filename()) {
    fail(path, path.empty() ? std::errc::no_such_file_or_directory : std::errc::is_a_directory);
  }
  remove_dead_temporaries(target);
  Temporary temporary(target);
  for (const std::span<const std::byte> part : parts) temporary.write(part);
  temporary.replace_target();
}

}  // namespace filbert
