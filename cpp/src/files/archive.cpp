#include "files/archive.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "filbert/format_error.hpp"
#include "system/hex.hpp"

namespace filbert {
namespace {

constexpr std::string_view description_key = "filbert", checksum_key = "filbert.checksum";

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// Moves the value of an entry out of the metadata. Throws FormatError if there is no such entry.
std::string take(SafetensorsHeader& header, std::string_view key) {
  for (auto& [name, value] : header.metadata) {
    if (name == key) return std::move(value);
  }
  throw FormatError(
      "metadata: expected an entry '" + std::string(key) +
      "' as in every file that filbert writes, got none; in Python, Network.load_state_dict takes "
      "the weights of other libraries");
}

}  // namespace

std::string archive_header(std::string description, std::span<const TensorData> tensors,
                           Pieces& pieces) {
  SafetensorsHeader header;
  Checksum checksum;
  checksum.update(bytes_of(description));
  for (const TensorData& tensor : tensors) {
    pieces.of(tensor.bytes, [&](std::span<const std::byte> piece) { checksum.update(piece); });
    header.tensors.push_back(tensor.info);
  }
  header.metadata.emplace_back(description_key, std::move(description));
  header.metadata.emplace_back(checksum_key, hex(checksum.value()));
  return make_header(header);
}

std::vector<std::span<const std::byte>> parts_of(const std::string& header,
                                                 std::span<const TensorData> tensors) {
  std::vector<std::span<const std::byte>> parts{std::as_bytes(std::span(header))};
  for (const TensorData& tensor : tensors) parts.push_back(tensor.bytes);
  return parts;
}

std::vector<std::byte> joined(std::span<const std::span<const std::byte>> parts, Pieces& pieces) {
  std::size_t size = 0;
  for (const std::span<const std::byte> part : parts) size += part.size();
  std::vector<std::byte> bytes;
  bytes.reserve(size);
  for (const std::span<const std::byte> part : parts) {
    pieces.of(part, [&](std::span<const std::byte> piece) {
      bytes.insert(bytes.end(), piece.begin(), piece.end());
    });
  }
  return bytes;
}

ArchiveReader::ArchiveReader(Source& source, const KeepGoing& keep_going)
    : file_(source), pieces_(keep_going) {
  SafetensorsHeader& header = file_.header();
  text_ = take(header, description_key);
  wanted_ = take(header, checksum_key);
  if (header.metadata.size() != 2) {
    throw FormatError("metadata: expected the entries 'filbert' and 'filbert.checksum', got " +
                      std::to_string(header.metadata.size()) + " entries");
  }
  header.metadata = {};
  checksum_.update(bytes_of(text_));
}

Description ArchiveReader::take_description() {
  Description description = parse_description(text_);
  text_ = {};
  const std::size_t count = file_.header().tensors.size();
  if (count != tensor_count(description)) {
    throw FormatError("header: expected " + std::to_string(tensor_count(description)) +
                      " tensors, got " + std::to_string(count));
  }
  return description;
}

const TensorInfo& ArchiveReader::find(const TensorInfo& wanted) const {
  const auto& tensors = file_.header().tensors;
  const auto found = std::ranges::find(tensors, wanted.name, &TensorInfo::name);
  if (found == tensors.end()) {
    throw FormatError("header: expected a tensor '" + wanted.name + "', got none");
  }
  if (found->dtype != wanted.dtype || !std::ranges::equal(found->shape(), wanted.shape())) {
    throw FormatError("header, tensor '" + wanted.name + "': expected " + describe(wanted) +
                      ", got " + describe(*found));
  }
  return *found;
}

void ArchiveReader::read(const TensorInfo& found, std::span<std::byte> to) {
  std::uint64_t at = position(found);
  pieces_.of(to, [&](std::span<std::byte> piece) {
    file_.source().read(at, piece);
    checksum_.update(piece);
    at += piece.size();
  });
}

void ArchiveReader::add(std::span<const std::byte> bytes) {
  pieces_.of(bytes, [&](std::span<const std::byte> piece) { checksum_.update(piece); });
}

void ArchiveReader::skip(const TensorInfo& found) {
  std::array<std::byte, 16384> part;
  std::uint64_t at = position(found), rest = found.end - found.begin;
  while (rest > 0) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(part.size(), rest));
    pieces_.of(std::span(part).first(size), [&](std::span<std::byte> piece) {
      file_.source().read(at, piece);
      checksum_.update(piece);
    });
    at += size;
    rest -= size;
  }
}

void ArchiveReader::require_checksum() const {
  const std::string got = hex(checksum_.value());
  if (got != wanted_) {
    throw FormatError("checksum: expected " + wanted_ + ", by the metadata, got " + got +
                      ": the file is damaged");
  }
}

}  // namespace filbert
