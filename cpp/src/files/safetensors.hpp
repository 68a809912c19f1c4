// The headers of safetensors files. Such a file is a number N of 8 bytes, N bytes of JSON, and the
// data. Whatever this reader accepts, Hugging Face's accepts as well, and sees the same tensors;
// that one accepts more.
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

/// One tensor: little endian, in C order, without gaps. begin and end count from the start of the
/// data.
struct TensorInfo {
  static constexpr std::size_t max_rank = 8;

  std::string name;
  DType dtype = DType::f32;
  std::size_t rank = 0;
  std::array<std::uint64_t, max_rank> dims = {};  // the first `rank` of them
  std::uint64_t begin = 0, end = 0;

  std::span<const std::uint64_t> shape() const { return {dims.data(), rank}; }
};

/// The dtype and the shape of a tensor, as messages show them.
std::string describe(const TensorInfo& tensor);

struct SafetensorsHeader {
  std::vector<TensorInfo> tensors;  // in the order in which their data lie
  std::vector<std::pair<std::string, std::string>> metadata;
};

inline constexpr std::size_t max_header = std::size_t{1} << 20;
inline constexpr std::size_t max_tensors = 2048;
inline constexpr std::size_t max_metadata = 64;                // entries
inline constexpr std::size_t max_text = std::size_t{1} << 19;  // of an entry
inline constexpr std::size_t data_alignment = 64;              // of what is written

/// The number N of a file. Throws FormatError if a file of that size has no room for such a header.
std::size_t header_length(std::span<const std::byte, 8> prefix, std::uint64_t file_size);

/// Reads a header, which is the N bytes of JSON. Throws FormatError if anything in it is not as it
/// should be, or if its tensors leave a hole, overlap, or do not end where the data end.
SafetensorsHeader parse_header(std::string_view header, std::uint64_t data_size);

/// The number N and the header, padded so that the data that follow start at a multiple of
/// data_alignment. Tensors lie one after another. Throws std::invalid_argument if parse_header
/// would refuse the header, such as one longer than max_header.
std::string make_header(const SafetensorsHeader& header);

}  // namespace filbert
