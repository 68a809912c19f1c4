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

/// A tensor to write. bytes: as info says; they stay where they are.
struct Block {
  TensorInfo info;
  std::span<const std::byte> bytes;
};

/// What a file begins with; the bytes of each block follow, in order.
std::string archive_header(std::string description, std::span<const Block> blocks, Pieces& pieces);

/// Reads what archive_header began. The checksum goes over the description and the tensors in the
/// order of read, add and skip: that in which they were written, wherever another program has put
/// them.
class ArchiveReader {
 public:
  /// Throws FormatError unless the header is strictly what it should be.
  ArchiveReader(Source& source, const KeepGoing& keep_going);

  /// read(description), which reads every tensor; what it returns. Throws FormatError if there are
  /// other tensors than those described, if the checksum is another one, and for what
  /// std::invalid_argument finds: a network or an optimizer that cannot be.
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

  /// The tensor of that name. Throws FormatError if there is none, or not of that dtype and shape.
  const TensorInfo& find(const TensorInfo& wanted) const;
  /// Where its bytes are in the file.
  std::uint64_t position(const TensorInfo& found) const { return file_.position(found); }

  /// found: what find returned; to: its bytes.
  void read(const TensorInfo& found, std::span<std::byte> to);
  /// For bytes that are in memory already.
  void add(std::span<const std::byte> bytes);
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
