// Reference networks, trained: the bits of every parameter, for every instruction set that this
// machine has and any number of threads. The hashes are part of the numerics contract
// (docs/numerics.md): they change only with its version. Run with "print" to see the hashes.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "filbert/filbert.hpp"
#include "network/random.hpp"
#include "support/check.hpp"
#include "training/golden/activations.hpp"
#include "training/golden/fits.hpp"
#include "training/golden/initialisers.hpp"
#include "training/golden/losses.hpp"
#include "training/golden/networks.hpp"
#include "training/golden/normalisation.hpp"
#include "training/golden/rules.hpp"
#include "training/golden/schedules.hpp"
#include "training/lanes.hpp"

using namespace filbert;

namespace {

double uniform(std::uint64_t index, std::uint32_t stream) {
  const Philox4 words = random_block(2026, index / 4, Purpose::weights, stream, 1);
  return 2.0 * (words[index % 4] + 0.5) * 0x1p-32 - 1.0;
}

/// FNV-1a over the bytes.
template <class T>
std::uint64_t hash_of(std::span<const T> values) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (T value : values) {
    if (std::isnan(value)) value = std::numeric_limits<T>::quiet_NaN();  // payloads are free
    unsigned char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    for (const unsigned char byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  }
  return hash;
}

std::vector<Golden> all_cases() {
  std::vector<Golden> all;
  for (const auto& cases :
       {golden_networks(), golden_activations(), golden_losses(), golden_rules(),
        golden_schedules(), golden_initialisers(), golden_fits(), golden_normalisations()}) {
    all.insert(all.end(), cases.begin(), cases.end());
  }
  for (Golden& c : all) c.options.seed = 12345;
  return all;
}

template <class T>
struct Examples {
  std::vector<T> x, y;
  std::vector<std::int32_t> labels;
};

std::size_t columns_of(const Golden& c) { return target_columns(c.loss, c.sizes.back()); }

/// Whether the targets are labels, and not rows of y.
bool has_labels(const Golden& c) { return c.loss.kind == LossKind::cross_entropy; }

template <class T>
Examples<T> examples_of(const Golden& c) {
  const std::size_t inputs = c.sizes.front(), outputs = c.sizes.back(), columns = columns_of(c);
  Examples<T> all{std::vector<T>(c.rows * inputs), std::vector<T>(c.rows * columns),
                  std::vector<std::int32_t>(c.rows)};
  for (std::size_t i = 0; i < all.x.size(); ++i) {
    const double value = uniform(i, 1);
    all.x[i] = static_cast<T>(value < -0.5 ? 0.0 : value);  // zeros, as in pictures
  }
  for (std::size_t i = 3; c.normalisation.fill && i < all.x.size(); i += 11) {
    all.x[i] = std::numeric_limits<T>::quiet_NaN();
  }
  for (std::size_t i = 0; i < all.y.size(); ++i) {
    all.y[i] = static_cast<T>(0.5 + 0.5 * uniform(i, 2));
  }
  const TargetRange range = traits_of(c.loss).targets;
  const bool counts = range == TargetRange::nonnegative && !traits_of(c.options.output).classifies;
  for (std::size_t i = 0; i < c.rows; ++i) {
    T* const row = &all.y[i * columns];
    T sum = 0;
    for (std::size_t j = 0; j < columns; ++j) sum += row[j];
    for (std::size_t j = 0; j < columns; ++j) {
      if (range == TargetRange::distributions) row[j] /= sum;
      if (range == TargetRange::signs) row[j] = row[j] > T(0.5) ? T(1) : T(-1);
      if (counts) row[j] = std::floor(T(4) * row[j]);
    }
  }
  for (std::size_t i = 0; i < c.rows; ++i) {
    all.labels[i] =
        static_cast<std::int32_t>(random_block(1, i, Purpose::weights, 3, 1)[0] % outputs);
  }
  return all;
}

/// What a fit of a case is asked for.
FitOptions options_of(const Golden& c) {
  FitOptions options = c.fit;
  options.epochs = c.epochs;
  options.batch_size = c.batch_size;
  options.loss = c.loss;
  return options;
}

/// A network in training.
template <class T>
struct Trained {
  BasicNetwork<T> net;
  Optimizer optimizer;

  Trained(const Golden& c, const Examples<T>& all) : net(c.sizes, c.options), optimizer(c.rule) {
    NormalisationOptions learnt = c.normalisation;
    learnt.loss = c.loss;
    if (learnt.kind == NormalisationKind::none && !learnt.fill && !learnt.targets) return;
    net.set_normalisation(learn_normalisation(net, data_of(c, all), learnt));
  }

  static BasicData<T> data_of(const Golden& c, const Examples<T>& examples) {
    const std::size_t rows = examples.labels.size();
    const BasicMatrixView<const T> x(examples.x.data(), rows, c.sizes.front());
    if (has_labels(c)) return {.x = x, .labels = examples.labels};
    return {.x = x, .y = {examples.y.data(), rows, columns_of(c)}};
  }

  void fit(const Golden& c, const Examples<T>& examples, const FitOptions& options) {
    filbert::fit(net, data_of(c, examples), optimizer, options);
  }
};

template <class T>
std::uint64_t train(const Golden& c) {
  const Examples<T> all = examples_of<T>(c);
  Trained<T> trained(c, all);
  trained.fit(c, all, options_of(c));
  const std::span<const T> parameters = trained.net.parameters();
  bool finite = true, moved = false;
  const Trained<T> start(c, all);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    finite = finite && std::isfinite(parameters[i]);
    moved = moved || parameters[i] != start.net.parameters()[i];
  }
  CHECK(finite && moved);
  return hash_of(parameters);
}

/// A batch of an epoch, in the order of fit.
template <class T>
Examples<T> batch_of(const Golden& c, const Examples<T>& all, std::size_t epoch, std::size_t at) {
  const std::size_t inputs = c.sizes.front(), columns = columns_of(c);
  Examples<T> batch;
  for (std::size_t i = at; i < std::min(at + c.batch_size, c.rows); ++i) {
    const std::size_t row = epoch_order(i, c.rows, 12345, epoch);
    batch.x.insert(batch.x.end(), &all.x[row * inputs], &all.x[row * inputs] + inputs);
    batch.y.insert(batch.y.end(), &all.y[row * columns], &all.y[row * columns] + columns);
    batch.labels.push_back(all.labels[row]);
  }
  return batch;
}

/// The first layer of which the parameters differ, or 0.
template <class T>
std::size_t different_layer(const BasicNetwork<T>& a, const BasicNetwork<T>& b) {
  for (std::size_t l = 1; l <= a.depth(); ++l) {
    const std::size_t begin = a.offset(l), count = (a.sizes()[l - 1] + 1) * a.sizes()[l];
    if (hash_of(a.parameters().subspan(begin, count)) !=
        hash_of(b.parameters().subspan(begin, count))) {
      return l;
    }
  }
  return 0;
}

/// Where a training first differs from that of the reference, both taken a step at a time.
template <class T>
std::string first_difference(const Golden& c, Isa isa, std::size_t threads) {
  const Examples<T> all = examples_of<T>(c);
  Trained<T> reference(c, all), tested(c, all);
  std::size_t step = 0, layer = 0;
  for (std::size_t epoch = 0; epoch < c.epochs && layer == 0; ++epoch) {
    for (std::size_t at = 0; at < c.rows && layer == 0; at += c.batch_size) {
      const Examples<T> batch = batch_of(c, all, epoch, at);
      FitOptions one = options_of(c);
      one.epochs = 1;
      one.shuffle = false;
      set_isa(Isa::reference);
      set_threads(1);
      reference.fit(c, batch, one);
      set_isa(isa);
      set_threads(threads);
      tested.fit(c, batch, one);
      layer = different_layer<T>(reference.net, tested.net);
      ++step;
    }
  }
  if (layer == 0) return "the reference has these parameters after each step";
  return "the reference has others from step " + std::to_string(step) + ", layer " +
         std::to_string(layer) + " on";
}

template <class T>
void compare(const Golden& c, Isa isa, std::size_t threads, std::uint64_t hash, std::uint64_t got) {
  const check::Case at(c.name, sizeof(T) == 4 ? "float" : "double", to_string(isa), threads,
                       "threads");
  if (!CHECK_EQ(got, hash)) {
    std::fprintf(stderr, "  %s\n", first_difference<T>(c, isa, threads).c_str());
  }
}

#ifndef FILBERT_SHARED  // where nothing tells what runs in lanes, as that is internal

/// Trains a case in a lane, beside networks of other seeds. Returns its hash, or none for a case
/// that does not run in lanes.
template <class T>
std::optional<std::uint64_t> train_in_lanes(const Golden& c) {
  const Examples<T> all = examples_of<T>(c);
  const BasicData<T> data = Trained<T>::data_of(c, all);
  const FitOptions options = options_of(c);
  if (lanes_key(Trained<T>(c, all).net, data, c.rule, options).empty()) return {};
  const std::size_t count = Lanes<T>::count(), own = c.rows % count;
  std::vector<std::unique_ptr<Trained<T>>> trained;
  std::vector<BasicMember<T>> members;
  for (std::size_t i = 0; i < count; ++i) {
    Golden other = c;
    if (i != own) other.options.seed += 1 + i;
    trained.push_back(std::make_unique<Trained<T>>(other, all));
    members.push_back({.net = &trained[i]->net,
                       .optimizer = &trained[i]->optimizer,
                       .data = data,
                       .options = options});
  }
  fit_many(std::span<const BasicMember<T>>(members), {.threads = 1});
  return hash_of(std::as_const(trained[own]->net).parameters());
}

/// Returns how many cases have run in lanes.
template <class T>
std::size_t compare_in_lanes(const std::vector<Golden>& cases, Isa isa) {
  std::size_t count = 0;
  for (const Golden& c : cases) {
    const std::optional<std::uint64_t> got = train_in_lanes<T>(c);
    if (!got) continue;
    ++count;
    const check::Case at(c.name, sizeof(T) == 4 ? "float" : "double", to_string(isa), "in lanes");
    CHECK_EQ(*got, sizeof(T) == 4 ? c.float_hash : c.double_hash);
  }
  return count;
}

#endif

}  // namespace

int main(int argc, char** argv) {
  const bool print = argc > 1 && std::string_view(argv[1]) == "print";
  const std::vector<Golden> cases = all_cases();
  for (const Isa isa : isas()) {
    set_isa(isa);
    for (const std::size_t threads : {1, 2, 3, 8}) {
      if (check::quick() && threads != 3) continue;
      set_threads(threads);
      for (const Golden& c : cases) {
        const std::uint64_t of_float = train<float>(c), of_double = train<double>(c);
        if (print) {
          std::printf("%s, %zu threads, %s: 0x%016llx, 0x%016llx\n", to_string(isa).data(), threads,
                      c.name, static_cast<unsigned long long>(of_float),
                      static_cast<unsigned long long>(of_double));
        }
        compare<float>(c, isa, threads, c.float_hash, of_float);
        compare<double>(c, isa, threads, c.double_hash, of_double);
      }
    }
#ifndef FILBERT_SHARED
    const check::Case at(to_string(isa), "in lanes");
    CHECK_EQ(compare_in_lanes<float>(cases, isa) > 0, Lanes<float>::count() > 0);
    CHECK_EQ(compare_in_lanes<double>(cases, isa) > 0, Lanes<double>::count() > 0);
#endif
  }
  return check::report();
}
