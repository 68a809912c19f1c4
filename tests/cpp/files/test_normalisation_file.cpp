// Normalisations in files: what is written is read, and numbers that no network can have are
// refused, whatever their checksum says.
#include <algorithm>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "filbert/filbert.hpp"
#include "files/archive.hpp"
#include "files/parts.hpp"
#include "support/check.hpp"
#include "support/files.hpp"

using namespace filbert;
using files::Bytes;

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN(),
                 inf = std::numeric_limits<double>::infinity();

Normalisation standard() {
  return {.kind = NormalisationKind::standard, .centre = {1.5, -2.0}, .factor = {0.5, 1.0}};
}
Normalisation quantiles() {
  return {.kind = NormalisationKind::quantiles, .quantiles = {0.0, 0.5, 1.0, -1.0, -1.0, 2.0}};
}

/// A file of a network with this description and these numbers, right or wrong, and the checksum of
/// both.
template <class T>
Bytes file_of(const BasicNetwork<T>& net, const Normalisation& numbers,
              const std::function<void(NormalisationDescription&)>& change) {
  Description description{.network = describe(net)};
  description.network->normalisation =
      NormalisationDescription{.kind = numbers.kind,
                               .quantiles = numbers.quantiles.size() / net.inputs(),
                               .fill = !numbers.fill.empty(),
                               .targets = !numbers.target_centre.empty()};
  change(*description.network->normalisation);
  std::vector<TensorData> tensors;
  append_tensors(tensors, numbers, net.inputs());
  append_tensors(tensors, net);
  Pieces pieces({});
  Bytes bytes = files::bytes_of(archive_header(to_json(description), tensors, pieces));
  for (const TensorData& tensor : tensors) {
    bytes.insert(bytes.end(), tensor.bytes.begin(), tensor.bytes.end());
  }
  return bytes;
}

void as_it_is(NormalisationDescription&) {}

void refuses(const Normalisation& numbers, const char* message,
             const std::function<void(NormalisationDescription&)>& change = as_it_is,
             Activation output = identity) {
  const check::Case at(message);
  const Network net({2, 3, 1}, {.output = output});
  const Network64 wide({2, 3, 1}, {.output = output});
  CHECK_THROWS(FormatError, from_bytes(file_of(net, numbers, change)), message);
  CHECK_THROWS(FormatError, from_bytes(file_of(wide, numbers, change)), message);
}

void hostile_numbers() {
  Normalisation by = standard();
  const auto with = [&](std::vector<double> Normalisation::* member, std::vector<double> values) {
    Normalisation changed = by;
    changed.*member = std::move(values);
    return changed;
  };
  refuses(with(&Normalisation::centre, {nan, 0.0}), "finite numbers of centre, got nan");
  refuses(with(&Normalisation::centre, {0.0, inf}), "finite numbers of centre, got inf");
  refuses(with(&Normalisation::factor, {0.0, -inf}), "finite numbers of factor, got -inf");
  refuses(with(&Normalisation::factor, {-1.0, 1.0}), "factors of at least 0, got -1 at position 0");
  refuses(with(&Normalisation::factor, {1.0, nan}), "finite numbers of factor");
  refuses(with(&Normalisation::fill, {1.0, nan}), "finite numbers of fill");
  by = quantiles();
  refuses(with(&Normalisation::quantiles, {0.0, 1.0, nan, 2.0}), "finite numbers of quantiles");
  refuses(with(&Normalisation::quantiles, {0.0, 1.0, 3.0, 2.0}), "ascend, got others for input 1");
  refuses(with(&Normalisation::quantiles, {1.0, 0.0, 3.0, 2.0}), "ascend, got others for input 0");
  by = {.kind = NormalisationKind::none, .target_centre = {2.0}, .target_scale = {0.5}};
  refuses(with(&Normalisation::target_centre, {inf}), "finite numbers of target_centre");
  refuses(with(&Normalisation::target_scale, {nan}), "finite numbers of target_scale");
  refuses(with(&Normalisation::target_scale, {0.0}), "a target_scale above 0, got 0");
  refuses(with(&Normalisation::target_scale, {-1.0}), "a target_scale above 0, got -1");
  refuses(by, "an identity output for the targets, got sigmoid", as_it_is, sigmoid);
}

void hostile_descriptions() {
  const auto set = [](auto NormalisationDescription::* member, auto value) {
    return [member, value](NormalisationDescription& of) { of.*member = value; };
  };
  using Described = NormalisationDescription;
  const Normalisation by = standard();
  refuses(by, "expected 5 tensors, got 6",
          [](Described& of) { of = {.kind = NormalisationKind::none, .fill = true}; });
  refuses(by, "expected 8 tensors, got 6", set(&Described::targets, true));
  refuses(by, "expected 7 tensors, got 6", set(&Described::fill, true));
  refuses(by, "expected 0 quantiles, got 3", set(&Described::quantiles, std::uint64_t{3}));
  refuses(by, "does something, got none", [](Described& of) { of = {}; });
  refuses(by, "expected 1 to 1000 quantiles, got 0",
          set(&Described::kind, NormalisationKind::quantiles));
  for (const std::uint64_t many : {std::uint64_t{1001}, ~std::uint64_t{0}}) {
    refuses(quantiles(), "expected 1 to 1000 quantiles, got", set(&Described::quantiles, many));
  }
  refuses(quantiles(), "tensor 'normalisation.quantiles': expected",
          set(&Described::quantiles, std::uint64_t{2}));
  refuses(quantiles(), "expected 6 tensors, got 5",
          [](Described& of) { of = {.kind = NormalisationKind::robust}; });
  Normalisation longer = standard();
  longer.centre.push_back(1.0);
  refuses(longer, "tensor 'normalisation.centre': expected");
}

template <class T>
void round_trips(const files::Folder& folder) {
  const auto path = folder / "net.safetensors";
  Normalisation all = quantiles();
  all.fill = {0.25, -0.5};
  all.target_centre = {100.0};
  all.target_scale = {3.0};
  for (const Normalisation& by : {standard(), all, Normalisation{.fill = {1.0, 2.0}}}) {
    const check::Case at(to_string(by.kind));
    BasicNetwork<T> net({2, 3, 1}, {.seed = 5});
    net.set_normalisation(by);
    save(net, path);
    CHECK(files::read(path) == to_bytes(net));
    for (const bool mmap : {false, true}) {
      const auto read = std::get<BasicNetwork<T>>(load_any(path, {.mmap = mmap}));
      CHECK(read.normalisation() == by);
      CHECK(std::ranges::equal(read.parameters(), net.parameters()));
      CHECK(to_bytes(read) == to_bytes(net));
    }
    Optimizer adam = Adam();
    save_checkpoint(net, adam, {.options = {.batch_size = 2}, .rows = 5}, path);
    const Checkpoint checkpoint = load_checkpoint(path);
    CHECK(std::get<BasicNetwork<T>>(checkpoint.network).normalisation() == by);
    CHECK(std::get<BasicNetwork<T>>(load_any(path)).normalisation() == by);
  }
}

}  // namespace

int main() {
  const files::Folder folder("normalisation");
  round_trips<float>(folder);
  round_trips<double>(folder);
  hostile_numbers();
  hostile_descriptions();
  return check::report();
}
