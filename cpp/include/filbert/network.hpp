// A network is data: rows of layers and one buffer of parameters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "filbert/activation.hpp"
#include "filbert/aligned.hpp"
#include "filbert/classes.hpp"
#include "filbert/columns.hpp"
#include "filbert/export.h"
#include "filbert/initialiser.hpp"
#include "filbert/interrupted.hpp"
#include "filbert/matrix.hpp"
#include "filbert/normalisation.hpp"

namespace filbert {

/// One dense layer: z = W a + b, a = sigma(z).
struct Layer {
  std::size_t inputs;
  std::size_t outputs;
  Activation activation;

  bool operator==(const Layer&) const = default;
};

struct NetworkOptions {
  Activation activation = relu;              ///< of every hidden layer
  std::vector<Activation> activations = {};  ///< or one for each hidden layer; empty: `activation`
  Activation output = identity;              ///< of the last layer
  Initialiser init = initialisers::automatic;   ///< of the weights of every layer
  std::vector<Initialiser> inits = {};          ///< or one for each layer 1..L; empty: `init`
  Initialiser bias_init = initialisers::zeros;  ///< of the biases: zeros, constant, fan_in_uniform
  std::vector<Initialiser> bias_inits = {};     ///< or one for each layer 1..L; empty: `bias_init`
  std::uint64_t seed = 0;  ///< key of the initial weights and of the order of the epochs
  Classes classes = {};    ///< what the outputs stand for; empty: no labels
  std::vector<std::string> feature_names = {};  ///< what the inputs are called; empty: no names
  std::vector<Column> columns = {};  ///< the columns of a table that become the inputs; or none
  std::string target_name = {};      ///< the column that the outputs stand for; empty: not known
};

/// A number that no other object of this process has: copies get one of their own.
class UniqueNumber {
 public:
  FILBERT_API UniqueNumber();
  UniqueNumber(const UniqueNumber&) : UniqueNumber() {}
  UniqueNumber(UniqueNumber&& other) noexcept : value_(other.value_) {}
  UniqueNumber& operator=(const UniqueNumber&) { return *this; }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_;
};

/// Layers are numbered 1..L as in the textbooks; layer 0 is the input.
/// The parameters are one buffer: for l = 1..L, W stored [in][out] row-major without padding, then
/// b. Where NetworkOptions do not say otherwise, weights start uniform in +-sqrt(6 / inputs) before
/// relu (He et al. 2015), else in +-sqrt(6 / (inputs + outputs)) (Glorot and Bengio 2010), and
/// biases at 0.
template <class T>
class FILBERT_API_TYPE BasicNetwork {
 public:
  /// sizes: neurons of layer 0, 1, ..., L; at least two of them, none 0.
  /// Throws std::invalid_argument if the sizes, activations or initialisers are not those of a
  /// network, if the parameters would not fit in the address space, and as require_names does;
  /// Interrupted if keep_going ends it.
  FILBERT_API explicit BasicNetwork(std::vector<std::size_t> sizes,
                                    const NetworkOptions& options = {},
                                    const KeepGoing& keep_going = {});

  /// A network with these parameters. Throws std::invalid_argument if their number is another one.
  FILBERT_API BasicNetwork(std::vector<std::size_t> sizes, const NetworkOptions& options,
                           AlignedBuffer<T> parameters);

  std::span<const std::size_t> sizes() const { return sizes_; }
  std::span<const Layer> layers() const { return layers_; }  ///< layer l is layers()[l - 1]
  std::size_t depth() const { return layers_.size(); }       ///< L
  std::size_t inputs() const { return sizes_.front(); }
  std::size_t outputs() const { return sizes_.back(); }
  Activation output() const { return layers_.back().activation; }

  /// All parameters; its size is their number.
  std::span<T> parameters() { return {parameters_.data(), parameters_.size()}; }
  std::span<const T> parameters() const { return {parameters_.data(), parameters_.size()}; }

  /// Weights of layer l = 1..L: (inputs, outputs); w(l)(k, j) goes from neuron k to neuron j.
  BasicMatrixView<T> w(std::size_t l) {
    return {parameters_.data() + offset(l), sizes_[l - 1], sizes_[l]};
  }
  BasicMatrixView<const T> w(std::size_t l) const {
    return {parameters_.data() + offset(l), sizes_[l - 1], sizes_[l]};
  }

  /// Biases of layer l = 1..L: (outputs).
  std::span<T> b(std::size_t l) {
    return {parameters_.data() + offset(l) + sizes_[l - 1] * sizes_[l], sizes_[l]};
  }
  std::span<const T> b(std::size_t l) const {
    return {parameters_.data() + offset(l) + sizes_[l - 1] * sizes_[l], sizes_[l]};
  }

  /// Where W of layer l = 1..L starts in parameters(); its biases start inputs * outputs later.
  std::size_t offset(std::size_t l) const { return offsets_[l - 1]; }

  std::uint64_t seed() const { return seed_; }
  void set_seed(std::uint64_t seed) { seed_ = seed; }  ///< the weights stay as they are
  std::uint64_t epoch() const { return epoch_; }  ///< epochs trained so far: the next one's number
  void set_epoch(std::uint64_t epoch) { epoch_ = epoch; }

  // These setters throw as require_names does, and then change nothing. Nothing else here or in
  // training looks at the names: they are kept, and written to files, for whoever has the data.
  const Classes& classes() const { return classes_; }
  FILBERT_API void set_classes(Classes classes);
  const std::vector<std::string>& feature_names() const { return feature_names_; }
  FILBERT_API void set_feature_names(std::vector<std::string> names);
  const std::vector<Column>& columns() const { return columns_; }
  const std::string& target_name() const { return target_name_; }
  FILBERT_API void set_columns(std::vector<Column> columns, std::string target_name);

  /// What is done to x and to targets wherever they go through the network. Layers, weights,
  /// workspaces and costs know x, a and y as they are after that; predict alone returns outputs in
  /// the units of the targets.
  const Normalisation& normalisation() const {
    return normalisation_ == nullptr ? no_normalisation() : *normalisation_;
  }
  /// Throws std::invalid_argument if its numbers are not those of a network of these sizes and this
  /// output, and changes nothing then. An empty one takes away what there was.
  FILBERT_API void set_normalisation(Normalisation normalisation);
  /// The same object, or null where there is none.
  const Normalisation* normalises() const { return normalisation_.get(); }

  std::uint64_t id() const { return identity_.value(); }  ///< tells networks apart

 private:
  UniqueNumber identity_;
  std::vector<std::size_t> sizes_;
  std::vector<Layer> layers_;
  std::vector<std::size_t> offsets_;
  AlignedBuffer<T> parameters_;
  std::uint64_t seed_ = 0;
  std::uint64_t epoch_ = 0;
  Classes classes_;
  std::vector<std::string> feature_names_;
  std::vector<Column> columns_;
  std::string target_name_;
  std::shared_ptr<const Normalisation> normalisation_;  // copies of a network share it

  FILBERT_API static const Normalisation& no_normalisation();
  std::size_t lay_out();  // fills offsets_; the number of parameters
};

#ifndef FILBERT_DLL
extern template class BasicNetwork<float>;
extern template class BasicNetwork<double>;
#endif

using Network = BasicNetwork<float>;
using Network64 = BasicNetwork<double>;

}  // namespace filbert
