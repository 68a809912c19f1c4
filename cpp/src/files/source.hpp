// Where the bytes of a file are read from: a file, its mapping, or memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace filbert {

class Source {
 public:
  virtual ~Source() = default;
  virtual std::uint64_t size() const = 0;
  /// Reads to.size() bytes from `offset` on; offset + to.size() is at most size(). Throws
  /// FormatError if the file has become shorter meanwhile, and std::filesystem::filesystem_error if
  /// it cannot be read.
  virtual void read(std::uint64_t offset, std::span<std::byte> to) = 0;
};

/// Bytes in memory, which the caller keeps alive.
class MemorySource : public Source {
 public:
  explicit MemorySource(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::uint64_t size() const override { return bytes_.size(); }
  void read(std::uint64_t offset, std::span<std::byte> to) override;

 private:
  std::span<const std::byte> bytes_;
};

/// A mapping of a whole file. Its memory may be written to, which does not change the file.
class MappedSource : public MemorySource {
 public:
  MappedSource(std::shared_ptr<std::byte> owner, std::size_t size)
      : MemorySource({owner.get(), size}), owner_(std::move(owner)) {}
  const std::shared_ptr<std::byte>& bytes() const { return owner_; }

 private:
  std::shared_ptr<std::byte> owner_;
};

/// Opens a file. Throws std::filesystem::filesystem_error if that fails or if the path is a folder,
/// and FormatError if it is another thing than a regular file.
std::unique_ptr<Source> open_source(const std::filesystem::path& path);

/// Opens a file as a mapping. Returns nullptr if this system or this file cannot be mapped.
std::unique_ptr<MappedSource> map_source(const std::filesystem::path& path);

}  // namespace filbert
