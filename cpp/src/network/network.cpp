#include "filbert/network.hpp"

#include <atomic>
#include <cmath>

#include "network/kinds.hpp"
#include "network/random.hpp"
#include "system/check.hpp"
#include "system/float_mode.hpp"
#include "system/pieces.hpp"

namespace filbert {
namespace {

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

template <class T>
void initialise(std::span<T> parameters, const Layer& layer, std::size_t l, std::size_t offset,
                std::uint64_t seed, Pieces& pieces) {
  const auto inputs = static_cast<double>(layer.inputs);
  const auto outputs = static_cast<double>(layer.outputs);
  const bool he = traits_of(layer.activation).initialisation == Initialisation::he;
  const double limit = std::sqrt(6.0 / (he ? inputs : inputs + outputs));
  Philox4 words{};
  pieces(layer.inputs * layer.outputs, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint64_t index = offset + i;  // in the flat buffer of parameters
      if (i == 0 || index % 4 == 0) {
        words = random_block(seed, index / 4, Purpose::weights, static_cast<std::uint32_t>(l), 0);
      }
      const double uniform = (words[index % 4] + 0.5) * 0x1p-32;  // exact, and inside (0, 1)
      parameters[index] = static_cast<T>((2.0 * uniform - 1.0) * limit);
    }
  });
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
  const FloatMode mode;
  parameters_ = AlignedBuffer<T>(lay_out());
  Pieces pieces(keep_going);
  for (std::size_t l = 1; l <= depth(); ++l) {
    initialise(parameters(), layers_[l - 1], l, offset(l), seed_, pieces);
  }
}

template <class T>
BasicNetwork<T>::BasicNetwork(std::vector<std::size_t> sizes, const NetworkOptions& options,
                              AlignedBuffer<T> parameters)
    : sizes_(std::move(sizes)), layers_(make_layers(sizes_, options)), seed_(options.seed) {
  set_classes(options.classes);
  set_feature_names(options.feature_names);
  const std::size_t count = lay_out();
  require(parameters.size() == count, "parameters: expected ", count, ", got ", parameters.size());
  parameters_ = std::move(parameters);
}

template <class T>
void BasicNetwork<T>::set_classes(Classes classes) {
  require_names(inputs(), outputs(), output(), classes, feature_names_);
  const bool none = std::visit([](const auto& labels) { return labels.empty(); }, classes);
  classes_ = none ? Classes{} : std::move(classes);
}

template <class T>
void BasicNetwork<T>::set_feature_names(std::vector<std::string> names) {
  require_names(inputs(), outputs(), output(), classes_, names);
  feature_names_ = std::move(names);
}

template class BasicNetwork<float>;
template class BasicNetwork<double>;

}  // namespace filbert
