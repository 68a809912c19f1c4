#include "files/safetensors.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "filbert/model_file.hpp"
#include "files/json.hpp"
#include "system/check.hpp"

namespace filbert {
namespace {

constexpr std::array<std::string_view, 4> dtype_names{"F16", "BF16", "F32", "F64"};
constexpr std::string_view metadata_key = "__metadata__";
constexpr std::size_t max_name = 256;

DType read_dtype(JsonReader& json) {
  const std::string name = json.string(max_name);
  const auto found = std::find(dtype_names.begin(), dtype_names.end(), name);
  if (found == dtype_names.end()) json.fail("dtype F16, BF16, F32 or F64", "'" + name + "'");
  return static_cast<DType>(found - dtype_names.begin());
}

void read_tensor(JsonReader& json, TensorInfo& tensor) {
  json.fields({"dtype", "shape", "data_offsets"}, 3, [&](std::size_t which) {
    if (which == 0) tensor.dtype = read_dtype(json);
    if (which == 1) {
      json.array(TensorInfo::max_rank, [&] { tensor.dims[tensor.rank++] = json.integer(); });
    }
    if (which == 2) {
      std::size_t count = 0;
      json.array(2, [&] { (count++ == 0 ? tensor.begin : tensor.end) = json.integer(); });
      if (count != 2) json.fail("two data_offsets", std::to_string(count));
    }
  });
}

void read_metadata(JsonReader& json, SafetensorsHeader& header) {
  auto& metadata = header.metadata;
  metadata.reserve(max_metadata);
  json.object(max_name, [&](const std::string& key) {
    if (metadata.size() == max_metadata) {
      json.fail("at most " + std::to_string(max_metadata) + " entries of metadata", "more");
    }
    if (std::ranges::find(metadata, key, [](const auto& entry) { return entry.first; }) !=
        metadata.end()) {
      json.fail("each key once", "'" + key + "' twice in the metadata");
    }
    metadata.emplace_back(key, json.string(max_text));
  });
}

/// How many tensors a header seems to have, to reserve memory for them and no more.
std::size_t count_tensors(std::string_view text) {
  constexpr std::string_view once = "\"data_offsets\"";
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(once, at)) != text.npos; at += once.size()) ++count;
  return std::min(count, max_tensors);
}

[[noreturn]] void fail(const TensorInfo& tensor, const std::string& message) {
  throw FormatError("header, tensor '" + tensor.name + "': " + message);
}

/// Throws FormatError unless the tensors follow one another from the start of the data to the end.
void require_tiling(const std::vector<TensorInfo>& tensors, std::uint64_t data_size) {
  std::uint64_t at = 0;
  for (const TensorInfo& tensor : tensors) {
    if (tensor.begin != at || tensor.end < at || tensor.end > data_size) {
      fail(tensor, "expected data_offsets from " + std::to_string(at) + " to at most " +
                       std::to_string(data_size) + ", got " + std::to_string(tensor.begin) +
                       " and " + std::to_string(tensor.end));
    }
    std::uint64_t bytes = size_of(tensor.dtype);
    for (const std::uint64_t length : tensor.shape()) {
      if (length != 0 && bytes > ~std::uint64_t{0} / length) {
        fail(tensor, "expected a size below 2^64 bytes, got a larger one");
      }
      bytes *= length;
    }
    if (bytes != tensor.end - tensor.begin) {
      fail(tensor, "expected " + std::to_string(bytes) + " bytes, by dtype and shape, got " +
                       std::to_string(tensor.end - tensor.begin));
    }
    at = tensor.end;
  }
  if (at != data_size) {
    throw FormatError("data: expected " + std::to_string(at) + " bytes, by the header, got " +
                      std::to_string(data_size));
  }
}

void require_distinct_names(const std::vector<TensorInfo>& tensors) {
  std::vector<std::uint32_t> order(tensors.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto name = [&](std::uint32_t i) -> const std::string& { return tensors[i].name; };
  std::ranges::sort(order, {}, name);
  const auto twice = std::ranges::adjacent_find(order, {}, name);
  if (twice != order.end()) fail(tensors[*twice], "expected each name once, got it twice");
}

}  // namespace

std::size_t size_of(DType dtype) { return dtype == DType::f64 ? 8 : dtype == DType::f32 ? 4 : 2; }

std::string_view to_string(DType dtype) { return dtype_names[static_cast<std::size_t>(dtype)]; }

std::string describe(const TensorInfo& tensor) {
  std::string text = std::string(to_string(tensor.dtype)) + " (";
  for (std::size_t i = 0; i < tensor.rank; ++i) {
    text += (i > 0 ? ", " : "") + std::to_string(tensor.dims[i]);
  }
  return text + ")";
}

std::size_t header_length(std::span<const std::byte, 8> prefix, std::uint64_t file_size) {
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    length |= static_cast<std::uint64_t>(prefix[i]) << (8 * i);
  }
  if (length > max_header) {
    throw FormatError("byte 0: expected a safetensors file with a header of at most " +
                      std::to_string(max_header) + " bytes, got length " + std::to_string(length));
  }
  if (length > file_size - 8) {
    throw FormatError("byte 0: expected a header of " + std::to_string(length) +
                      " bytes, got a file of " + std::to_string(file_size));
  }
  return static_cast<std::size_t>(length);
}

SafetensorsHeader parse_header(std::string_view text, std::uint64_t data_size) {
  if (!text.starts_with('{')) throw FormatError("header, byte 0: expected '{'");
  JsonReader json(text, "header");
  SafetensorsHeader header;
  bool has_metadata = false;
  header.tensors.reserve(count_tensors(text));
  json.object(max_name, [&](const std::string& key) {
    if (key == metadata_key) {
      if (has_metadata) json.fail("each key once", "'" + key + "' twice");
      has_metadata = true;
      read_metadata(json, header);
      return;
    }
    if (header.tensors.size() == max_tensors) {
      json.fail("at most " + std::to_string(max_tensors) + " tensors", "more");
    }
    TensorInfo& tensor = header.tensors.emplace_back();
    tensor.name = key;
    read_tensor(json, tensor);
  });
  json.end(' ');
  require_distinct_names(header.tensors);
  std::ranges::sort(header.tensors, {}, [](const TensorInfo& tensor) {
    return std::pair(tensor.begin, tensor.end);  // an empty tensor comes before its neighbour
  });
  require_tiling(header.tensors, data_size);
  return header;
}

std::string make_header(const SafetensorsHeader& header) {
  require(header.tensors.size() <= max_tensors, "network: expected at most ", max_tensors,
          " tensors to save, got ", header.tensors.size());
  std::string text(8, '\0');
  text += '{';
  const auto begin_member = [&](std::string_view key) {
    if (text.back() != '{') text += ',';
    append_json(text, key);
    text += ':';
  };
  if (!header.metadata.empty()) {
    begin_member(metadata_key);
    text += '{';
    for (const auto& [key, value] : header.metadata) {
      require(value.size() <= max_text, "network: expected a description of at most ", max_text,
              " bytes to save, got ", value.size());
      begin_member(key);
      append_json(text, value);
    }
    text += '}';
  }
  std::uint64_t at = 0;
  for (const TensorInfo& tensor : header.tensors) {
    begin_member(tensor.name);
    text += "{\"dtype\":\"";
    text += to_string(tensor.dtype);
    text += "\",\"shape\":[";
    std::uint64_t bytes = size_of(tensor.dtype);
    for (std::size_t i = 0; i < tensor.rank; ++i) {
      if (i > 0) text += ',';
      text += std::to_string(tensor.dims[i]);
      bytes *= tensor.dims[i];
    }
    text += "],\"data_offsets\":[" + std::to_string(at) + ',' + std::to_string(at + bytes) + "]}";
    at += bytes;
  }
  text += '}';
  text.append((data_alignment - text.size() % data_alignment) % data_alignment, ' ');
  const std::uint64_t length = text.size() - 8;
  require(length <= max_header, "network: expected a header of at most ", max_header,
          " bytes to save, got ", length);
  for (std::size_t i = 0; i < 8; ++i) text[i] = static_cast<char>(length >> (8 * i) & 0xFF);
  return text;
}

}  // namespace filbert
