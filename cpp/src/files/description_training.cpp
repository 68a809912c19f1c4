// The parts of a description that a checkpoint has beyond a network.
#include <algorithm>
#include <iterator>

#include "files/description_parts.hpp"
#include "system/check.hpp"

namespace filbert {
namespace {

void write_value(JsonWriter& json, double value) { json.real(value); }
void write_value(JsonWriter& json, bool value) { json.boolean(value); }
void read_value(JsonReader& json, double& value) { value = read_real(json); }
void read_value(JsonReader& json, bool& value) { value = json.boolean(); }

/// The rule of that name, with its options at their defaults.
Rule read_rule_name(JsonReader& json) {
  const std::string name = json.string(max_short_name);
  if (std::ranges::find(rule_names(), name) == rule_names().end()) {
    json.fail("the name of a known rule", "'" + name + "'");
  }
  return rule_from_string(name);
}

/// Every option of the rule, in the order in which it is written.
template <class Options>
void read_options(JsonReader& json, Options& options) {
  std::size_t count = 0;
  json.object(max_short_name, [&](const std::string& key) {
    std::size_t index = 0;
    bool found = false;
    for_each_option(options, [&](const auto& row, auto& value) {
      if (index++ != count || row.name != key) return;
      found = true;
      read_value(json, value);
    });
    if (!found) json.fail("the options of the rule, in order", "'" + key + "'");
    ++count;
  });
  constexpr std::size_t wanted = std::size(RuleTraits<Options>::options);
  if (count != wanted) json.fail(std::to_string(wanted) + " options", std::to_string(count));
}

/// Those of a rule: each is a product of factors in [0, 1).
std::vector<double> read_running(JsonReader& json, const Rule& rule) {
  std::vector<double> running;
  json.array(running_products(rule), [&] {
    const double product = running.emplace_back(read_real(json));
    if (!(product >= 0.0 && product <= 1.0)) json.fail("products in [0, 1]", hex(product));
  });
  if (running.size() != running_products(rule)) {
    json.fail(std::to_string(running_products(rule)) + " running products",
              std::to_string(running.size()));
  }
  return running;
}

StateDescription read_state(JsonReader& json) {
  StateDescription state;
  json.fields({"dtype", "numbers"}, 2, [&](std::size_t which) {
    if (which == 0) state.dtype = read_dtype_name(json);
    if (which == 1) state.numbers = json.integer();
  });
  return state;
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
    json["rule"].string(to_string(optimizer.rule));
    json["options"].object([&] {
      const auto write = [&](const auto& row, const auto& value) {
        write_value(json[row.name], value);
      };
      std::visit([&](const auto& options) { for_each_option(options, write); }, optimizer.rule);
    });
    json["steps"].integer(optimizer.steps);
    json["running"].array(optimizer.running, [&](double product) { json.real(product); });
    if (!optimizer.state) return;
    json["state"].object([&] {
      json["dtype"].string(numpy_name(optimizer.state->dtype));
      json["numbers"].integer(optimizer.state->numbers);
    });
  });
}

OptimizerDescription read_optimizer(JsonReader& json) {
  OptimizerDescription optimizer;
  bool named = false;  // what follows depends on the rule
  json.fields({"rule", "options", "steps", "running", "state"}, 4, [&](std::size_t which) {
    if (which == 0) {
      optimizer.rule = read_rule_name(json);
      named = true;
    } else if (!named) {
      json.fail("the rule first", "another key");
    }
    if (which == 1) {
      std::visit([&](auto& options) { read_options(json, options); }, optimizer.rule);
    }
    if (which == 2) optimizer.steps = json.integer();
    if (which == 3) optimizer.running = read_running(json, optimizer.rule);
    if (which == 4) optimizer.state = read_state(json);
  });
  if (optimizer.state && state_names(optimizer.rule).empty()) {
    json.fail("no state of a rule that keeps none", "one");
  }
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
                if (which == 3) training.loss = read_value_of_kind(json, loss_from_string);
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
