#include "training/dropout.hpp"

#include <algorithm>

#include "network/padded.hpp"
#include "network/random.hpp"
#include "network/row_parts.hpp"

namespace filbert {

template <class T>
Dropout<T>::Dropout(const BasicNetwork<T>& net, const FitOptions& options,
                    BasicWorkspace<T>& workspace)
    : workspace_(workspace), seed_(*options.seed), layers_(net.depth()) {
  const std::size_t batch = workspace.max_batch();
  noise_ = static_cast<T>(options.noise);
  for (std::size_t l = 0; l < net.depth(); ++l) {
    const double rate = l == 0                    ? options.input_dropout
                        : options.dropout.empty() ? 0.0
                                                  : options.dropout[l - 1];
    DroppedLayer& layer = layers_[l];
    layer.drops = rate > 0.0;
    layer.exists = layer.drops || (l == 0 && noise_ != T(0));
    if (!layer.exists) continue;
    layer.keep = keep_of<T>(rate);
    layer.width = net.sizes()[l];
    layer.stride = padded<T>(layer.width);
    layer.factors = AlignedBuffer<T>(batch * layer.width);
    layer.values = AlignedBuffer<T>(batch * layer.stride);
    if (l > 0) workspace.set_a_rows(l, layer.values.data());
  }
  if (!layers_[0].exists) return;
  for (std::size_t i = 0; i < batch; ++i) {
    input_rows_.push_back(layers_[0].values.data() + i * layers_[0].stride);
  }
}

template <class T>
void Dropout<T>::begin(std::uint64_t epoch, std::uint64_t position) {
  position_ = position;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    layers_[l].stream = epoch_stream(seed_, Purpose::dropout, l, epoch);
  }
  noise_stream_ = epoch_stream(seed_, Purpose::noise, 0, epoch);
}

template <class T>
template <class From>
bool Dropout<T>::drop(Worker& worker, Watch& watch, const Kernels<T>& kernels, std::size_t l,
                      From from) {
  DroppedLayer& layer = layers_[l];
  if (!layer.exists) return true;
  const std::size_t operations = operations_of(layer), width = layer.width;
  return by_rows(worker, watch, workspace_.rows(), operations, [&](Range rows) {
    const Range part = rows.part(worker.share(rows.size(), operations));
    // Some rows at a time, so that their factors stay in the first cache.
    const std::size_t most = std::max<std::size_t>(1, 2048 / width);
    for (std::size_t begin = part.begin; begin < part.end; begin += most) {
      const std::size_t size = (std::min(part.end, begin + most) - begin) * width;
      const std::uint64_t first = (position_ + begin) * width;
      T* const factors = layer.factors.data() + begin * width;
      // Calls f(values, what they are made of, factors) for each row.
      const auto each_row = [&](bool is_noisy, auto f) {
        for (std::size_t at = 0; at < size; at += width) {
          const std::size_t i = begin + at / width;
          T* const values = layer.values.data() + i * layer.stride;
          f(values, is_noisy ? values : from(i), factors + at);
        }
      };
      const bool adds_noise = l == 0 && noise_ != T(0);
      if (adds_noise) {  // its numbers are where the factors come afterwards
        kernels.normal(factors, noise_stream_, first, size);
        each_row(false, [&](T* values, const T* x, const T* z) {
          kernels.add_multiple(values, x, noise_, z, width);
        });
      }
      if (!layer.drops) continue;
      kernels.dropout(factors, layer.stream, first, layer.keep, size);
      each_row(adds_noise, [&](T* values, const T* x, const T* kept) {
        kernels.multiply_kept(values, x, kept, width);
      });
    }
  });
}

template <class T>
bool Dropout<T>::input(Worker& worker, Watch& watch, const Kernels<T>& kernels, const T* const* x) {
  return drop(worker, watch, kernels, 0, [&](std::size_t i) { return x[i]; });
}

template <class T>
bool Dropout<T>::forward(Worker& worker, Watch& watch, const Kernels<T>& kernels, std::size_t l) {
  const BasicMatrixView<T> a = workspace_.a(l);
  return drop(worker, watch, kernels, l, [&](std::size_t i) { return &a(i, 0); });
}

template <class T>
bool Dropout<T>::backward(Worker& worker, Watch& watch, const Kernels<T>& kernels, std::size_t l) {
  const DroppedLayer& layer = layers_[l];
  if (!layer.exists) return true;
  const BasicMatrixView<T> dz = workspace_.dz(l);
  const std::size_t operations = operations_of(layer);
  return by_rows(worker, watch, workspace_.rows(), operations, [&](Range rows) {
    const Range part = rows.part(worker.share(rows.size(), operations));
    for (std::size_t i = part.begin; i < part.end; ++i) {
      kernels.multiply_kept(&dz(i, 0), &dz(i, 0), layer.factors.data() + i * layer.width,
                            layer.width);
    }
  });
}

template class Dropout<float>;
template class Dropout<double>;

}  // namespace filbert
