// Normalisations: what is learnt, what it does to rows, and that every way through a network is the
// same as for rows that have been normalised before.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "filbert/filbert.hpp"
#include "filbert/normalisation.hpp"
#include "network/order_statistics.hpp"
#include "support/check.hpp"
#include "support/splitmix.hpp"

using namespace filbert;

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN(),
                 inf = std::numeric_limits<double>::infinity();

/// Numbers of a table: columns of very different scales, one of them constant, and ties.
template <class T>
std::vector<T> table(std::size_t rows, std::size_t columns) {
  check::Random random;
  std::vector<T> x(rows * columns);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t j = i % columns;
    const double u = static_cast<double>(random() >> 11) * 0x1p-53;
    const double scales[] = {1.0, 1000.0, 1e-4, 0.0, 3.0};
    x[i] = static_cast<T>(j % 5 == 4 ? std::floor(4 * u)
                                     : 50.0 * static_cast<double>(j) + scales[j % 5] * (u * u));
  }
  return x;
}

template <class T>
Normalisation learnt(std::vector<T> x, std::size_t columns, NormalisationOptions options) {
  const BasicNetwork<T> net({columns, 1});
  const std::vector<T> y(x.size() / columns, T(1));
  return learn_normalisation(
      net, {.x = {x.data(), y.size(), columns}, .y = {y.data(), y.size(), 1}}, options);
}

void by_hand() {
  const std::vector<double> x{1, 5, 2, 5, 3, 5, 4, 5, 10, 5};
  const Normalisation standard = learnt(x, 2, {.kind = NormalisationKind::standard});
  CHECK(standard.centre == (std::vector<double>{4, 5}));
  CHECK(standard.factor == (std::vector<double>{1 / std::sqrt(10.0), 1}));
  const Normalisation robust = learnt(x, 2, {.kind = NormalisationKind::robust});
  CHECK(robust.centre == (std::vector<double>{3, 5}));
  CHECK(robust.factor == (std::vector<double>{0.5, 0}));
  const Normalisation ties =
      learnt<double>({1, 1, 1, 1, 1, 1, 1, 5}, 1, {.kind = NormalisationKind::robust});
  CHECK(ties.factor == (std::vector<double>{0.5}));  // quartiles are equal: 2 over the range
  const Normalisation quantiles = learnt(x, 2, {.kind = NormalisationKind::quantiles});
  CHECK(quantiles.quantiles == (std::vector<double>{1, 2, 3, 4, 10, 5, 5, 5, 5, 5}));
  const Normalisation filled =
      learnt<double>({nan, 1, 4, nan, 8, 2}, 2, {.kind = NormalisationKind::none, .fill = true});
  CHECK(filled.fill == (std::vector<double>{6, 1.5}));
  CHECK(filled.kind == NormalisationKind::none && filled.centre.empty());
  const Normalisation few = learnt<double>({nan, 1, 4, nan, 8, 2}, 2,
                                           {.kind = NormalisationKind::quantiles, .fill = true});
  CHECK(few.quantiles == (std::vector<double>{4, 6, 8, 1, 1.5, 2}));
}

template <class T>
void applied() {
  BasicNetwork<T> net({2, 1});
  net.set_normalisation({.kind = NormalisationKind::quantiles,
                         .quantiles = {0, 1, 1, 1, 2, 7, 7, 7, 7, 7},
                         .fill = {1, 0}});
  const std::vector<T> x{0, 7, 1, 8, T(1.5), -1, 2, 7, T(nan), T(nan), -9, 7, 9, 7};
  std::vector<T> out(x.size());
  normalise_inputs(net, {x.data(), 7, 2}, {out.data(), 7, 2});
  const auto near = [](T a, double b) { return std::abs(static_cast<double>(a) - b) < 1e-5; };
  CHECK(near(out[0], -5.199338) && near(out[2], 0.0) && near(out[4], 1.150349));
  CHECK(near(out[6], 5.199338) && near(out[8], 0.0) && near(out[10], -5.199338) &&
        near(out[12], 5.199338));
  for (std::size_t i = 1; i < out.size(); i += 2) CHECK_EQ(out[i], T(0));  // a constant column
  net.set_normalisation(
      {.kind = NormalisationKind::robust, .centre = {3, 5}, .factor = {0.5, 0}, .fill = {7, 5}});
  normalise_inputs(net, {x.data(), 7, 2}, {out.data(), 7, 2});
  CHECK(near(out[0], -1.5 / std::sqrt(1.25)) && near(out[8], 2 / std::sqrt(1 + 4.0 / 9)));
  const T far[] = {std::numeric_limits<T>::max(), T(-1e30)};
  normalise_inputs(net, {far, 1, 2}, {out.data(), 1, 2});
  CHECK(out[0] == T(3) && out[1] == T(0));
}

template <class T>
bool equal(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

/// A network with the normalisation, and one without it that is given rows normalised before.
template <class T>
void same_as_normalised_before(const NormalisationOptions& options, std::size_t rows,
                               std::size_t columns) {
  const check::Case at(to_string(options.kind), options.fill ? "with gaps" : "", rows, "rows of",
                       columns);
  std::vector<T> x = table<T>(rows, columns), y = table<T>(rows, 2);
  for (std::size_t i = 2; options.fill && i < x.size(); i += 9) x[i] = T(nan);
  BasicNetwork<T> net({columns, 9, 2}, {.activation = filbert::tanh, .seed = 3}), plain = net;
  const BasicData<T> data{.x = {x.data(), rows, columns}, .y = {y.data(), rows, 2}};
  net.set_normalisation(learn_normalisation(net, data, options));
  std::vector<T> hand(x.size()), targets(y.size());
  normalise_inputs(net, data.x, {hand.data(), rows, columns});
  normalise_targets(net, data.y, {targets.data(), rows, 2});
  for (std::size_t i = 0; i < hand.size(); ++i) CHECK(std::isfinite(hand[i]));
  const BasicData<T> before{.x = {hand.data(), rows, columns}, .y = {targets.data(), rows, 2}};
  for (const bool noisy : {false, true}) {
    const FitOptions fitted{.epochs = 2, .batch_size = 17, .noise = noisy ? 0.1 : 0.0};
    Optimizer adam = Adam(), other = Adam();
    fit(net, data, adam, fitted);
    fit(plain, before, other, fitted);
    CHECK(std::ranges::equal(net.parameters(), plain.parameters()));
  }
  CHECK_EQ(evaluate(net, data).loss, evaluate(plain, before).loss);
  EvaluateOptions own;
  const auto crossed = [](const BasicCostBatch<T>& batch) {
    for (std::size_t i = 0; i < batch.cost.size(); ++i) {
      batch.cost[i] = batch.a(i, 0) * batch.y(i, 1) - batch.a(i, 1) * batch.y(i, 0);
    }
    return true;
  };
  if constexpr (sizeof(T) == 4)
    own.cost = crossed;
  else
    own.cost64 = crossed;
  CHECK_EQ(evaluate(net, data, own).loss, evaluate(plain, before, own).loss);
  std::vector<T> a(2 * rows), b(2 * rows);
  predict(net, data.x, {a.data(), rows, 2});
  predict(plain, before.x, {b.data(), rows, 2});
  const Normalisation& by = net.normalisation();
  for (std::size_t i = 0; by.changes_targets() && i < b.size(); ++i) {
    const double wide = static_cast<double>(b[i]) * by.target_scale[i % 2];
    b[i] = static_cast<T>(wide + by.target_centre[i % 2]);
  }
  CHECK(equal(a, b));
  for (std::size_t i = 0; i < rows; i += 11) {
    T row[2];
    predict(net, data.x.rows_from(i, 1), {row, 1, 2}, {.only_finite = true});
    CHECK(row[0] == a[2 * i] && row[1] == a[2 * i + 1]);
  }
  BasicWorkspace<T> room(net, {.max_batch = rows}), other(plain, {.max_batch = rows});
  BasicGradients<T> gradients(net), expected(plain);
  forward(net, data.x, room);
  forward(plain, before.x, other);
  CHECK_EQ(cost(net, {.y = data.y}, squared_error, room),
           cost(plain, {.y = before.y}, squared_error, other));
  backward(net, data.x, room, gradients);
  backward(plain, before.x, other, expected);
  CHECK(std::ranges::equal(gradients.flat(), expected.flat()));
}

/// Neither the number of threads nor the type and layout of x matters to what is learnt.
void in_any_way() {
  const std::size_t threads_before = get_threads();
  const std::size_t rows = 700, columns = 1030;
  const std::vector<float> x = table<float>(rows, columns);
  std::vector<double> wide(x.size()), turned(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    wide[i] = static_cast<double>(x[i]);
    turned[i % columns * rows + i / columns] = wide[i];
  }
  const Network net({columns, 1});
  for (const NormalisationKind kind :
       {NormalisationKind::standard, NormalisationKind::robust, NormalisationKind::quantiles}) {
    const check::Case at(to_string(kind));
    set_threads(1);
    const Normalisation one =
        learn_normalisation(net, {.x = {x.data(), rows, columns}}, {.kind = kind});
    for (const std::size_t threads : {2, 5}) {
      set_threads(threads);
      CHECK(learn_normalisation(net, {.x = {x.data(), rows, columns}}, {.kind = kind}) == one);
    }
    constexpr std::ptrdiff_t size = sizeof(double);
    CHECK(learn_normalisation(net,
                              {.elements = {wide.data(), ElementType::float64, rows, columns,
                                            size * columns, size}},
                              {.kind = kind}) == one);
    CHECK(learn_normalisation(
              net,
              {.elements = {turned.data(), ElementType::float64, rows, columns, size, size * rows}},
              {.kind = kind}) == one);
    std::vector<std::uint64_t> chosen;
    std::vector<float> few;
    for (std::uint64_t i = 3; i < rows; i += 3) {
      chosen.push_back(i);
      few.insert(few.end(), &x[i * columns], &x[i * columns] + columns);
    }
    CHECK(learn_normalisation(net, {.x = {x.data(), rows, columns}, .chosen = chosen},
                              {.kind = kind}) ==
          learn_normalisation(net, {.x = {few.data(), chosen.size(), columns}}, {.kind = kind}));
  }
  set_threads(threads_before);
}

/// Of more rows than are looked at, those at equal distances.
void samples() {
  const std::size_t rows = 3 * (std::size_t{1} << 17);
  std::vector<float> x(rows), every_third;
  for (std::size_t i = 0; i < rows; ++i) {
    x[i] = static_cast<float>((i * 7919) % rows);
    if (i % 3 == 0) every_third.push_back(x[i]);
  }
  for (const NormalisationKind kind : {NormalisationKind::robust, NormalisationKind::quantiles}) {
    CHECK(learnt(x, 1, {.kind = kind}) == learnt(every_third, 1, {.kind = kind}));
  }
}

template <class T>
void bad_input() {
  const auto refuses = [](std::vector<T> x, const char* message,
                          NormalisationOptions options = {}) {
    const check::Case at(message);
    CHECK_THROWS(std::invalid_argument, learnt(std::move(x), 2, options), message);
  };
  refuses({1, 2, 3, T(nan)}, "x: expected finite numbers, got nan in row 1, column 1");
  refuses({1, 2, T(inf), 4}, "x: expected finite numbers, got inf in row 1, column 0");
  const NormalisationOptions fills{.fill = true};
  refuses({1, 2, 3, T(-inf)}, "expected finite numbers or NaN, got -inf in row 1, column 1", fills);
  refuses({T(inf), 2, T(inf), 4}, "expected finite numbers or NaN, got inf in row 0", fills);
  refuses({1, T(nan), 3, T(nan)}, "at least one number in each column, got only NaN in column 1",
          fills);
  if constexpr (sizeof(T) == 8) {
    refuses({1, -1e200, 3, 1e200}, "numbers that are too far apart in column 1");
    refuses({T(-1.7e308), 1, T(1.7e308), 1}, "too far apart in column 0",
            {.kind = NormalisationKind::robust});
  }
  BasicNetwork<T> net({2, 1}), classifier({2, 3}, {.output = softmax});
  const std::vector<T> x{1, 2, 3, 4}, y{1, 2};
  const std::vector<std::int32_t> labels{0, 1};
  const BasicMatrixView<const T> rows(x.data(), 2, 2), targets(y.data(), 2, 1);
  net.set_normalisation(learn_normalisation(net, {.x = rows}, {}));
  const Normalisation before = net.normalisation();
  CHECK(learn_normalisation(net, {.x = rows.rows_from(0, 1)}, {}) == before);  // it is kept
  CHECK_THROWS(std::invalid_argument,
               learn_normalisation(net, {.x = rows}, {.kind = NormalisationKind::robust}),
               "normalize: expected standard, which the network has, got robust");
  const NormalisationOptions of_targets{.kind = NormalisationKind::none, .targets = true};
  const auto fails = [&](const BasicNetwork<T>& of, const BasicData<T>& data,
                         NormalisationOptions options, const char* message) {
    CHECK_THROWS(std::invalid_argument, learn_normalisation(of, data, options), message);
  };
  fails(classifier, {.x = rows, .labels = labels}, of_targets,
        "expected an identity output, got softmax");
  fails(net, {.x = rows, .labels = labels}, of_targets, "expected rows of y, got labels");
  fails(net, {.x = rows, .y = targets.rows_from(0, 1)}, of_targets, "y: expected 2 rows");
  fails(net, {.x = rows, .y = rows}, of_targets, "y: expected 1 columns, got 2");
  NormalisationOptions hinged = of_targets;
  hinged.loss = hinge;
  fails(net, {.x = rows, .y = targets}, hinged, "expected a loss of values of any size, got hinge");
  CHECK_THROWS(std::invalid_argument, net.set_normalisation({.kind = NormalisationKind::standard}),
               "expected 2 numbers of centre, got 0");
  CHECK_THROWS(std::invalid_argument, net.set_normalisation({.fill = {1}}),
               "expected 2 numbers of fill or none, got 1");
  CHECK(net.normalisation() == before);
  net.set_normalisation(learn_normalisation(net, {.x = rows, .y = targets}, of_targets));
  CHECK(net.normalisation().kind == NormalisationKind::standard &&
        net.normalisation().changes_targets());
  Optimizer sgd = Sgd();
  CHECK_THROWS(std::invalid_argument, fit(net, {.x = rows, .labels = labels}, sgd), "got labels");
  BasicNetwork<T> copy = net;
  net.set_normalisation({});
  CHECK(net.normalises() == nullptr && net.normalisation() == Normalisation{});
  CHECK(copy.normalisation().changes_targets());
}

/// The mean of gaussian_nll moves with y, and its logarithm of a variance by that of the scale.
void variances() {
  Network64 net({1, 2});
  const std::vector<double> x{1, 2, 3, 4}, y{10, 20, 30, 40};
  net.set_normalisation(learn_normalisation(net, {.x = {x.data(), 4, 1}, .y = {y.data(), 4, 1}},
                                            {.targets = true, .loss = gaussian_nll}));
  const Normalisation& by = net.normalisation();
  CHECK_EQ(by.target_centre[0], 25.0);
  CHECK(std::abs(by.target_centre[1] - std::log(125.0)) < 1e-12);
  CHECK(by.target_scale == (std::vector<double>{std::sqrt(125.0), 1.0}));
  const double loss =
      evaluate(net, {.x = {x.data(), 4, 1}, .y = {y.data(), 4, 1}}, {.loss = gaussian_nll}).loss;
  CHECK(std::isfinite(loss));
}

}  // namespace

int main() {
  by_hand();
  applied<float>();
  applied<double>();
  for (const NormalisationKind kind : {NormalisationKind::none, NormalisationKind::standard,
                                       NormalisationKind::robust, NormalisationKind::quantiles}) {
    for (const bool fill : {false, true}) {
      for (const bool targets : {false, true}) {
        for (const std::size_t threads : {1, 3}) {
          set_threads(threads);
          same_as_normalised_before<float>({.kind = kind, .fill = fill, .targets = targets}, 300,
                                           7);
          same_as_normalised_before<double>({.kind = kind, .fill = fill, .targets = targets}, 61,
                                            35);
        }
      }
    }
  }
  in_any_way();
  samples();
  bad_input<float>();
  bad_input<double>();
  variances();
  return check::report();
}
