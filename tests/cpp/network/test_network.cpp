// The network as data: layers, one buffer, initial weights, errors.
#include <cmath>
#include <limits>

#include "filbert/filbert.hpp"
#include "filbert/network.hpp"
#include "support/check.hpp"

using filbert::Activation;
using filbert::Network;

namespace {

void layout() {
  Network net({3, 4, 2}, {.activation = filbert::tanh, .output = filbert::softmax});
  CHECK_EQ(net.depth(), std::size_t{2});
  CHECK_EQ(net.parameters().size(), std::size_t{3 * 4 + 4 + 4 * 2 + 2});
  CHECK(net.w(1).data() == net.parameters().data());
  CHECK(net.b(1).data() == net.parameters().data() + 12);
  CHECK(net.w(2).data() == net.parameters().data() + 16);
  CHECK(net.b(2).data() == net.parameters().data() + 24);
  CHECK_EQ(net.w(1).rows(), std::size_t{3});
  CHECK_EQ(net.w(1).cols(), std::size_t{4});
  CHECK(reinterpret_cast<std::uintptr_t>(net.parameters().data()) % 64 == 0);
  CHECK(net.layers()[0] == (filbert::Layer{3, 4, filbert::tanh}));
  CHECK(net.layers()[1] == (filbert::Layer{4, 2, filbert::softmax}));
}

void initial_weights() {
  const Network relu({100, 50, 10}, {.seed = 5});
  const Network tanh({100, 50, 10}, {.activation = filbert::tanh, .seed = 5});
  const auto range = [](filbert::ConstMatrixView w) {
    float most = 0.0F;
    for (std::size_t i = 0; i < w.rows(); ++i) {
      for (std::size_t j = 0; j < w.cols(); ++j) most = std::max(most, std::abs(w(i, j)));
    }
    return most;
  };
  const double he = std::sqrt(6.0 / 100), glorot = std::sqrt(6.0 / 150);
  CHECK(range(relu.w(1)) <= he && range(relu.w(1)) > 0.99 * he);
  CHECK(range(tanh.w(1)) <= glorot && range(tanh.w(1)) > 0.99 * glorot);
  const double top = std::sqrt(6.0 / 60);  // an identity output: Glorot
  CHECK(range(relu.w(2)) <= top && range(relu.w(2)) > 0.95 * top);
  for (const float b : relu.b(1)) CHECK(b == 0.0F);
  // Double precision starts from the same numbers, before rounding.
  const filbert::Network64 wide({100, 50, 10}, {.seed = 5});
  bool same = true;
  for (std::size_t i = 0; i < wide.parameters().size(); ++i) {
    same = same && static_cast<float>(wide.parameters()[i]) == relu.parameters()[i];
  }
  CHECK(same);
  CHECK(relu.parameters()[0] != Network({100, 50, 10}, {.seed = 6}).parameters()[0]);
}

void copies_are_independent() {
  Network net({2, 3, 1});
  Network copy = net;
  copy.parameters()[0] = 9.0F;
  CHECK(net.parameters()[0] != 9.0F);
  CHECK(net.id() != copy.id());
  const std::uint64_t id = copy.id();
  const Network moved = std::move(copy);
  CHECK_EQ(moved.id(), id);
}

void errors() {
  const std::size_t most = std::numeric_limits<std::size_t>::max();
  CHECK_THROWS(std::invalid_argument, Network({}), "sizes: expected at least two");
  CHECK_THROWS(std::invalid_argument, Network({3}), "sizes: expected at least two");
  CHECK_THROWS(std::invalid_argument, Network({3, 0, 1}), "got 0 in layer 1");
  CHECK_THROWS(std::invalid_argument, Network({0, 1}), "got 0 in layer 0");
  CHECK_THROWS(std::invalid_argument, Network({3, 0}), "got 0 in layer 1");
  CHECK_THROWS(std::invalid_argument, Network({most, most}), "sizes");
  CHECK_THROWS(std::invalid_argument, Network({most / 8, 1}), "sizes");
  CHECK_THROWS(std::invalid_argument, Network({2, 2, 1}, {.activation = filbert::softmax}),
               "softmax expected as output only");
  for (const Activation only : {filbert::log_softmax, filbert::exponential}) {
    CHECK_THROWS(std::invalid_argument, Network({2, 2, 1}, {.activation = only}),
                 std::string(traits_of(only).name) + " expected as output only, got it for hidden");
  }
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double slope : {-0.01, 1.01, std::numeric_limits<double>::infinity(), nan}) {
    CHECK_THROWS(std::invalid_argument, Network({2, 1}, {.output = filbert::leaky_relu(slope)}),
                 "output: expected slope in [0, 1] for leaky_relu, got ");
  }
  for (const double alpha : {-1.0, 1e39, nan}) {
    CHECK_THROWS(std::invalid_argument, Network({2, 2, 1}, {.activation = filbert::elu(alpha)}),
                 "activation: expected alpha in [0, ");
  }
  CHECK_THROWS(std::invalid_argument, Network({2, 1}, {.output = filbert::relu6(6.0)}),
               "output: expected relu6 without a parameter, got 6");
  CHECK_THROWS(std::invalid_argument,
               Network({2, 2, 1}, {.activations = {filbert::relu, filbert::relu}}),
               "expected one for each of 1 hidden layers, got 2");
  std::string known = "activation: expected ";
  for (const std::string_view name : filbert::activation_names().first(3)) {
    known += std::string(name) + ", ";
  }
  CHECK_THROWS(std::invalid_argument, filbert::activation_from_string("no name"), known);
  CHECK_THROWS(std::invalid_argument, filbert::activation_from_string("no name"),
               ", got 'no name'");
  CHECK_THROWS(std::invalid_argument, filbert::loss_from_string("mse"), "squared_error");
}

}  // namespace

int main() {
  layout();
  initial_weights();
  copies_are_independent();
  errors();
  return check::report();
}
