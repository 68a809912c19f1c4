// Small files of every kind, for tests of how files are read.
#pragma once

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "filbert/filbert.hpp"

namespace files {

using Bytes = std::vector<std::byte>;

// What is said where a file cannot be saved because its folder is missing, or because it is a
// folder itself. Each version of Windows has words of its own.
#ifdef _WIN32
inline constexpr const char *folder_is_missing = "save: ", *is_a_folder = "save: ";
#else
inline constexpr const char *folder_is_missing = "No such file", *is_a_folder = "directory";
#endif

inline Bytes bytes_of(const std::string& text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

inline Bytes read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return bytes_of({std::istreambuf_iterator<char>(file), {}});
}

inline void write(const std::filesystem::path& path, const Bytes& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

/// A file with this header and so many bytes of data.
inline Bytes with_header(const std::string& header, std::size_t data) {
  std::string text(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) text[i] = static_cast<char>(header.size() >> (8 * i) & 0xFF);
  return bytes_of(text + header + std::string(data, '\1'));
}

/// A new folder, which is removed at the end of the scope.
class Folder {
 public:
  explicit Folder(const std::string& name)
      : path_(std::filesystem::temp_directory_path() / ("filbert_" + name)) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

template <class T>
Bytes trained(filbert::BasicNetwork<T> net, filbert::Optimizer optimizer, bool checkpoint,
              const std::filesystem::path& path,
              const filbert::NormalisationOptions& learnt = {
                  .kind = filbert::NormalisationKind::none}) {
  std::vector<T> x(5 * net.inputs()), y(5 * net.outputs(), T(0.5));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(i % 7) / T(4);
  const filbert::BasicData<T> data{.x = {x.data(), 5, net.inputs()},
                                   .y = {y.data(), 5, net.outputs()}};
  if (learnt.kind != filbert::NormalisationKind::none || learnt.targets) {
    net.set_normalisation(learn_normalisation(net, data, learnt));
  }
  filbert::fit(net, data, optimizer,
               {.epochs = 2, .batch_size = 2, .loss = filbert::squared_error});
  if (checkpoint) {
    filbert::Training training{
        .options = {.batch_size = 2}, .position = {2, 1, 0.25, 3, 4}, .rows = 5};
    training.history = {{"loss", {0.5, 0.25}}, {"val_loss", {1.0, 0.125}}};
    save_checkpoint(net, optimizer, training, path);
  } else {
    save(net, path);
  }
  return read(path);
}

/// Files of networks of both types, of one layer and of three, with classes, feature names and
/// normalisations, of checkpoints, and of an optimizer alone.
inline std::vector<Bytes> samples() {
  using filbert::identity, filbert::relu, filbert::sigmoid, filbert::tanh, filbert::softmax;
  const Folder folder("samples");
  const std::filesystem::path path = folder / "file.safetensors";
  using filbert::Network, filbert::Network64;
  using Names = std::vector<std::string>;
  using Integers = std::vector<std::int64_t>;
  std::vector<Bytes> all{
      trained(Network({1, 1}), filbert::Sgd(), false, path),
      trained(Network({3, 4, 2}, {.output = softmax, .seed = 7}), filbert::Sgd(), false, path),
      trained(Network64({2, 3, 1}, {.activation = tanh, .output = sigmoid}), filbert::Adam(), false,
              path),
      trained(Network({2, 2}, {.output = softmax,
                               .seed = ~std::uint64_t{0},
                               .classes = Names{"a\"\\\n", "\u20ac\U0001F600"}}),
              filbert::Sgd(), false, path),
      trained(Network({2, 2, 2, 2}, {.activations = {sigmoid, identity}}), filbert::Sgd(), false,
              path),
      trained(Network({2, 3, 1}), filbert::Sgd({.momentum = 0.9, .nesterov = true}), true, path),
      trained(Network64({1, 2, 2}, {.output = softmax, .classes = Names{"no", "yes"}}),
              filbert::Adam({.beta1 = 0.5}), true, path),
      trained(Network({2, 1}), filbert::Sgd(), true, path),
      trained(Network({2, 1}), filbert::Adam(), true, path),
  };
  filbert::Network net({2, 1});
  filbert::Optimizer adam = filbert::Adam();
  adam.step(net, std::vector<float>(3, 0.5F));
  all.push_back(to_bytes(adam));
  all.push_back(trained(
      Network({2, 3}, {.output = softmax,
                       .classes = Integers{std::numeric_limits<std::int64_t>::min(), 0, 70}}),
      filbert::Sgd(), true, path));
  all.push_back(trained(Network({3, 1}, {.output = sigmoid,
                                         .classes = Integers{7, -7},
                                         .feature_names = {"size", "", "\u20ac, \"net\"\n"},
                                         .columns = {{"size"}, {"net", {"\u20ac", ""}, true}},
                                         .target_name = "y"}),
                        filbert::Sgd(), true, path));
  using filbert::NormalisationKind;
  all.push_back(trained(Network({3, 1}), filbert::Sgd(), false, path,
                        {.kind = NormalisationKind::standard, .fill = true}));
  all.push_back(trained(Network64({2, 1}), filbert::Sgd(), false, path,
                        {.kind = NormalisationKind::quantiles}));
  all.push_back(trained(Network({2, 2, 1}), filbert::Sgd({.momentum = 0.5}), true, path,
                        {.kind = NormalisationKind::robust, .targets = true}));
  return all;
}

}  // namespace files
