#include "network/initialise.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/functions.hpp"
#include "network/orthogonal.hpp"
#include "network/random.hpp"

namespace filbert {
namespace {

/// Calls f(i, u) for each i of size numbers that start at `offset` in the flat buffer of
/// parameters, with a random u in (0, 1).
template <class Function>
void for_each_random(std::size_t size, std::size_t offset, const LayerNumbers& numbers,
                     Pieces& pieces, Function f) {
  Philox4 words{};
  pieces(size, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint64_t index = offset + i;
      if (i == 0 || index % 4 == 0) {
        words = random_block(numbers.seed, index / 4, Purpose::weights,
                             static_cast<std::uint32_t>(numbers.l), 0);
      }
      f(i, (words[index % 4] + 0.5) * 0x1p-32);  // exact
    }
  });
}

// The distributions: a number of size 1 for a random u in (0, 1).

/// Uniform in (-1, 1).
double uniform(double u) { return 2.0 * u - 1.0; }

/// Normal, of standard deviation 1.
double normal(double u) { return scalar::normal_quantile(u); }

/// Normal, truncated at two standard deviations, and stretched by the reciprocal of the standard
/// deviation that this leaves.
double truncated_normal(double u) {
  constexpr double below = 0x1.74bcf82c9d860p-6;    // P(Z < -2)
  constexpr double stretch = 0x1.23086b9c083aep+0;  // 1 / 0.87962566103423975
  return scalar::normal_quantile(below + u * (1.0 - 2.0 * below)) * stretch;
}

/// Numbers that are drawn one by one: of a distribution, times a size. No distribution: the
/// initialiser draws none.
struct Draw {
  double (*of)(double u);
  double size;
};

/// What an initialiser draws for a layer. A kind without a case does not compile.
Draw draw_of(Initialiser initialiser, const Layer& layer) {
  const auto inputs = static_cast<double>(layer.inputs);
  const double both = inputs + static_cast<double>(layer.outputs), p = initialiser.parameter;
  switch (initialiser.kind) {
    case InitialiserKind::automatic:
      return draw_of(traits_of(layer.activation).initialisation == Initialisation::he
                         ? initialisers::he_uniform
                         : initialisers::glorot_uniform,
                     layer);
    case InitialiserKind::he_uniform:
      return {uniform, p * std::sqrt(6.0 / inputs)};
    case InitialiserKind::he_normal:
      return {normal, p * std::sqrt(2.0 / inputs)};
    case InitialiserKind::he_truncated_normal:
      return {truncated_normal, p * std::sqrt(2.0 / inputs)};
    case InitialiserKind::glorot_uniform:
      return {uniform, p * std::sqrt(6.0 / both)};
    case InitialiserKind::glorot_normal:
      return {normal, p * std::sqrt(2.0 / both)};
    case InitialiserKind::glorot_truncated_normal:
      return {truncated_normal, p * std::sqrt(2.0 / both)};
    case InitialiserKind::lecun_uniform:
      return {uniform, p * std::sqrt(3.0 / inputs)};
    case InitialiserKind::lecun_normal:
      return {normal, p * std::sqrt(1.0 / inputs)};
    case InitialiserKind::lecun_truncated_normal:
      return {truncated_normal, p * std::sqrt(1.0 / inputs)};
    case InitialiserKind::fan_in_uniform:
      return {uniform, p * std::sqrt(1.0 / inputs)};
    case InitialiserKind::orthogonal:
    case InitialiserKind::zeros:
    case InitialiserKind::constant:
      return {};
  }
  return {};
}

template <class T>
void draw(std::span<T> numbers, std::size_t offset, const Draw& draw, const LayerNumbers& of_layer,
          Pieces& pieces) {
  for_each_random(numbers.size(), offset, of_layer, pieces, [&](std::size_t i, double u) {
    numbers[i] = static_cast<T>(draw.of(u) * draw.size);
  });
}

/// Draws normal numbers and makes them orthonormal: the columns of W, of which each is an output,
/// or, where there are more outputs than inputs, the rows.
template <class T>
void make_orthogonal(std::span<T> w, double gain, const Layer& layer, const LayerNumbers& numbers,
                     Pieces& pieces) {
  const std::size_t inputs = layer.inputs, outputs = layer.outputs;
  const bool columns = outputs <= inputs;
  std::vector<double> vectors(w.size());
  const auto place = [&](std::size_t i) {  // of element i of W
    return columns ? i % outputs * inputs + i / outputs : i;
  };
  for_each_random(w.size(), numbers.offset, numbers, pieces,
                  [&](std::size_t i, double u) { vectors[place(i)] = normal(u); });
  orthonormalise(vectors, std::min(inputs, outputs), std::max(inputs, outputs), pieces);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = static_cast<T>(gain * vectors[place(i)]);
}

/// Sets numbers that start at `offset` in the flat buffer of parameters.
template <class T>
void set(std::span<T> values, Initialiser initialiser, std::size_t offset, const Layer& layer,
         const LayerNumbers& numbers, Pieces& pieces) {
  const Draw drawn = draw_of(initialiser, layer);
  if (drawn.of != nullptr) return draw(values, offset, drawn, numbers, pieces);
  const bool constant = initialiser.kind == InitialiserKind::constant;
  std::ranges::fill(values, constant ? static_cast<T>(initialiser.parameter) : T(0));
}

}  // namespace

template <class T>
void initialise_weights(std::span<T> w, Initialiser initialiser, const Layer& layer,
                        const LayerNumbers& numbers, Pieces& pieces) {
  if (initialiser.kind == InitialiserKind::orthogonal) {
    return make_orthogonal(w, initialiser.parameter, layer, numbers, pieces);
  }
  set(w, initialiser, numbers.offset, layer, numbers, pieces);
}

template <class T>
void initialise_biases(std::span<T> b, Initialiser initialiser, const Layer& layer,
                       const LayerNumbers& numbers, Pieces& pieces) {
  const std::size_t offset = numbers.offset + layer.inputs * layer.outputs;
  set(b, initialiser, offset, layer, numbers, pieces);
}

template void initialise_weights(std::span<float> w, Initialiser initialiser, const Layer& layer,
                                 const LayerNumbers& numbers, Pieces& pieces);
template void initialise_weights(std::span<double> w, Initialiser initialiser, const Layer& layer,
                                 const LayerNumbers& numbers, Pieces& pieces);
template void initialise_biases(std::span<float> b, Initialiser initialiser, const Layer& layer,
                                const LayerNumbers& numbers, Pieces& pieces);
template void initialise_biases(std::span<double> b, Initialiser initialiser, const Layer& layer,
                                const LayerNumbers& numbers, Pieces& pieces);

}  // namespace filbert
