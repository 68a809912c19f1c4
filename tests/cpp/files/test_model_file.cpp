// Networks, optimizers and checkpoints in files and back.
#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>

#include "filbert/filbert.hpp"
#include "support/check.hpp"
#include "support/files.hpp"
#include "support/rules.hpp"

using filbert::Activation;
using filbert::FormatError;
using filbert::Network;
using filbert::Network64;
using Names = std::vector<std::string>;
using Integers = std::vector<std::int64_t>;

namespace {

template <class T>
bool same(const filbert::BasicNetwork<T>& a, const filbert::BasicNetwork<T>& b) {
  return std::ranges::equal(a.layers(), b.layers()) && a.seed() == b.seed() &&
         a.epoch() == b.epoch() && a.classes() == b.classes() &&
         a.feature_names() == b.feature_names() &&
         std::memcmp(a.parameters().data(), b.parameters().data(), a.parameters().size_bytes()) ==
             0;
}

void round_trips(const files::Folder& folder) {
  Network net({5, 7, 3}, {.activation = filbert::tanh, .output = filbert::softmax, .seed = 3});
  net.set_epoch(12);
  net.set_classes(Names{"\u00e9", "", "b"});
  net.set_feature_names({"b", "a", "", "\"\\\n", "a"});
  Network64 wide({5, 7, 1}, {.output = filbert::sigmoid, .seed = ~std::uint64_t{0}});
  wide.set_classes(Integers{std::numeric_limits<std::int64_t>::min(), -1});
  const auto path = folder / "net.safetensors", path64 = folder / "wide.safetensors";
  save(net, path);
  save(wide, path64);
  for (const bool mmap : {false, true}) {
    const check::Case at(mmap ? "mapped" : "read");
    CHECK(same(filbert::load(path, {.mmap = mmap}), net));
    CHECK(same(filbert::load64(path64, {.mmap = mmap}), wide));
  }
  CHECK(files::read(path) == to_bytes(net));
  CHECK(same(std::get<Network>(filbert::from_bytes(to_bytes(net))), net));
  CHECK(same(std::get<Network64>(filbert::from_bytes(to_bytes(wide))), wide));
  CHECK_EQ((files::read(path).size() - net.parameters().size_bytes()) % 64, std::size_t{0});
  CHECK_THROWS(std::invalid_argument, filbert::load64(path), "load takes it");
  CHECK_THROWS(std::invalid_argument, filbert::load(path64), "load64 takes it");
}

void mapped_networks(const files::Folder& folder) {
  const auto path = folder / "net.safetensors";
  const Network net({5, 7, 3}, {.seed = 3});
  save(net, path);
  const files::Bytes before = files::read(path);
  Network mapped = filbert::load(path, {.mmap = true});
  CHECK(reinterpret_cast<std::uintptr_t>(mapped.parameters().data()) % 64 == 0);
  mapped.parameters()[0] = 99.0F;
  CHECK(files::read(path) == before);  // the file never changes
  const Network copy = mapped;         // and outlives it
  save(Network({5, 7, 3}, {.seed = 4}), path);
  CHECK_EQ(mapped.parameters()[0], 99.0F);
  CHECK(std::memcmp(mapped.parameters().data() + 1, net.parameters().data() + 1,
                    net.parameters().size_bytes() - 4) == 0);
  mapped = Network({1, 1});
  CHECK_EQ(copy.parameters()[0], 99.0F);
}

void limits(const files::Folder& folder) {
  const auto path = folder / "deep.safetensors";
  const Network deepest(std::vector<std::size_t>(1001, 1));
  save(deepest, path);
  CHECK(same(filbert::load(path), deepest));
  const Network deeper(std::vector<std::size_t>(1002, 1));
  CHECK_THROWS(std::invalid_argument, save(deeper, path), "at most 1000 layers");
  CHECK(same(filbert::load(path), deepest));  // still there
}

void missing_files(const files::Folder& folder) {
  using Error = std::filesystem::filesystem_error;
  CHECK_THROWS(Error, filbert::load(folder / "none"), "No such file");
  CHECK_THROWS(Error, filbert::load(folder.path()), "directory");
  CHECK_THROWS(Error, save(Network({1, 1}), folder / "none" / "net"), files::folder_is_missing);
  CHECK_THROWS(Error, save(Network({1, 1}), folder.path()), files::is_a_folder);
  files::write(folder / "empty", {});
  CHECK_THROWS(FormatError, filbert::load(folder / "empty"), "empty: expected a safetensors file");
}

/// An optimizer's file gives the same bytes again, and the same next step.
void optimizer_round_trip(filbert::Optimizer optimizer) {
  const std::string name(to_string(optimizer.rule()));
  const std::vector<float> gradient{0.5F, 1.0F, -1.0F};
  Network net({2, 1});
  for (int steps = 0; steps < 3; ++steps) {
    const check::Case at(name, "after", steps, "steps");
    filbert::Optimizer again = filbert::optimizer_from_bytes(to_bytes(optimizer));
    bool same_file = to_bytes(again) == to_bytes(optimizer) && again.steps() == optimizer.steps();
    Network a = net, b = net;
    filbert::Optimizer first = filbert::optimizer_from_bytes(to_bytes(optimizer));
    first.step(a, gradient);
    again.step(b, gradient);
    optimizer.step(net, gradient);
    CHECK(same_file && same(a, net) && same(b, net));
  }
}

void optimizers() {
  for (unsigned bits = 0; bits < 256; ++bits) {
    const check::Case at("options", bits);
    for (const filbert::Rule& rule : rules::all_varied(bits)) optimizer_round_trip(rule);
  }
  const Network net({2, 1});
  CHECK_THROWS(FormatError, filbert::optimizer_from_bytes(to_bytes(net)), "expected an optimizer");
  CHECK_THROWS(FormatError, filbert::from_bytes(to_bytes(filbert::Optimizer(filbert::Sgd()))),
               "expected a network");
}

void checkpoints(const files::Folder& folder) {
  const auto path = folder / "checkpoint.safetensors";
  Network net(
      {2, 1},
      {.output = filbert::sigmoid, .classes = Integers{42, -1}, .feature_names = {"b", "a"}});
  filbert::Optimizer adam = filbert::Adam();
  adam.step(net, std::vector<float>{0.5F, 1.0F, -1.0F});
  filbert::Training training{.options = {.epochs = 7,
                                         .batch_size = 3,
                                         .loss = filbert::half_squared_error,
                                         .shuffle = false,
                                         .seed = ~std::uint64_t{0}},
                             .position = {2, 1, 0.1, 3.25, 4.5, 0.75},
                             .rows = 9};
  training.history = {{"loss", {0.1, 1e-300}}, {"val_loss", {1.0, 2.0}}};
  save_checkpoint(net, adam, training, path);
  CHECK(same(filbert::load(path), net));  // a network's file, and more
  CHECK(same(filbert::load(path, {.mmap = true}), net));
  filbert::Checkpoint again = filbert::load_checkpoint(path);
  CHECK(same(std::get<Network>(again.network), net));
  CHECK(to_bytes(again.optimizer) == to_bytes(adam));
  CHECK_EQ(again.training.position.epoch, std::size_t{2});
  CHECK_EQ(again.training.position.batch, std::size_t{1});
  CHECK_EQ(again.training.position.cost, 0.1);
  CHECK_EQ(again.training.position.hits, 3.25);
  CHECK_EQ(again.training.position.weight, 4.5);
  CHECK_EQ(again.training.position.penalty, 0.75);
  CHECK_EQ(again.training.rows, std::size_t{9});
  CHECK(again.training.options == training.options);
  CHECK(again.training.history == training.history);
  save(net, path);
  CHECK_THROWS(FormatError, filbert::load_checkpoint(path), "expected a checkpoint");
  training.history = {{"loss", {0.1}}};
  CHECK_THROWS(std::invalid_argument, save_checkpoint(net, adam, training, path),
               "history: expected 2 numbers");
}

/// Two epochs, a file, and three more, from a network and an optimizer of the file's.
void resumed_fit(const files::Folder& folder) {
  const float x[] = {0, 0, 0, 1, 1, 0, 1, 1}, y[] = {0, 1, 1, 0};
  const filbert::Data data{.x = {x, 4, 2}, .y = {y, 4, 1}};
  Network whole({2, 8, 1}), part({2, 8, 1});
  filbert::Optimizer adam = filbert::Adam(), first = filbert::Adam();
  fit(whole, data, adam, {.epochs = 5, .batch_size = 3});
  filbert::Training training{.options = {.epochs = 5, .batch_size = 3}, .rows = 4};
  filbert::FitPosition& position = training.position;
  const auto stop_after_two = [](const filbert::EpochReport& report) { return report.epoch < 2; };
  CHECK(!fit(part, data, first, training.options,
             {.on_epoch = stop_after_two, .position = &position}));
  CHECK_EQ(position.epoch, std::size_t{2});
  CHECK_EQ(position.batch, std::size_t{0});
  save_checkpoint(part, first, training, folder / "checkpoint");
  filbert::Checkpoint again = filbert::load_checkpoint(folder / "checkpoint");
  Network& net = std::get<Network>(again.network);
  CHECK(again.training.options.loss == filbert::squared_error);  // what the network implies
  CHECK(again.training.options.seed == part.seed());
  CHECK(fit(net, data, again.optimizer, again.training.options,
            {.position = &again.training.position}));
  CHECK(same(net, whole));
  CHECK(to_bytes(again.optimizer) == to_bytes(adam));
  filbert::FitPosition beyond{.batch = 3};
  CHECK_THROWS(std::invalid_argument, fit(net, data, adam, {}, {.position = &beyond}), "position");
}

}  // namespace

int main() {
  const files::Folder folder("model_file");
  round_trips(folder);
  mapped_networks(folder);
  limits(folder);
  missing_files(folder);
  optimizers();
  checkpoints(folder);
  resumed_fit(folder);
  return check::report();
}
