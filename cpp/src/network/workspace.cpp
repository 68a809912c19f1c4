#include "filbert/workspace.hpp"

#include <algorithm>

#include "network/kinds.hpp"
#include "network/padded.hpp"
#include "system/check.hpp"

namespace filbert {

template <class T>
BasicWorkspace<T>::BasicWorkspace(const BasicNetwork<T>& net, const WorkspaceOptions& options)
    : options_(options), sizes_(net.sizes().begin(), net.sizes().end()) {
  require(options.max_batch > 0, "max_batch: expected at least 1, got 0");
  constexpr const char* what = "max_batch";
  constexpr std::size_t line = 64 / sizeof(T);  // blocks begin on cache lines
  const std::size_t layers = sizes_.size();
  std::size_t total = 0;
  const auto take = [&](std::size_t size) {
    const std::size_t offset = total;
    total = checked_add(total, size, what);
    return offset;
  };
  if (options.training) {  // a prediction needs none of it, and that of one row would wait for it
    for (const Layer& layer : net.layers()) of_z_.push_back(derivative_needs_z(layer.activation));
  }
  const std::size_t none = static_cast<std::size_t>(-1);
  std::vector<std::size_t> a(layers, none), z = a, dz = a, da = a;
  for (std::size_t l = 0; l < layers; ++l) {
    strides_.push_back(l + 1 == layers ? output_stride<T>(sizes_[l]) : padded<T>(sizes_[l]));
    const std::size_t numbers = checked_mul(options.max_batch, strides_[l], what);
    const std::size_t block = checked_add(numbers, line - 1, what) / line * line;
    if (l > 0) a[l] = take(block);
    const bool keeps_z =
        options.inspect || (options.training && (l + 1 == layers || (l > 0 && of_z_[l - 1])));
    if (l > 0 && keeps_z) z[l] = take(block);
    if (l > 0 && options.training) dz[l] = take(block);
    if (options.inspect && options.training) da[l] = take(block);
  }
  const std::size_t cost = options.training ? take(options.max_batch) : none;
  checked_mul(total, 2 * sizeof(T), what);
  buffer_ = AlignedBuffer<T>(total);
  const auto pointers = [&](const std::vector<std::size_t>& offsets) {
    std::vector<T*> blocks;
    for (const std::size_t offset : offsets) {
      blocks.push_back(offset == none ? nullptr : buffer_.data() + offset);
    }
    return blocks;
  };
  a_ = pointers(a);
  z_ = pointers(z);
  dz_ = pointers(dz);
  da_ = pointers(da);
  cost_ = cost == none ? nullptr : buffer_.data() + cost;
  for (std::size_t l = 1; l < layers; ++l) {
    for (std::size_t i = 0; i < options.max_batch; ++i) a_rows_.push_back(a_[l] + i * strides_[l]);
  }
  input_rows_.resize(options.max_batch);
  target_rows_.resize(options.training ? options.max_batch : 0);
}

template <class T>
BasicMatrixView<T> BasicWorkspace<T>::normalised() {
  const std::size_t size = max_batch() * strides_[0];
  if (normalised_.size() != size) normalised_ = AlignedBuffer<T>(size);
  return {normalised_.data(), max_batch(), sizes_[0], strides_[0]};
}

template <class T>
void BasicWorkspace<T>::set_a_rows(std::size_t l, const T* rows) {
  for (std::size_t i = 0; i < max_batch(); ++i) {
    a_rows_[(l - 1) * max_batch() + i] = rows + i * strides_[l];
  }
}

template <class T>
bool BasicWorkspace<T>::fits(const BasicNetwork<T>& net) const {
  return std::ranges::equal(net.sizes(), sizes_) &&
         (!training() || std::ranges::equal(net.layers(), of_z_, {}, [](const Layer& layer) {
           return derivative_needs_z(layer.activation);
         }));
}

template <class T>
BasicGradients<T>::BasicGradients(const BasicNetwork<T>& net)
    : layers_(net.layers().begin(), net.layers().end()), flat_(net.parameters().size()) {
  for (std::size_t l = 1; l <= layers_.size(); ++l) offsets_.push_back(net.offset(l));
}

template <class T>
BasicMatrixView<T> BasicGradients<T>::w(std::size_t l) {
  return {flat_.data() + offsets_[l - 1], layers_[l - 1].inputs, layers_[l - 1].outputs};
}

template <class T>
std::span<T> BasicGradients<T>::b(std::size_t l) {
  const Layer& layer = layers_[l - 1];
  return {flat_.data() + offsets_[l - 1] + layer.inputs * layer.outputs, layer.outputs};
}

template class BasicWorkspace<float>;
template class BasicWorkspace<double>;
template class BasicGradients<float>;
template class BasicGradients<double>;

}  // namespace filbert
