// The parts of a description that a checkpoint has beyond a network.
#include <array>
#include <optional>

#include "check.hpp"
#include "description_parts.hpp"
#include "filbert/optimizer_options.hpp"

namespace filbert {
namespace {

void write_value(JsonWriter& json, double value) { json.real(value); }
void write_value(JsonWriter& json, bool value) { json.boolean(value); }
void read_value(JsonReader& json, double& value) { value = read_real(json); }
void read_value(JsonReader& json, bool& value) { value = json.boolean(); }

/// Options of the rule of that name, at their defaults; nothing if there is no such rule.
std::optional<Optimizer::Rule> rule_from(std::string_view name) {
  std::optional<Optimizer::Rule> found;
  const auto consider = [&](const auto& options) {
    if (rule_name(options) == name) found = options;
  };
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    (consider(std::variant_alternative_t<i, Optimizer::Rule>{}), ...);
  }(std::make_index_sequence<std::variant_size_v<Optimizer::Rule>>{});
  return found;
}

/// Every option of the rule, in the order in which it is written.
template <class Options>
void read_options(JsonReader& json, Options& options) {
  std::size_t count = 0;
  json.object(max_short_name, [&](const std::string& key) {
    std::size_t index = 0;
    bool found = false;
    for_each_option(options, [&](std::string_view name, auto& value) {
      if (index++ != count || name != key) return;
      found = true;
      read_value(json, value);
    });
    if (!found) json.fail("the options of the rule, in order", "'" + key + "'");
    ++count;
  });
  std::size_t wanted = 0;
  for_each_option(options, [&](std::string_view, auto&) { ++wanted; });
  if (count != wanted) json.fail(std::to_string(wanted) + " options", std::to_string(count));
}

bool is_history_name(std::string_view name) {
  return !name.empty() && name.size() <= max_short_name &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == name.npos;
}

FitPosition read_position(JsonReader& json) {
  FitPosition position;
  json.fields({"epoch", "batch", "cost", "hits", "counted"}, 5, [&](std::size_t which) {
    if (which == 0) position.epoch = read_size(json);
    if (which == 1) position.batch = read_size(json);
    if (which == 2) position.cost = read_real(json);
    if (which == 3) position.hits = json.integer();
    if (which == 4) position.counted = json.integer();
  });
  return position;
}

}  // namespace

void write_optimizer(JsonWriter& json, const OptimizerDescription& optimizer) {
  json.object([&] {
    std::visit(
        [&](const auto& options) {
          json["rule"].string(rule_name(options));
          json["options"].object([&] {
            for_each_option(options, [&](std::string_view name, const auto& value) {
              write_value(json[name], value);
            });
          });
        },
        optimizer.rule);
    json["steps"].integer(optimizer.steps);
    json["beta1_power"].real(optimizer.beta1_power);
    json["beta2_power"].real(optimizer.beta2_power);
    json["dtype"].string(numpy_name(optimizer.dtype));
    json["buffers"].integer(optimizer.buffers);
    json["numbers"].integer(optimizer.numbers);
  });
}

OptimizerDescription read_optimizer(JsonReader& json) {
  OptimizerDescription optimizer;
  std::optional<Optimizer::Rule> rule;
  json.fields(
      {"rule", "options", "steps", "beta1_power", "beta2_power", "dtype", "buffers", "numbers"}, 8,
      [&](std::size_t which) {
        if (which == 0) {
          const std::string name = json.string(max_short_name);
          rule = rule_from(name);
          if (!rule) json.fail("the name of a known rule", "'" + name + "'");
        }
        if (which == 1) {
          if (!rule) json.fail("the rule before its options", "options");
          std::visit([&](auto& options) { read_options(json, options); }, *rule);
        }
        if (which == 2) optimizer.steps = json.integer();
        if (which == 3) optimizer.beta1_power = read_real(json);
        if (which == 4) optimizer.beta2_power = read_real(json);
        if (which == 5) optimizer.dtype = read_dtype_name(json);
        if (which == 6) optimizer.buffers = read_size(json);
        if (which == 7) optimizer.numbers = json.integer();
      });
  if (optimizer.buffers > max_buffers) {
    json.fail("at most " + std::to_string(max_buffers) + " buffers",
              std::to_string(optimizer.buffers));
  }
  for (const double power : {optimizer.beta1_power, optimizer.beta2_power}) {
    if (!(power >= 0.0 && power <= 1.0)) json.fail("powers in [0, 1]", hex(power));
  }
  optimizer.rule = *rule;
  return optimizer;
}

void write_training(JsonWriter& json, const TrainingDescription& training) {
  json.object([&] {
    const FitPosition& position = training.position;
    json["position"].object([&] {
      json["epoch"].integer(position.epoch);
      json["batch"].integer(position.batch);
      json["cost"].real(position.cost);
      json["hits"].integer(position.hits);
      json["counted"].integer(position.counted);
    });
    json["rows"].integer(training.rows);
    json["batch_size"].integer(training.batch_size);
    json["loss"].string(to_string(training.loss));
    json["shuffle"].boolean(training.shuffle);
    json["seed"].integer(training.seed);
    json["history"].array(training.history, [&](const auto& series) {
      require(is_history_name(series.first), "history: expected names of a to z, 0 to 9 and _");
      require(series.second.size() == position.epoch, "history: expected ", position.epoch,
              " numbers of each, got ", series.second.size());
      json.string(series.first);
    });
  });
  require(training.history.size() <= max_history, "history: expected at most ", max_history,
          " names, got ", training.history.size());
}

TrainingDescription read_training(JsonReader& json) {
  TrainingDescription training;
  json.fields({"position", "rows", "batch_size", "loss", "shuffle", "seed", "history"}, 7,
              [&](std::size_t which) {
                if (which == 0) training.position = read_position(json);
                if (which == 1) training.rows = read_size(json);
                if (which == 2) training.batch_size = read_size(json);
                if (which == 3) training.loss = read_choice<Loss>(json, loss_names());
                if (which == 4) training.shuffle = json.boolean();
                if (which == 5) training.seed = json.integer();
                if (which == 6) {
                  json.array(max_history, [&] {
                    const std::string name = json.string(max_short_name);
                    if (!is_history_name(name)) json.fail("a name of a history", "'" + name + "'");
                    for (const auto& [known, numbers] : training.history) {
                      if (known == name) json.fail("each name once", "'" + name + "' twice");
                    }
                    training.history.push_back({name, {}});
                  });
                }
              });
  return training;
}

}  // namespace filbert
