#if !defined(_WIN32) && !defined(__wasi__)

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "files/temporary.hpp"

namespace filbert {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_by_system(const fs::path& path) {
  fail_to_save(path, std::error_code(errno, std::generic_category()));
}

/// Returns the result of a system call, which is made again if a signal interrupts it.
template <class Call>
auto retried(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

// The process that writes a temporary file holds a lock on it as long as it lives.
bool lock(int descriptor) {
  return retried([&] { return flock(descriptor, LOCK_EX | LOCK_NB); }) == 0;
}

/// Makes a new file, locks it, and sets path to where it is.
int make_locked(fs::path& path, const fs::path& target, mode_t mode) {
  while (true) {
    path = new_temporary(target);
    const int descriptor = retried([&] {
      return open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    });
    if (descriptor < 0 && errno == EEXIST) continue;
    if (descriptor < 0) fail_by_system(target);
    // Before it is locked, another process may take it for one whose writer is dead, and remove it.
    struct stat now{};
    const bool locked =
        lock(descriptor) || errno != EWOULDBLOCK;  // some file systems have no locks
    if (locked && fstat(descriptor, &now) == 0 && now.st_nlink > 0) return descriptor;
    close(descriptor);
  }
}

/// Calls write_some(data, size, done) until all bytes are written; `done` of them are written
/// before a call.
template <class WriteSome>
void write_all(const fs::path& target, std::span<const std::byte> bytes, WriteSome write_some) {
  constexpr std::size_t most = std::size_t{1} << 30;  // as much as every system writes at once
  std::size_t done = 0;
  while (done < bytes.size()) {
    const std::size_t part = std::min(bytes.size() - done, most);
    const ssize_t count = retried([&] { return write_some(bytes.data() + done, part, done); });
    if (count < 0) fail_by_system(target);
    if (count == 0) fail_to_save(target, std::errc::io_error);
    done += static_cast<std::size_t>(count);
  }
}

/// Gives a new file the group, the mode and the owner of the old one, in such an order that at no
/// moment anybody may open it who could not open the old one. Only root may give a file to another
/// owner, others may choose among their own groups, and some file systems have no owners, so that
/// it is no error if owner or group cannot be kept.
bool take_on(int descriptor, const struct stat& old) {
  struct stat now{};
  if (fstat(descriptor, &now) != 0) return false;
  mode_t mode = old.st_mode & 0777;
  if (now.st_gid != old.st_gid && fchown(descriptor, uid_t(-1), old.st_gid) != 0) {
    // The file keeps its new group, whose members were among the others; those of the old group are
    // among the others now.
    const mode_t group = mode >> 3 & 7, others = mode & 7;
    mode = (mode & 0700) | others << 3 | (others & group);
  }
  if (fchmod(descriptor, mode) != 0) return false;
  const bool kept = now.st_uid == old.st_uid || fchown(descriptor, old.st_uid, gid_t(-1)) == 0;
  static_cast<void>(kept);
  return true;
}

int flush(int descriptor) {
#ifdef __APPLE__  // where fsync leaves the data in the device's cache
  if (retried([&] { return fcntl(descriptor, F_FULLFSYNC); }) == 0) return 0;
#endif
  return retried([&] { return fsync(descriptor); });
}

void flush_folder(const fs::path& folder, const fs::path& target) {
  const int descriptor =
      retried([&] { return open(folder.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY); });
  if (descriptor < 0 && errno == EACCES) return;  // a folder that may be written to but not read
  if (descriptor < 0) fail_by_system(target);
  const int result = flush(descriptor);
  const int error = errno;
  close(descriptor);
  errno = error;
  if (result != 0 && errno != EINVAL && errno != ENOTSUP) fail_by_system(target);
}

}  // namespace

void remove_if_dead(const fs::path& temporary) {
  const int descriptor = retried(
      [&] { return open(temporary.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); });
  if (descriptor < 0) return;
  if (lock(descriptor)) unlink(temporary.c_str());
  close(descriptor);
}

Temporary::Temporary(const fs::path& target) : target_(target) {
  struct stat old{};
  const bool replaces = stat(target_.c_str(), &old) == 0;
  if (!replaces && errno != ENOENT) fail_by_system(target_);
  if (replaces && S_ISDIR(old.st_mode)) fail_to_save(target_, std::errc::is_a_directory);
  if (replaces && !S_ISREG(old.st_mode)) fail_to_save(target_, std::errc::invalid_argument);
  if (replaces && access(target_.c_str(), W_OK) != 0) fail_by_system(target_);
  // At first only the owner may open it, so that nobody can who could not open the old one.
  file_ = make_locked(path_, target_, replaces ? S_IRUSR | S_IWUSR : 0666);
  if (replaces && !take_on(file_, old)) {
    const std::error_code error(errno, std::generic_category());
    discard();
    fail_to_save(target_, error);
  }
}

void Temporary::discard() {
  close(file_);
  if (!renamed_) unlink(path_.c_str());
}

void Temporary::write(std::span<const std::byte> bytes) {
  write_all(target_, bytes, [&](const std::byte* data, std::size_t size, std::size_t) {
    return ::write(file_, data, size);
  });
}

void Temporary::overwrite(std::span<const std::byte> bytes) {
  write_all(target_, bytes, [&](const std::byte* data, std::size_t size, std::size_t done) {
    return pwrite(file_, data, size, static_cast<off_t>(done));
  });
}

void Temporary::replace_target() {
  if (flush(file_) != 0) fail_by_system(target_);
  // Closing the file may still report an error. A second descriptor keeps the lock until the file
  // has the target's name.
  const int other = retried([&] { return fcntl(file_, F_DUPFD_CLOEXEC, 0); });
  if (other < 0) fail_by_system(target_);
  const int closed = close(std::exchange(file_, other));
  if (closed != 0 && errno != EINTR) fail_by_system(target_);
  if (retried([&] { return rename(path_.c_str(), target_.c_str()); }) != 0) fail_by_system(target_);
  renamed_ = true;
  flush_folder(folder_of(target_), target_);
}

}  // namespace filbert

#endif
