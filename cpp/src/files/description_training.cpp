// The parts of a description that a checkpoint has beyond a network.
#include <algorithm>
#include <concepts>
#include <type_traits>

#include "files/description_parts.hpp"
#include "system/check.hpp"

namespace filbert {
namespace {

// The values of options. Those of a fit are complete (filbert/fit.hpp).
void write_value(JsonWriter& json, double value) { json.real(value); }
void write_value(JsonWriter& json, bool value) { json.boolean(value); }
void write_value(JsonWriter& json, std::size_t value) { json.integer(value); }
template <std::unsigned_integral Integer>
void write_value(JsonWriter& json, std::optional<Integer> value) {
  json.integer(value.value());
}
void write_value(JsonWriter& json, const std::optional<Loss>& value) {
  json.string(to_string(value.value()));
}
void write_value(JsonWriter& json, const std::vector<double>& value) {
  json.array(value, [&](double number) { json.real(number); });
}
void write_value(JsonWriter& json, const Milestones& value) {
  json.array(value.epochs(), [&](double epoch) { json.real(epoch); });
}
void write_value(JsonWriter& json, Monitor value) { json.string(to_string(value)); }
void write_value(JsonWriter& json, const Schedule& value);
void read_value(JsonReader& json, double& value) { value = read_real(json); }
void read_value(JsonReader& json, bool& value) { value = json.boolean(); }
void read_value(JsonReader& json, std::size_t& value) { value = read_size(json); }
template <std::unsigned_integral Integer>
void read_value(JsonReader& json, std::optional<Integer>& value) {
  if constexpr (std::is_same_v<Integer, std::uint64_t>)
    value = json.integer();
  else
    value = read_size(json);
}
void read_value(JsonReader& json, std::optional<Loss>& value) {
  value = read_value_of_kind(json, loss_from_string);
}
void read_value(JsonReader& json, std::vector<double>& value) {
  json.array(max_layers, [&] { value.push_back(read_real(json)); });
}
void read_value(JsonReader& json, Milestones& value) {
  std::vector<double> epochs;
  json.array(Milestones::most, [&] { epochs.push_back(read_real(json)); });
  value = Milestones(epochs);
}
void read_value(JsonReader& json, Monitor& value) {
  value = read_value_of_kind(json, monitor_from_string);
}
void read_value(JsonReader& json, Schedule& value);

/// A table of options with their values. each(f) calls f(row, value) for each of them.
template <class Each>
void write_options(JsonWriter& json, Each each) {
  json.object([&] {
    each([&](const auto& row, const auto& value) { write_value(json[row.name], value); });
  });
}

/// Every option of a table, in the order in which they are written.
template <class Each>
void read_options(JsonReader& json, Each each) {
  std::size_t done = 0, wanted = 0;
  json.object(max_short_name, [&](const std::string& key) {
    std::size_t index = 0;
    bool found = false;
    each([&](const auto& row, auto& value) {
      if (index++ != done || row.name != key) return;
      found = true;
      read_value(json, value);
    });
    if (!found) json.fail("every option, in order", "'" + key + "'");
    ++done;
  });
  each([&](const auto&, const auto&) { ++wanted; });
  if (done != wanted) {
    json.fail(std::to_string(wanted) + " options", std::to_string(done));
  }
}

/// Reads a name of this list, of rules or schedules; what: what the message calls them.
std::string read_known_name(JsonReader& json, std::span<const std::string_view> names,
                            const std::string& what) {
  std::string name = json.string(max_short_name);
  if (std::ranges::find(names, name) == names.end()) {
    json.fail("the name of a known " + what, "'" + name + "'");
  }
  return name;
}

/// A constant rate is a number. Any other schedule is an object with its name and its options.
void write_value(JsonWriter& json, const Schedule& value) {
  if (value.is_constant()) {
    json.real(value.rate());
    return;
  }
  json.object([&] {
    json["schedule"].string(to_string(value));
    const auto options = [&](const auto& schedule) {
      write_options(json["options"], [&](auto f) { for_each_option(schedule, f); });
    };
    std::visit(options, value.any());
  });
}

void read_value(JsonReader& json, Schedule& value) {
  if (json.before_string()) {
    value = read_real(json);
    return;
  }
  bool named = false;
  json.fields({"schedule", "options"}, 2, [&](std::size_t which) {
    if (which == 0) {
      value = schedule_from_string(read_known_name(json, schedule_names(), "schedule"));
      named = true;
      return;
    }
    if (!named) json.fail("the schedule first", "another key");
    const auto options = [&](auto& schedule) {
      read_options(json, [&](auto f) { for_each_option(schedule, f); });
    };
    std::visit(options, value.any());
  });
  if (value.is_constant()) {
    json.fail("a number for a constant rate", "an object");
  }
}

/// The running products of a rule: each is a product of factors in [0, 1).
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

/// The state of a ReduceOnPlateau, but for its schedule, which is that of the optimizer.
PlateauState read_plateau(JsonReader& json) {
  PlateauState state;
  json.fields({"best", "rate", "bad", "cooldown"}, 4, [&](std::size_t which) {
    if (which == 0) state.best = read_real(json);
    if (which == 1) state.rate = read_real(json);
    if (which == 2) state.bad = read_size(json);
    if (which == 3) state.cooldown = read_size(json);
  });
  return state;
}

/// But for the parameters, which read_best reads.
BestEpoch read_best_epoch(JsonReader& json) {
  BestEpoch best;
  json.fields({"seen", "epoch", "value", "bad"}, 4, [&](std::size_t which) {
    if (which == 0) best.seen = read_size(json);
    if (which == 1) best.epoch = read_size(json);
    if (which == 2) best.value = read_real(json);
    if (which == 3) best.bad = read_size(json);
  });
  if (best.epoch > best.seen) {
    json.fail("a best epoch that has been seen", std::to_string(best.epoch));
  }
  return best;
}

FitPosition read_position(JsonReader& json) {
  FitPosition position;
  const std::initializer_list<std::string_view> names = {"epoch",  "batch",   "cost",    "hits",
                                                         "weight", "penalty", "trained", "plateau"};
  json.fields(names, 5, [&](std::size_t which) {
    if (which == 0) position.epoch = read_size(json);
    if (which == 1) position.batch = read_size(json);
    if (which == 2) position.cost = read_real(json);
    if (which == 3) position.hits = read_real(json);
    if (which == 4) position.weight = read_real(json);
    if (which == 5) position.penalty = read_real(json);
    if (which == 6) {
      if (!json.boolean()) json.fail("true, or no such key", "false");
      position.trained = std::make_shared<AnyParameters>();  // read_trained fills it
    }
    if (which == 7) position.plateau = read_plateau(json);
  });
  return position;
}

}  // namespace

void write_optimizer(JsonWriter& json, const OptimizerDescription& optimizer) {
  json.object([&] {
    json["rule"].string(to_string(optimizer.rule));
    std::visit(
        [&](const auto& rule) {
          write_options(json["options"], [&](auto f) { for_each_option(rule, f); });
        },
        optimizer.rule);
    json["steps"].integer(optimizer.steps);
    json["running"].array(optimizer.running, [&](double product) { json.real(product); });
    if (has_own_loop(optimizer.rule)) {
      json["loop"].object([&] {
        json["evaluations"].integer(optimizer.evaluations);
        json["converged"].boolean(optimizer.converged);
      });
    }
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
  bool has_loop = false;
  json.fields({"rule", "options", "steps", "running", "state", "loop"}, 4, [&](std::size_t which) {
    if (which == 0) {
      optimizer.rule = rule_from_string(read_known_name(json, rule_names(), "rule"));
      named = true;
    } else if (!named) {
      json.fail("the rule first", "another key");
    }
    if (which == 1) {
      std::visit([&](auto& rule) { read_options(json, [&](auto f) { for_each_option(rule, f); }); },
                 optimizer.rule);
    }
    if (which == 2) optimizer.steps = json.integer();
    if (which == 3) optimizer.running = read_running(json, optimizer.rule);
    if (which == 4) optimizer.state = read_state(json);
    if (which == 5) {
      if (!has_own_loop(optimizer.rule)) json.fail("no loop of a rule that has none", "one");
      has_loop = true;
      json.fields({"evaluations", "converged"}, 2, [&](std::size_t field) {
        if (field == 0) optimizer.evaluations = json.integer();
        if (field == 1) optimizer.converged = json.boolean();
      });
    }
  });
  if (has_loop != has_own_loop(optimizer.rule)) json.fail("the loop of this rule", "none");
  if (optimizer.state && state_names(optimizer.rule).empty()) {
    json.fail("no state of a rule that keeps none", "one");
  }
  return optimizer;
}

void write_training(JsonWriter& json, const TrainingDescription& training) {
  json.object([&] {
    const FitPosition& position = training.position;
    write_options(json["options"], [&](auto f) { for_each_fit_option(training.options, f); });
    json["position"].object([&] {
      json["epoch"].integer(position.epoch);
      json["batch"].integer(position.batch);
      json["cost"].real(position.cost);
      json["hits"].real(position.hits);
      json["weight"].real(position.weight);
      if (position.penalty != 0.0) json["penalty"].real(position.penalty);
      if (position.trained) json["trained"].boolean(true);
      if (!position.plateau) return;
      json["plateau"].object([&] {
        json["best"].real(position.plateau->best);
        json["rate"].real(position.plateau->rate);
        json["bad"].integer(position.plateau->bad);
        json["cooldown"].integer(position.plateau->cooldown);
      });
    });
    json["rows"].integer(training.rows);
    if (training.best) {
      json["best"].object([&] {
        json["seen"].integer(training.best->seen);
        json["epoch"].integer(training.best->epoch);
        json["value"].real(training.best->value);
        json["bad"].integer(training.best->bad);
      });
    }
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
  json.fields({"options", "position", "rows", "history", "best"}, 4, [&](std::size_t which) {
    if (which == 4) training.best = std::make_shared<BestEpoch>(read_best_epoch(json));
    if (which == 0) {
      read_options(json, [&](auto f) { for_each_fit_option(training.options, f); });
    }
    if (which == 1) training.position = read_position(json);
    if (which == 2) training.rows = read_size(json);
    if (which == 3) {
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
