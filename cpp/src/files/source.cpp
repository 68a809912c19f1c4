#include "files/source.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>

#include "filbert/format_error.hpp"

#ifdef _WIN32
#include <fstream>
#else
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#ifndef __wasi__  // which cannot map files
#include <sys/mman.h>
#endif
#endif

namespace filbert {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, std::errc error) {
  throw fs::filesystem_error("open", path, std::make_error_code(error));
}

}  // namespace

void MemorySource::read(std::uint64_t offset, std::span<std::byte> to) {
  if (!to.empty()) std::memcpy(to.data(), bytes_.data() + offset, to.size());
}

#ifdef _WIN32

namespace {

class FileSource : public Source {
 public:
  explicit FileSource(const fs::path& path) : path_(path) {
    const fs::file_status status = fs::status(path);
    if (!fs::exists(status)) fail(path, std::errc::no_such_file_or_directory);
    if (fs::is_directory(status)) fail(path, std::errc::is_a_directory);
    if (!fs::is_regular_file(status)) throw FormatError("expected a regular file");
    file_.open(path, std::ios::binary);
    if (!file_) fail(path, std::errc::permission_denied);
    size_ = fs::file_size(path);
  }
  std::uint64_t size() const override { return size_; }
  void read(std::uint64_t offset, std::span<std::byte> to) override {
    file_.seekg(static_cast<std::streamoff>(offset));
    file_.read(reinterpret_cast<char*>(to.data()), static_cast<std::streamsize>(to.size()));
    if (file_.bad()) fail(path_, std::errc::io_error);
    if (!file_) throw FormatError("expected a file that stays as it is, got a shorter one");
  }

 private:
  fs::path path_;
  std::ifstream file_;
  std::uint64_t size_ = 0;
};

}  // namespace

std::unique_ptr<MappedSource> map_source(const fs::path&) { return nullptr; }

#else

namespace {

class FileSource : public Source {
 public:
  explicit FileSource(const fs::path& path) : path_(path) {
    do {  // O_NONBLOCK: do not wait for a program that writes to a pipe
      descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    } while (descriptor_ < 0 && errno == EINTR);
    if (descriptor_ < 0) fail_by_errno();
    struct stat status{};
    if (fstat(descriptor_, &status) != 0) {
      const int error = errno;
      close(descriptor_);
      errno = error;
      fail_by_errno();
    }
    if (!S_ISREG(status.st_mode)) {
      close(descriptor_);
      if (S_ISDIR(status.st_mode)) fail(path, std::errc::is_a_directory);
      throw FormatError("expected a regular file");
    }
    size_ = static_cast<std::uint64_t>(status.st_size);
  }
  ~FileSource() override { close(descriptor_); }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  std::uint64_t size() const override { return size_; }

  void read(std::uint64_t offset, std::span<std::byte> to) override {
    constexpr std::size_t most = std::size_t{1} << 30;  // as much as every system reads at once
    while (!to.empty()) {
      const ssize_t count = pread(descriptor_, to.data(), to.size() < most ? to.size() : most,
                                  static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail_by_errno();
      if (count == 0) throw FormatError("expected a file that stays as it is, got a shorter one");
      to = to.subspan(static_cast<std::size_t>(count));
      offset += static_cast<std::uint64_t>(count);
    }
  }

  std::unique_ptr<MappedSource> map() const {
#ifdef __wasi__
    return nullptr;
#else
    const auto size = static_cast<std::size_t>(size_);
    if (size == 0) return nullptr;
    void* const start =
        mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor_, 0);
    if (start == MAP_FAILED) return nullptr;
    return std::make_unique<MappedSource>(
        std::shared_ptr<std::byte>(static_cast<std::byte*>(start),
                                   [size](std::byte* bytes) { munmap(bytes, size); }),
        size);
#endif
  }

 private:
  [[noreturn]] void fail_by_errno() const {
    throw fs::filesystem_error("open", path_, std::error_code(errno, std::generic_category()));
  }

  fs::path path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace

std::unique_ptr<MappedSource> map_source(const fs::path& path) { return FileSource(path).map(); }

#endif

std::unique_ptr<Source> open_source(const fs::path& path) {
  return std::make_unique<FileSource>(path);
}

}  // namespace filbert
