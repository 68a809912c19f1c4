// A safetensors file of filbert's own: a description in the metadata, tensors of known names, and a
// checksum over both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "files/checksum.hpp"
#include "files/container.hpp"
#include "files/description.hpp"
#include "system/pieces.hpp"

namespace filbert {

/// A tensor to write: what the header says of it, and its bytes, which somebody else keeps.
struct TensorData {
  TensorInfo info;
  std::span<const std::byte> bytes;
};

/// The bytes with which a file begins. Those of each tensor follow, in order.
std::string archive_header(std::string description, std::span<const TensorData> tensors,
                           Pieces& pieces);

/// The whole file, in the parts of which it consists. The caller keeps the header.
std::vector<std::span<const std::byte>> parts_of(const std::string& header,
                                                 std::span<const TensorData> tensors);

/// Such parts, one after another.
std::vector<std::byte> joined(std::span<const std::span<const std::byte>> parts, Pieces& pieces);

/// Reads a file that begins with an archive_header. The checksum covers the description and the
/// tensors in the order in which read, add and skip are called for them. That has to be the order
/// in which they were written, wherever another program may have put them in the file since.
class ArchiveReader {
 public:
  /// Reads the header. Throws FormatError if anything in it is not as it should be.
  ArchiveReader(Source& source, const KeepGoing& keep_going);

  /// Calls read(description), which has to read or skip every tensor, and returns its result.
  /// Throws FormatError if the file has other tensors than those described or another checksum, and
  /// instead of the std::invalid_argument of a network or an optimizer that cannot exist.
  template <class Read>
  auto contents(Read read) {
    Description description = take_description();
    try {
      auto result = read(description);
      require_checksum();
      return result;
    } catch (const std::invalid_argument& error) {
      throw FormatError(std::string("metadata 'filbert': ") + error.what());
    }
  }

  /// Finds the tensor of that name. Throws FormatError if there is none, or if its dtype or shape
  /// is another one.
  const TensorInfo& find(const TensorInfo& wanted) const;
  /// Where the bytes of a tensor are in the file.
  std::uint64_t position(const TensorInfo& found) const { return file_.position(found); }

  /// Reads the bytes of a tensor that find has returned, and adds them to the checksum.
  void read(const TensorInfo& found, std::span<std::byte> to);
  /// Adds bytes that are in memory already to the checksum.
  void add(std::span<const std::byte> bytes);
  /// Adds the bytes of a tensor to the checksum, and keeps none of them.
  void skip(const TensorInfo& found);

 private:
  Description take_description();
  void require_checksum() const;

  Container file_;
  std::string text_, wanted_;  // the description, and the checksum that the file says it has
  Checksum checksum_;
  Pieces pieces_;
};

}  // namespace filbert
