// A safetensors file that is being read: its header, which has been checked, and its data.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "filbert/format_error.hpp"
#include "files/safetensors.hpp"
#include "files/source.hpp"

namespace filbert {

class Container {
 public:
  /// Reads the header. Throws FormatError if anything in it is not as it should be.
  explicit Container(Source& source) : source_(source) {
    std::array<std::byte, 8> prefix{};
    if (source.size() < prefix.size()) {
      throw FormatError("expected a safetensors file of at least 8 bytes, got " +
                        std::to_string(source.size()));
    }
    source.read(0, prefix);
    std::string text(header_length(prefix, source.size()), '\0');
    source.read(prefix.size(), std::as_writable_bytes(std::span(text)));
    data_ = prefix.size() + text.size();
    header_ = parse_header(text, source.size() - data_);
  }

  Source& source() { return source_; }
  SafetensorsHeader& header() { return header_; }
  const SafetensorsHeader& header() const { return header_; }

  /// Where the bytes of a tensor are in the file.
  std::uint64_t position(const TensorInfo& tensor) const { return data_ + tensor.begin; }

 private:
  Source& source_;
  SafetensorsHeader header_;
  std::uint64_t data_ = 0;
};

/// Returns read(). The message of a FormatError that it throws gets the file's name put before it.
template <class Read>
auto naming(const std::filesystem::path& path, Read read) {
  try {
    return read();
  } catch (const FormatError& error) {
    const std::u8string name = path.u8string();
    throw FormatError(std::string(name.begin(), name.end()) + ": " + error.what());
  }
}

}  // namespace filbert
