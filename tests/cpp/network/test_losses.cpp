// Losses as values, what they take for targets, and weights of examples with every one of them.
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "filbert/filbert.hpp"
#include "network/random.hpp"
#include "support/check.hpp"
#include "support/names.hpp"

using namespace filbert;

namespace {

/// Numbers in (0, 1).
template <class T>
std::vector<T> numbers(std::size_t size, std::uint64_t seed) {
  std::vector<T> values(size);
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint32_t word = random_block(seed, i / 4, Purpose::weights, 9, 9)[i % 4];
    values[i] = static_cast<T>((word + 0.5) * 0x1p-32);
  }
  return values;
}

/// Rows of targets that the loss takes.
template <class T>
std::vector<T> targets(const Loss& loss, std::size_t rows, std::size_t columns) {
  std::vector<T> y = numbers<T>(rows * columns, 2);
  const TargetRange range = traits_of(loss).targets;
  for (std::size_t i = 0; i < rows; ++i) {
    T* const row = &y[i * columns];
    T sum = 0;
    for (std::size_t j = 0; j < columns; ++j) sum += row[j];
    for (std::size_t j = 0; j < columns; ++j) {
      if (range == TargetRange::distributions) row[j] /= sum;
      if (range == TargetRange::signs) row[j] = row[j] > T(0.5) ? T(1) : T(-1);
    }
  }
  return y;
}

void texts() {
  for (const Loss& loss : names::losses()) {
    const check::Case at(to_string(loss));
    CHECK(loss_from_string(to_string(loss)) == loss);
  }
  CHECK_EQ(to_string(filbert::cross_entropy), std::string("cross_entropy"));
  CHECK_EQ(to_string(filbert::cross_entropy(0.5)),
           std::string("cross_entropy(0x1.0000000000000p-1)"));
  CHECK_EQ(to_string(filbert::quantile({0.5, 0.25})),
           std::string("quantile(0x1.0000000000000p-1, 0x1.0000000000000p-2)"));
  CHECK(filbert::quantile({0.5}) == filbert::quantile);
  CHECK(!(filbert::quantile({0.5, 0.25}) == filbert::quantile));
  for (const char* text :
       {"quantile(0x1.0000000000000p-1,0x1.0000000000000p-2)", "quantile(0x1.0000000000000p-1, )",
        "quantile(0x1.0000000000000p-1, 0x0.0p+0)",
        "huber(0x1.0000000000000p-1, 0x1.0000000000000p-1)", "hinge(0x1.0000000000000p-1)",
        "quantile()", "focal(1)"}) {
    const check::Case at(text);
    CHECK_THROWS(std::invalid_argument, loss_from_string(text), "loss: expected");
  }
  std::string many = "quantile(0x1.0000000000000p-1";
  for (int i = 0; i < 32; ++i) many += ", 0x1.0000000000000p-1";
  CHECK_THROWS(std::invalid_argument, loss_from_string(many + ")"), "loss: expected fewer");
  CHECK_THROWS(std::invalid_argument, filbert::huber({1.0, 2.0}), "loss: expected 1 to 1");
  CHECK_THROWS(std::invalid_argument, filbert::quantile({0.5, 1.5}), "level in [");
}

void outputs_and_columns() {
  const Loss two = filbert::quantile({0.1, 0.9});
  CHECK_EQ(target_columns(two, 6), std::size_t{3});
  CHECK_EQ(target_columns(filbert::gaussian_nll, 2), std::size_t{1});
  CHECK_EQ(target_columns(filbert::quantile, 7), std::size_t{7});
  CHECK_THROWS(std::invalid_argument, target_columns(two, 3), "quantile expected 2 outputs for");
  CHECK(names::fits(filbert::quantile, filbert::sigmoid));
  CHECK(!names::fits(two, filbert::sigmoid));
  CHECK(!names::fits(filbert::gaussian_nll, filbert::softmax));
  CHECK(!names::fits(filbert::hinge, filbert::sigmoid));
  CHECK_THROWS(std::invalid_argument, require_loss_fits(filbert::poisson, filbert::identity),
               "poisson expected a relu or sigmoid or softmax");
  Loss gap{LossKind::quantile, 0.5};
  gap.others[1] = 0.25;
  CHECK_THROWS(std::invalid_argument, require_parameters(gap), "others of 0 behind the last");
  CHECK_THROWS(std::invalid_argument, require_parameters(filbert::focal(-1.0)), "gamma in [0, ");
  CHECK_THROWS(std::invalid_argument, require_parameters(filbert::cross_entropy(NAN)),
               "label_smoothing in [0, 1] for cross_entropy, got nan");
}

/// Outputs that are never negative are what the traits say they are.
void outputs_that_are_never_negative() {
  for (const Activation output : names::activations()) {
    const Network64 net({1, 2}, {.output = output, .seed = 3});
    bool negative = false;
    for (double x = -100.0; x <= 100.0; x += 0.25) {
      double a[2];
      predict(net, ConstMatrixView64(&x, 1, 1), MatrixView64(a, 1, 2));
      negative = negative || a[0] < 0.0 || a[1] < 0.0;
    }
    const check::Case at(to_string(output));
    CHECK_EQ(traits_of(output).nonnegative, !negative);
  }
}

template <class T>
void refused_targets() {
  const T x[] = {T(0.5), T(-0.5)};
  const T y[] = {T(1), T(0.5), T(-1), T(1)};
  const BasicMatrixView<const T> in(x, 2, 1), rows(y, 2, 2), column(y, 2, 1);
  const std::int32_t labels[] = {0, 1};
  const auto message = [&](Activation output, const Loss& loss, BasicData<T> data) -> std::string {
    const BasicNetwork<T> net({1, 2}, {.output = output, .seed = 1});
    data.x = in;
    try {
      evaluate(net, data, {.loss = loss});
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "none";
  };
  const auto CHECK_SAYS = [](const std::string& got, const char* expected) {
    const check::Case at("expected", expected, "got", got);
    CHECK(got.find(expected) != std::string::npos);
  };
  CHECK_SAYS(message(filbert::relu, filbert::poisson, {.y = rows}),
             "y: expected values of at least 0 for poisson, got -1 in row 1, column 0");
  CHECK_SAYS(message(filbert::tanh, filbert::hinge, {.y = rows}),
             "y: expected -1 or 1 for hinge, got 0.5 in row 0, column 1");
  CHECK_SAYS(message(filbert::softmax, filbert::kl_divergence,
                     {.y = BasicMatrixView<const T>(y, 1, 2, 2)}),
             "y: expected 2 rows");
  CHECK_SAYS(message(filbert::tanh, filbert::gaussian_nll, {.y = rows}), "y: expected 1 columns");
  CHECK_SAYS(message(filbert::tanh, filbert::gaussian_nll, {.y = column}), "none");
  CHECK_SAYS(message(filbert::tanh, filbert::gaussian_nll, {.labels = labels}),
             "labels: expected rows of y for gaussian_nll");
  const T sums[] = {T(0.5), T(0.5), T(0.5), T(0.25)};
  CHECK_SAYS(message(filbert::softmax, filbert::kl_divergence,
                     {.y = BasicMatrixView<const T>(sums, 2, 2)}),
             "sum to 1 for kl_divergence, got sum 0.75 in row 1");
}

/// C_0 and dC_0/dz of a row with a weight are those without it, times the weight, once rounded. In
/// both layouts of outputs.
template <class T>
void weights(const Loss& loss, Activation output, std::size_t n) {
  constexpr std::size_t rows = 11;
  const std::size_t columns = target_columns(loss, n);
  const BasicNetwork<T> net({4, n}, {.output = output, .seed = 5});
  const std::vector<T> x = numbers<T>(rows * 4, 1), y = targets<T>(loss, rows, columns),
                       w = numbers<T>(rows, 3);
  const BasicMatrixView<const T> in(x.data(), rows, 4), out(y.data(), rows, columns);
  BasicWorkspace<T> plain(net, {.max_batch = rows}), weighted(net, {.max_batch = rows});
  forward(net, in, plain);
  forward(net, in, weighted);
  cost(net, {.y = out}, loss, plain);
  double total = 0.0, weight = 0.0;
  const double sum = cost(net, {.y = out, .weights = w}, loss, weighted);
  for (std::size_t i = 0; i < rows; ++i) {
    CHECK_EQ(weighted.cost()[i], w[i] * plain.cost()[i]);
    for (std::size_t j = 0; j < n; ++j) {
      CHECK_EQ(weighted.dz(1)(i, j), w[i] * plain.dz(1)(i, j));
      CHECK(std::isfinite(plain.dz(1)(i, j)));
    }
    total += static_cast<double>(w[i] * plain.cost()[i]);
    weight += static_cast<double>(w[i]);
  }
  CHECK_EQ(sum, total);
  const Evaluation result = evaluate(net, {.x = in, .y = out, .weights = w}, {.loss = loss});
  CHECK_EQ(result.loss, total / weight);
  CHECK_EQ(result.accuracy.has_value(), classifies(loss, output));
}

/// Outputs far from their targets, and at them, give finite derivatives; only squares and
/// exponentials may overflow.
template <class T>
void extremes(const Loss& loss, Activation output) {
  const std::size_t n = 2 * outputs_of_target(loss), columns = target_columns(loss, n);
  BasicNetwork<T> net({1, n}, {.output = output, .seed = 5});
  for (T& parameter : net.parameters()) parameter = 0;
  const std::vector<T> y = targets<T>(loss, 1, columns);
  BasicWorkspace<T> workspace(net, {.max_batch = 1});
  for (const double z : {0.0, 1e-30, 1e-10, 1.0, 80.0, 1000.0, 1e15}) {
    for (std::size_t j = 0; j < n; ++j) net.b(1)[j] = static_cast<T>(j % 2 == 0 ? z : -z);
    const T x = 0;
    forward(net, BasicMatrixView<const T>(&x, 1, 1), workspace);
    if (!std::isfinite(workspace.a(1)(0, 0))) continue;  // exp(z) itself is beyond the type
    const double sum = cost(net, {.y = {y.data(), 1, columns}}, loss, workspace);
    const check::Case at("z =", z);
    const bool overflows =
        loss.kind == LossKind::gaussian_nll || output.kind == ActivationKind::exponential;
    CHECK(std::isfinite(sum) || (overflows && sum > 0));
    for (std::size_t j = 0; j < n; ++j) {
      CHECK(std::isfinite(workspace.dz(1)(0, j)) ||
            (overflows && !std::isnan(workspace.dz(1)(0, j))));
    }
  }
}

}  // namespace

int main() {
  texts();
  outputs_and_columns();
  outputs_that_are_never_negative();
  refused_targets<float>();
  refused_targets<double>();
  for (const Loss& loss : names::losses()) {
    for (const Activation output : names::activations()) {
      if (!names::fits(loss, output)) continue;
      const check::Case at(to_string(loss), to_string(output));
      for (const std::size_t n : {6, 72}) {
        weights<float>(loss, output, n);
        weights<double>(loss, output, n);
      }
      extremes<float>(loss, output);
      extremes<double>(loss, output);
    }
  }
  return check::report();
}
