#include "filbert/tensor_file.hpp"

#include <cstdint>
#include <limits>

#include "filbert/format_error.hpp"
#include "files/container.hpp"
#include "files/half.hpp"
#include "system/pieces.hpp"

namespace filbert {
namespace {

template <class T>
std::vector<T> values_of(Container& file, const TensorInfo& info, Pieces& pieces) {
  std::vector<T> values(static_cast<std::size_t>((info.end - info.begin) / sizeof(T)));
  std::uint64_t at = file.position(info);
  pieces.of(std::as_writable_bytes(std::span(values)), [&](std::span<std::byte> piece) {
    file.source().read(at, piece);
    at += piece.size();
  });
  return values;
}

template <class Convert>
std::vector<float> widened(Container& file, const TensorInfo& info, Pieces& pieces,
                           Convert convert) {
  const std::vector<std::uint16_t> halves = values_of<std::uint16_t>(file, info, pieces);
  std::vector<float> values;
  values.reserve(halves.size());
  pieces(halves.size(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) values.push_back(convert(halves[i]));
  });
  return values;
}

Tensor read_tensor(Container& file, const TensorInfo& info, Pieces& pieces) {
  Tensor tensor;
  tensor.name = info.name;
  for (const std::uint64_t length : info.shape()) {
    if (length > std::numeric_limits<std::size_t>::max()) {
      throw FormatError("header, tensor '" + info.name + "': expected a shape that fits in memory");
    }
    tensor.shape.push_back(static_cast<std::size_t>(length));
  }
  switch (info.dtype) {
    case DType::f16:
      tensor.values = widened(file, info, pieces, float_from_f16);
      break;
    case DType::bf16:
      tensor.values = widened(file, info, pieces, float_from_bf16);
      break;
    case DType::f32:
      tensor.values = values_of<float>(file, info, pieces);
      break;
    case DType::f64:
      tensor.values = values_of<double>(file, info, pieces);
      break;
  }
  return tensor;
}

}  // namespace

std::vector<Tensor> read_tensors(const std::filesystem::path& path, const KeepGoing& keep_going) {
  return naming(path, [&] {
    const auto source = open_source(path);
    Container file(*source);
    Pieces pieces(keep_going);
    std::vector<Tensor> tensors;
    for (const TensorInfo& info : file.header().tensors) {
      tensors.push_back(read_tensor(file, info, pieces));
    }
    return tensors;
  });
}

Metadata read_metadata(const std::filesystem::path& path) {
  return naming(path, [&] {
    const auto source = open_source(path);
    return std::move(Container(*source).header().metadata);
  });
}

}  // namespace filbert
