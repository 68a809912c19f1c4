// The container of files: safetensors, which is [u64 N][N bytes of JSON][data]. Whatever is
// accepted here, Hugging Face's reader accepts too and sees the same tensors; it accepts more.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace filbert {

enum class DType : unsigned char { f16, bf16, f32, f64 };

std::size_t size_of(DType dtype);  // in bytes
std::string_view to_string(DType dtype);

/// One tensor: little endian, C order, packed. begin, end: in the data, which starts after the
/// header.
struct TensorInfo {
  static constexpr std::size_t max_rank = 8;

  std::string name;
  DType dtype = DType::f32;
  std::size_t rank = 0;
  std::array<std::uint64_t, max_rank> dims = {};  // the first `rank` of them
  std::uint64_t begin = 0, end = 0;

  std::span<const std::uint64_t> shape() const { return {dims.data(), rank}; }
};

/// Its dtype and shape, for messages.
std::string describe(const TensorInfo& tensor);

struct SafetensorsHeader {
  std::vector<TensorInfo> tensors;  // in the order of their data
  std::vector<std::pair<std::string, std::string>> metadata;
};

inline constexpr std::size_t max_header = std::size_t{1} << 20;
inline constexpr std::size_t max_tensors = 2048;
inline constexpr std::size_t max_metadata = 64;                // entries
inline constexpr std::size_t max_text = std::size_t{1} << 19;  // of an entry
inline constexpr std::size_t data_alignment = 64;              // of what is written

/// The N of a file of that size. Throws FormatError if it has no room for a header of that length.
std::size_t header_length(std::span<const std::byte, 8> prefix, std::uint64_t file_size);

/// header: the N bytes. Throws FormatError unless it is strictly what it should be and its tensors
/// tile data_size bytes: no hole, no overlap, nothing after them.
SafetensorsHeader parse_header(std::string_view header, std::uint64_t data_size);

/// The length of the header and the header, padded so that the data that follow start at a multiple
/// of data_alignment. The offsets are those of the tensors one after the other.
/// Throws std::invalid_argument if it would be longer than max_header, or more than the reader
/// takes.
std::string make_header(const SafetensorsHeader& header);

}  // namespace filbert
