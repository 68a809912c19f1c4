// Metrics worked out on paper, what they refuse, and the cost of a constant prediction.
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "filbert/filbert.hpp"
#include "support/check.hpp"

using namespace filbert;

namespace {

bool close(double a, double b) { return std::abs(a - b) <= 1e-15 * (1.0 + std::abs(b)); }

double value(const char* name, const Predictions& predictions, const Predicting& network) {
  const Metric metric = metric_from_string(name);
  return measure(std::span(&metric, 1), predictions, network)[0];
}

void names() {
  for (const std::string_view name : metric_names()) {
    const std::string text = name == "top_k" ? "top_12" : std::string(name);
    const Metric metric = metric_from_string(text);
    CHECK_EQ(to_string(metric), text);
    CHECK_EQ(higher_is_better(metric), name != "mae" && name != "mse");
  }
  for (const char* wrong : {"", "top_", "top_0", "top_03", "top_k", "top_3x", "top_-1", "F1"}) {
    CHECK_THROWS(std::invalid_argument, metric_from_string(wrong), "metric: expected accuracy, ");
  }
}

void of_two_classes() {
  const std::vector<double> a = {0.9, 0.4, 0.6, 0.2, 0.6}, y = {1, 1, 0, 0, 1};
  const Predictions p{.a = {a.data(), 5, 1}, .y = {y.data(), 5, 1}};
  const Predicting net{.outputs = 1, .output = sigmoid, .loss = binary_cross_entropy};
  CHECK(close(value("accuracy", p, net), 3.0 / 5.0));
  CHECK(close(value("precision", p, net), 2.0 / 3.0));
  CHECK(close(value("recall", p, net), 2.0 / 3.0));
  CHECK(close(value("f1", p, net), 2.0 / 3.0));
  CHECK(close(value("balanced_accuracy", p, net), (2.0 / 3.0 + 0.5) / 2.0));
  CHECK(close(value("auc", p, net), (2.0 + 1.0 + 1.5) / 6.0));
  CHECK(close(value("mae", p, net), (0.1 + 0.6 + 0.6 + 0.2 + 0.4) / 5.0));
  // A weight of 2 is a copy, a weight of 0 no row at all.
  const std::vector<double> weights = {2, 1, 1, 1, 0}, twice = {0.9, 0.9, 0.4, 0.6, 0.2},
                            y_twice = {1, 1, 1, 0, 0};
  Predictions weighted = p;
  weighted.weights = weights;
  const Predictions copied{.a = {twice.data(), 5, 1}, .y = {y_twice.data(), 5, 1}};
  for (const std::string_view name : metric_names()) {
    if (name == "top_k") continue;
    const std::string text(name);
    const check::Case at(text);
    CHECK(close(value(text.c_str(), weighted, net), value(text.c_str(), copied, net)));
  }
}

void of_three_classes() {
  const std::vector<double> a = {0.5, 0.3, 0.2, 0.4, 0.4, 0.2, 0.1, 0.2, 0.7, 0.6, 0.3, 0.1};
  const std::vector<std::int32_t> labels = {0, 1, 2, 1};
  const Predictions p{.a = {a.data(), 4, 3}, .labels = labels};
  const Predicting net{.outputs = 3, .output = softmax, .loss = cross_entropy};
  CHECK(close(value("accuracy", p, net), 0.5));  // of equal outputs the first one counts
  CHECK(close(value("top_1", p, net), 0.5));
  CHECK(close(value("top_2", p, net), 1.0));
  CHECK(close(value("recall", p, net), (1.0 + 0.0 + 1.0) / 3.0));
  CHECK(close(value("precision", p, net), (1.0 / 3.0 + 0.0 + 1.0) / 3.0));
  CHECK(close(value("balanced_accuracy", p, net), 2.0 / 3.0));
}

void of_values() {
  const std::vector<double> a = {1, 2, 3, 4}, y = {1, 1, 5, 1};
  const Predictions p{.a = {a.data(), 2, 2}, .y = {y.data(), 2, 2}};
  const Predicting net{.outputs = 2, .loss = squared_error};
  CHECK(close(value("mae", p, net), (1.0 + 2.0) / 2.0));
  CHECK(close(value("mse", p, net), (2.0 + 5.0) / 2.0));
  CHECK(close(value("r2", p, net), ((1.0 - 4.0 / 8.0) + 0.0) / 2.0));  // the second y is constant
  const Predictions one{.a = {a.data(), 1, 2}, .y = {y.data(), 1, 2}};
  CHECK(std::isnan(value("r2", one, net)));
}

void nowhere() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> a = {0.9, nan}, fine = {0.9, 0.1}, y = {1, 1};
  const Predicting net{.outputs = 1, .output = sigmoid, .loss = binary_cross_entropy};
  CHECK(std::isnan(value("auc", {.a = {a.data(), 2, 1}, .y = {y.data(), 2, 1}}, net)));
  CHECK(std::isnan(value("auc", {.a = {fine.data(), 2, 1}, .y = {y.data(), 2, 1}}, net)));
}

void what_does_not_fit() {
  const Predicting values{.outputs = 2}, classes{.outputs = 3, .output = softmax},
      decisions{.outputs = 3, .output = sigmoid, .loss = binary_cross_entropy};
  const auto fits = [](const char* name, const Predicting& network) {
    require_metric_fits(metric_from_string(name), network);
  };
  CHECK_THROWS(std::invalid_argument, fits("accuracy", values),
               "accuracy: expected a network that");
  CHECK_THROWS(std::invalid_argument, fits("auc", values), "auc: expected a network that tells");
  CHECK_THROWS(std::invalid_argument, fits("r2", classes), "r2: expected a network whose outputs");
  CHECK_THROWS(std::invalid_argument, fits("top_4", classes), "top_4: expected at least 4 outputs");
  CHECK_THROWS(std::invalid_argument, fits("top_1", decisions), "got decisions of 3");
  CHECK_THROWS(std::invalid_argument, fits("balanced_accuracy", decisions), "a decision for each");
}

void constant_predictions() {
  const std::vector<double> y = {1, 0, 0, 1, 1, 0, 1, 0};
  const Data64 rows{.y = {y.data(), 4, 2}};
  const double ln_2 = std::log(2.0);
  const Network64 net({1, 2});
  const auto cost = [&](const Loss& loss) { return constant_cost(net, rows, loss); };
  CHECK(close(*cost(squared_error), 0.25 * (3.0 / 4.0) * 2.0));
  CHECK(close(*cost(half_squared_error), 0.25 * (3.0 / 4.0)));
  const double entropy = -(0.75 * std::log(0.75) + 0.25 * std::log(0.25));
  CHECK(close(*cost(cross_entropy), entropy));
  CHECK(close(*cost(cross_entropy(1.0)), ln_2));
  CHECK(close(*cost(binary_cross_entropy), 2.0 * entropy));
  CHECK(close(*cost(kl_divergence), entropy));
  CHECK(close(*cost(poisson), 1.0 + entropy));
  for (const Loss& loss : {huber, absolute_error, log_cosh, quantile, hinge, focal, gaussian_nll}) {
    CHECK(!cost(loss).has_value());
  }
  const std::vector<std::int32_t> labels = {0, 1, 0, 0};
  CHECK(constant_cost(net, Data64{.labels = labels}, cross_entropy) == cost(cross_entropy));
  const std::vector<double> weights = {1, 1, 0, 0};
  CHECK(close(*constant_cost(net, Data64{.labels = labels, .weights = weights}, cross_entropy),
              ln_2));
  const std::vector<double> same = {0.3, 0.7, 0.3, 0.7};
  CHECK(!constant_cost(net, Data64{.y = {same.data(), 2, 2}}, cross_entropy).has_value());
  Network64 normal({1, 2});
  normal.set_normalisation({.target_centre = {0.75, 0.25}, .target_scale = {0.5, 2.0}});
  CHECK(close(*constant_cost(normal, rows, squared_error), 0.1875 / 0.25 + 0.1875 / 4.0));
}

}  // namespace

int main() {
  names();
  of_two_classes();
  of_three_classes();
  of_values();
  nowhere();
  what_does_not_fit();
  constant_predictions();
  return check::report();
}
