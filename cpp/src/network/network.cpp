#include "filbert/network.hpp"

#include <atomic>

#include "network/initialise.hpp"
#include "network/kinds.hpp"
#include "network/normalise.hpp"
#include "system/check.hpp"
#include "system/float_mode.hpp"
#include "system/pieces.hpp"

namespace filbert {
namespace {

/// What a network without a normalisation has. It is of no template, so that a shared library does
/// not export its guard variable.
const Normalisation& identity_normalisation() {
  static const Normalisation none;
  return none;
}

std::vector<Layer> make_layers(const std::vector<std::size_t>& sizes,
                               const NetworkOptions& options) {
  require(sizes.size() >= 2, "sizes: expected at least two, of the input and the output, got ",
          sizes.size());
  require(sizes.size() <= std::size_t{1} << 24, "sizes: expected at most 2^24, got ", sizes.size());
  const std::size_t hidden = sizes.size() - 2;
  require(options.activations.empty() || options.activations.size() == hidden,
          "activation: expected one for each of ", hidden, " hidden layers, got ",
          options.activations.size());
  std::vector<Layer> layers;
  for (std::size_t l = 1; l < sizes.size(); ++l) {
    require(sizes[l - 1] > 0, "sizes: expected positive numbers of neurons, got 0 in layer ",
            l - 1);
    const bool last = l == sizes.size() - 1;
    const Activation activation = last                          ? options.output
                                  : options.activations.empty() ? options.activation
                                                                : options.activations[l - 1];
    const ActivationTraits traits = traits_of(activation);
    require(last || traits.hidden, "activation: ", traits.name,
            " expected as output only, got it for hidden layer ", l);
    require_parameter(traits, activation.parameter, last ? "output" : "activation");
    layers.push_back({sizes[l - 1], sizes[l], activation});
  }
  require(sizes.back() > 0, "sizes: expected positive numbers of neurons, got 0 in layer ",
          sizes.size() - 1);
  return layers;
}

void require_initialiser(Initialiser initialiser, const char* what) {
  const InitialiserTraits traits = traits_of(initialiser);
  require(!traits.name.empty(), what, ": expected an initialiser, got number ",
          static_cast<int>(initialiser.kind));
  require_parameter(traits, initialiser.parameter, what);
}

/// Of weights or biases: one for each layer 1..L.
struct Initialisers {
  std::vector<Initialiser> weights, biases;
};

Initialisers make_initialisers(std::size_t layers, const NetworkOptions& options) {
  const auto one_each = [&](Initialiser one, const std::vector<Initialiser>& all,
                            const char* what) {
    require(all.empty() || all.size() == layers, what, ": expected one for each of ", layers,
            " layers, got ", all.size());
    const std::vector<Initialiser> result = all.empty() ? std::vector(layers, one) : all;
    for (const Initialiser initialiser : result) require_initialiser(initialiser, what);
    return result;
  };
  Initialisers made{one_each(options.init, options.inits, "init"),
                    one_each(options.bias_init, options.bias_inits, "bias_init")};
  for (const Initialiser initialiser : made.biases) {
    require(traits_of(initialiser).allows_biases, "bias_init: expected zeros, constant or ",
            "fan_in_uniform, got ", traits_of(initialiser).name);
  }
  return made;
}

}  // namespace

UniqueNumber::UniqueNumber()
    : value_([] {
        static std::atomic<std::uint64_t> next{0};
        return ++next;
      }()) {}

template <class T>
std::size_t BasicNetwork<T>::lay_out() {
  std::size_t total = 0;
  for (const Layer& layer : layers_) {
    offsets_.push_back(total);
    const std::size_t weights = checked_mul(layer.inputs, layer.outputs, "sizes");
    total = checked_add(total, checked_add(weights, layer.outputs, "sizes"), "sizes");
  }
  checked_mul(total, 2 * sizeof(T), "sizes");  // the bytes fit in a signed number too
  return total;
}

template <class T>
BasicNetwork<T>::BasicNetwork(std::vector<std::size_t> sizes, const NetworkOptions& options,
                              const KeepGoing& keep_going)
    : sizes_(std::move(sizes)), layers_(make_layers(sizes_, options)), seed_(options.seed) {
  set_classes(options.classes);
  set_feature_names(options.feature_names);
  set_columns(options.columns, options.target_name);
  const Initialisers initialisers = make_initialisers(depth(), options);
  const FloatMode mode;
  parameters_ = AlignedBuffer<T>(lay_out());
  Pieces pieces(keep_going);
  for (std::size_t l = 1; l <= depth(); ++l) {
    const Layer& layer = layers_[l - 1];
    const LayerNumbers numbers{.seed = seed_, .l = l, .offset = offset(l)};
    const std::span<T> w = parameters().subspan(offset(l), layer.inputs * layer.outputs);
    initialise_weights(w, initialisers.weights[l - 1], layer, numbers, pieces);
    initialise_biases(b(l), initialisers.biases[l - 1], layer, numbers, pieces);
  }
}

template <class T>
BasicNetwork<T>::BasicNetwork(std::vector<std::size_t> sizes, const NetworkOptions& options,
                              AlignedBuffer<T> parameters)
    : sizes_(std::move(sizes)), layers_(make_layers(sizes_, options)), seed_(options.seed) {
  set_classes(options.classes);
  set_feature_names(options.feature_names);
  set_columns(options.columns, options.target_name);
  const std::size_t count = lay_out();
  require(parameters.size() == count, "parameters: expected ", count, ", got ", parameters.size());
  parameters_ = std::move(parameters);
}

template <class T>
void BasicNetwork<T>::set_classes(Classes classes) {
  require_names(inputs(), outputs(), output(), classes, feature_names_, columns_, target_name_);
  const bool none = std::visit([](const auto& labels) { return labels.empty(); }, classes);
  classes_ = none ? Classes{} : std::move(classes);
}

template <class T>
void BasicNetwork<T>::set_feature_names(std::vector<std::string> names) {
  require_names(inputs(), outputs(), output(), classes_, names, columns_, target_name_);
  feature_names_ = std::move(names);
}

template <class T>
void BasicNetwork<T>::set_columns(std::vector<Column> columns, std::string target_name) {
  require_names(inputs(), outputs(), output(), classes_, feature_names_, columns, target_name);
  columns_ = std::move(columns);
  target_name_ = std::move(target_name);
}

template <class T>
void BasicNetwork<T>::set_normalisation(Normalisation normalisation) {
  require_normalisation(normalisation, inputs(), outputs(), output());
  const bool none = !normalisation.changes_inputs() && !normalisation.changes_targets();
  normalisation_ = none ? nullptr : std::make_shared<const Normalisation>(std::move(normalisation));
}

template <class T>
const Normalisation& BasicNetwork<T>::no_normalisation() {
  return identity_normalisation();
}

template class BasicNetwork<float>;
template class BasicNetwork<double>;

}  // namespace filbert
