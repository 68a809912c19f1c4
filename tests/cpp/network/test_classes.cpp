// What outputs and inputs are called: which names a network takes, and that a file holds them all.
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "filbert/filbert.hpp"
#include "support/check.hpp"
#include "support/names.hpp"

using filbert::Activation;
using filbert::Classes;
using filbert::Network;
using Names = std::vector<std::string>;
using Integers = std::vector<std::int64_t>;
using Wrong = std::invalid_argument;

namespace {

Network classifier() { return Network({2, 3}, {.output = filbert::softmax}); }

void told_in_advance() {
  const Network net({2, 3}, {.output = filbert::softmax,
                             .classes = Names{"low", "medium", "high"},
                             .feature_names = {"size", "age"}});
  CHECK(net.classes() == Classes(Names{"low", "medium", "high"}));  // in this order
  CHECK(net.feature_names() == (Names{"size", "age"}));
  const Network copy = net;
  CHECK(copy.classes() == net.classes());
  CHECK(copy.feature_names() == net.feature_names());
  CHECK(classifier().classes() == Classes{});
  CHECK(classifier().feature_names().empty());
  CHECK_THROWS(Wrong, Network({2, 3}, {.classes = Integers{1}}), "classes: expected 3");
  CHECK_THROWS(Wrong, Network({2, 3}, {.feature_names = {"a"}}), "feature_names: expected 2");
  const filbert::NetworkOptions wrong{.feature_names = {"a"}};
  CHECK_THROWS(Wrong, Network({2, 3}, wrong, filbert::AlignedBuffer<float>(9)), "feature_names");
}

void how_many() {
  const auto require = [](std::size_t outputs, Activation output, std::size_t classes) {
    const check::Case at(outputs, to_string(output));
    CHECK_EQ(filbert::class_count(outputs, output), classes);
    for (std::size_t count = 1; count <= 4; ++count) {
      Integers labels(count);
      std::iota(labels.begin(), labels.end(), -1);
      Network net({1, outputs}, {.output = output});
      if (count == classes) {
        net.set_classes(labels);
        CHECK(net.classes() == Classes(labels));
      } else {
        CHECK_THROWS(Wrong, net.set_classes(labels), "classes: expected");
        CHECK(net.classes() == Classes{});
      }
    }
  };
  require(1, filbert::sigmoid, 2);
  require(1, filbert::softmax, 1);
  require(1, filbert::log_softmax, 1);
  for (const Activation output : names::activations()) {
    if (!traits_of(output).classifies) require(1, output, 0);
    require(3, output, 3);
  }
  CHECK_THROWS(Wrong, Network({2, 1}).set_classes(Names{"a"}),
               "classes: expected none for one output that is identity, got 1");
}

void wrong_classes() {
  Network net = classifier();
  CHECK_THROWS(Wrong, net.set_classes(Names{"a", "b"}),
               "classes: expected 3, as many as the outputs tell apart, got 2");
  CHECK_THROWS(Wrong, net.set_classes(Integers{1, 2, 3, 4}), "got 4");
  CHECK_THROWS(Wrong, net.set_classes(Names{"b", "a", "b"}),
               "classes: expected each label once, got 'b' twice");
  CHECK_THROWS(Wrong, net.set_classes(Names{"a", "b", "b"}), "got 'b' twice");
  CHECK_THROWS(Wrong, net.set_classes(Integers{-1, 2, -1}),
               "classes: expected each label once, got '-1' twice");
  CHECK_THROWS(Wrong, net.set_classes(Names{std::string("a\0", 2), "b", "c"}),
               "classes: expected no NUL");
  CHECK_THROWS(Wrong, net.set_classes(Names{"a", "b", "\xFF"}), "classes: expected names in UTF-8");
  CHECK(net.classes() == Classes{});
  net.set_classes(Integers{7, 5, 6});
  CHECK_THROWS(Wrong, net.set_classes(Integers{7, 5, 5}), "twice");
  CHECK(net.classes() == Classes(Integers{7, 5, 6}));
  net.set_classes(Integers{});
  CHECK(net.classes() == Classes{});
}

void wrong_feature_names() {
  Network net = classifier();
  CHECK_THROWS(Wrong, net.set_feature_names({"a"}),
               "feature_names: expected 2, one for each input, got 1");
  CHECK_THROWS(Wrong, net.set_feature_names({"a", "b", "c"}), "got 3");
  CHECK_THROWS(Wrong, net.set_feature_names({"a", std::string("\0", 1)}),
               "feature_names: expected no NUL");
  CHECK_THROWS(Wrong, net.set_feature_names({"a", "\xED\xA0\x80"}),
               "feature_names: expected names in UTF-8");
  CHECK(net.feature_names().empty());
  net.set_feature_names({"b", "b"});  // as frames may have them
  CHECK_THROWS(Wrong, net.set_feature_names({"c"}), "feature_names");
  CHECK(net.feature_names() == (Names{"b", "b"}));
  net.set_feature_names({});
  CHECK(net.feature_names().empty());
}

/// What a network can be told, a file holds, however it has to be escaped.
void limits() {
  Integers labels(filbert::max_classes + 1);
  std::iota(labels.begin(), labels.end(), std::numeric_limits<std::int64_t>::min());
  Network wider({1, labels.size()});
  CHECK_THROWS(Wrong, wider.set_classes(labels), "classes: expected at most 10000, got 10001");
  labels.pop_back();
  const std::size_t features = filbert::max_names - labels.size();
  Names names(features, "");
  Network widest({features, labels.size()}, {.classes = labels, .feature_names = names});
  const filbert::AnyNetwork again = filbert::from_bytes(to_bytes(widest));
  CHECK(std::get<Network>(again).classes() == Classes(labels));
  CHECK(std::get<Network>(again).feature_names() == names);
  names.push_back("");
  CHECK_THROWS(Wrong,
               Network({features + 1, labels.size()}, {.classes = labels}).set_feature_names(names),
               "feature_names: expected at most 25000, classes included, got 25001");
  // Text: of marks that are escaped twice, of control characters, of letters, at the most.
  std::vector<std::size_t> sizes(1001, 1);
  sizes.front() = sizes.back() = 3;
  struct Letter {
    char letter;
    std::size_t bytes;  // that it takes in a file
  };
  for (const Letter& each : {Letter{'"', 4}, Letter{'\\', 4}, Letter{'\1', 7}, Letter{'a', 1}}) {
    const char letter = each.letter;
    const check::Case at(int{letter});
    const std::size_t most = (filbert::max_names_text - 6 * 5) / each.bytes;
    Network net(sizes, {.classes = Names{"", "a", "b"}});
    const Names fits{std::string(most - 2, letter), "", ""};  // room for two letters of classes
    net.set_feature_names(fits);
    const filbert::AnyNetwork read = filbert::from_bytes(to_bytes(net));
    CHECK(std::get<Network>(read).feature_names() == fits);
    CHECK_THROWS(Wrong, net.set_feature_names({std::string(most + 1, letter), "", ""}),
                 "feature_names: expected at most 458752 bytes in the header of a file");
    CHECK_THROWS(Wrong, net.set_classes(Names{std::string(12, letter), "a", "b"}),
                 "feature_names: expected at most 458752 bytes");
    CHECK(net.feature_names() == fits);
  }
}

}  // namespace

int main() {
  told_in_advance();
  how_many();
  wrong_classes();
  wrong_feature_names();
  limits();
  return check::report();
}
