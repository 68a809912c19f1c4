// Files of several networks: what is written is read, and what is damaged is refused.
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "filbert/filbert.hpp"
#include "support/check.hpp"
#include "support/counted_memory.hpp"
#include "support/files.hpp"

using files::Bytes;
using namespace filbert;

namespace {

template <class T>
std::vector<const BasicNetwork<T>*> pointers(const std::vector<BasicNetwork<T>>& networks) {
  std::vector<const BasicNetwork<T>*> all;
  for (const BasicNetwork<T>& net : networks) all.push_back(&net);
  return all;
}

template <class T>
Bytes bytes_of(const std::vector<BasicNetwork<T>>& networks) {
  return ensemble_to_bytes(std::span<const BasicNetwork<T>* const>(pointers(networks)));
}

/// Networks of one seed after another, with all that a network may have.
template <class T>
std::vector<BasicNetwork<T>> some(std::size_t count) {
  std::vector<BasicNetwork<T>> networks;
  for (std::size_t i = 0; i < count; ++i) {
    BasicNetwork<T> net(
        i % 2 == 0 ? std::vector<std::size_t>{3, 4, 2} : std::vector<std::size_t>{3, 2, 3, 2},
        {.output = softmax,
         .seed = i,
         .classes = std::vector<std::string>{"no", "yes"},
         .feature_names = {"a", "b", "c"}});
    if (i % 3 == 1) {
      Normalisation by;
      by.kind = NormalisationKind::standard;
      by.centre = {1.0, 2.0, static_cast<double>(i)};
      by.factor = {0.5, 1.0, 2.0};
      net.set_normalisation(by);
    }
    net.set_epoch(10 + i);
    networks.push_back(std::move(net));
  }
  return networks;
}

/// The ensemble of a file, written down again; empty if it is refused.
Bytes content(const Bytes& file) {
  const std::size_t before = in_use;
  peak = before;
  Bytes again;
  try {
    const AnyEnsemble ensemble = ensemble_from_bytes(file);
    CHECK(peak - before <= file.size() + (std::size_t{1} << 20));
    again = std::visit([](const auto& all) { return bytes_of(all); }, ensemble);
  } catch (const FormatError& error) {
    CHECK(peak - before <= file.size() + (std::size_t{1} << 20));
    CHECK(std::string_view(error.what()).find("expected") != std::string_view::npos);
  }
  return again;
}

template <class T>
void are_read_as_they_were() {
  const files::Folder folder("ensemble");
  const auto path = folder / "ensemble.safetensors";
  for (const std::size_t count : {1, 2, 7}) {
    const std::vector<BasicNetwork<T>> networks = some<T>(count);
    save_ensemble(std::span<const BasicNetwork<T>* const>(pointers(networks)), path);
    CHECK(files::read(path) == bytes_of(networks));
    const AnyEnsemble read = load_ensemble(path);
    const auto& all = std::get<std::vector<BasicNetwork<T>>>(read);
    CHECK_EQ(all.size(), count);
    for (std::size_t i = 0; i < count; ++i) CHECK(to_bytes(all[i]) == to_bytes(networks[i]));
    const AnyModel model = load_model(path, {.mmap = true});
    CHECK(std::holds_alternative<AnyEnsemble>(model));
    CHECK_THROWS(FormatError, load_any(path), "expected a network, got an ensemble of them");
    save(networks[0], path);
    CHECK(std::holds_alternative<AnyNetwork>(load_model(path)));
    CHECK_THROWS(FormatError, load_ensemble(path), "expected an ensemble, got something else");
    CHECK(read_tensors(path).size() == 4);
  }
}

void damage_is_found() {
  const std::vector<Bytes> samples{bytes_of(some<float>(2)), bytes_of(some<double>(1))};
  std::size_t equal = 0;
  for (std::size_t s = 0; s < samples.size(); ++s) {
    const Bytes& sample = samples[s];
    CHECK(content(sample) == sample);
    for (std::size_t size = 0; size < sample.size(); ++size) {
      const check::Case at("sample", s, "truncated to", size);
      CHECK(content({sample.begin(), sample.begin() + static_cast<std::ptrdiff_t>(size)}).empty());
    }
    const std::size_t step = check::quick() ? 7 : 1;
    for (std::size_t bit = 0; bit < 8 * sample.size(); bit += step) {
      const check::Case at("sample", s, "bit", bit);
      Bytes flipped = sample;
      flipped[bit / 8] ^= std::byte{1} << bit % 8;
      const Bytes read = content(flipped);
      CHECK(read.empty() || read == sample);
      equal += read.empty() ? 0 : 1;
    }
  }
  CHECK(equal < 20);
}

/// A description with a right checksum that says what no ensemble can be.
void what_does_not_fit_is_refused() {
  const auto refuses = [](const char* part, auto change) {
    std::vector<Network> networks = some<float>(3);
    change(networks);
    CHECK_THROWS(std::invalid_argument, bytes_of(networks), part);
  };
  refuses("networks: expected at least one, got none", [](auto& all) { all.clear(); });
  refuses("networks[1]: expected the inputs of networks[0]",
          [](auto& all) { all[1] = Network({4, 2}, {.output = softmax}); });
  refuses("networks[2]: expected the outputs of networks[0]",
          [](auto& all) { all[2] = Network({3, 5}, {.output = softmax}); });
  refuses("networks[2]: expected the outputs of networks[0]",
          [](auto& all) { all[2] = Network({3, 2}, {.output = sigmoid}); });
  refuses("networks[1]: expected the classes of networks[0]",
          [](auto& all) { all[1].set_classes(std::vector<std::string>{"no", "maybe"}); });
  refuses("networks[1]: expected the feature names of networks[0]",
          [](auto& all) { all[1].set_feature_names({"a", "b", "d"}); });
  refuses("networks: expected at most 1000 to save, got 1001",
          [](auto& all) { all.assign(1001, Network({1, 1})); });
  refuses("expected at most 2048 tensors", [](auto& all) { all.assign(600, Network({1, 1, 1})); });
  refuses("networks: expected at most 25000 classes", [](auto& all) {
    std::vector<std::string> names;
    for (int i = 0; i < 300; ++i) names.push_back(std::to_string(i));
    Network net({300, 1});
    net.set_feature_names(names);
    all.assign(100, net);
  });
}

/// A thousand of the smallest networks take no more memory than the promise says.
void many_small_ones() {
  const std::vector<Network> networks(1000, Network({1, 1}));
  const Bytes file = bytes_of(networks);
  CHECK(content(file) == file);
}

}  // namespace

int main() {
  are_read_as_they_were<float>();
  are_read_as_they_were<double>();
  damage_is_found();
  what_does_not_fit_is_refused();
  many_small_ones();
  return check::report();
}
