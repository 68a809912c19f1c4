#include "files/description.hpp"

#include <algorithm>
#include <utility>

#include "filbert/model_file.hpp"
#include "files/description_parts.hpp"
#include "system/check.hpp"

namespace filbert {
namespace {

constexpr std::uint64_t format_version = 1;

void write_name(JsonWriter& json, const std::string& name) { json.string(name); }
void write_name(JsonWriter& json, std::int64_t integer) { json.integer(integer); }

template <class Name>
void write_names(JsonWriter& json, std::string_view key, const std::vector<Name>& names) {
  if (names.empty()) return;
  json[key].array(names, [&](const Name& name) { write_name(json, name); });
}

/// How many classes, feature names, columns and values of text there are.
std::size_t name_count(const NetworkOptions& options) {
  std::size_t count = options.feature_names.size() + options.columns.size() +
                      std::visit([](const auto& all) { return all.size(); }, options.classes);
  for (const Column& column : options.columns) count += column.values.size();
  return count;
}

void write_network(JsonWriter& json, const NetworkDescription& network) {
  require(network.sizes.size() <= max_layers + 1, "network: expected at most ", max_layers,
          " layers to save, got ", network.sizes.size() - 1);
  json.object([&] {
    json["dtype"].string(numpy_name(network.dtype));
    json["sizes"].array(network.sizes, [&](std::size_t size) { json.integer(size); });
    std::vector<Activation> activations = network.options.activations;
    activations.push_back(network.options.output);
    json["activations"].array(activations, [&](Activation a) { json.string(to_string(a)); });
    std::visit([&](const auto& labels) { write_names(json, "classes", labels); },
               network.options.classes);
    write_names(json, "feature_names", network.options.feature_names);
    if (!network.options.columns.empty()) write_columns(json["columns"], network.options.columns);
    if (!network.options.target_name.empty()) {
      json["target_name"].string(network.options.target_name);
    }
    json["seed"].integer(network.options.seed);
    json["epoch"].integer(network.epoch);
    if (!network.normalisation) return;
    const NormalisationDescription& normalisation = *network.normalisation;
    json["normalisation"].object([&] {
      json["kind"].string(to_string(normalisation.kind));
      json["quantiles"].integer(normalisation.quantiles);
      json["fill"].boolean(normalisation.fill);
      json["targets"].boolean(normalisation.targets);
    });
  });
}

void read_activations(JsonReader& json, NetworkOptions& options) {
  json.array(max_layers, [&] {
    options.activations.push_back(read_value_of_kind(json, activation_from_string));
  });
  if (options.activations.empty()) json.fail("activations", "none");
  options.output = options.activations.back();
  options.activations.pop_back();
}

/// Reads a list of at most `most` names. It reserves memory for all of them at once, because a
/// vector that grows takes more.
std::vector<std::string> read_names(JsonReader& json, std::size_t most) {
  std::vector<std::string> names;
  names.reserve(std::min(json.strings_ahead(), most));
  json.array(most, [&] { names.push_back(json.string(max_text)); });
  return names;
}

Classes read_classes(JsonReader& json, std::size_t most) {
  std::vector<std::string> names;
  std::vector<std::int64_t> integers;
  names.reserve(std::min(json.strings_ahead(), most));
  json.array(most, [&] {
    if (json.before_string()) {
      names.push_back(json.string(max_text));
    } else {
      integers.push_back(json.signed_integer());
    }
    if (!names.empty() && !integers.empty()) json.fail("strings only or integers only", "both");
  });
  return integers.empty() ? Classes(std::move(names)) : Classes(std::move(integers));
}

NormalisationDescription read_normalisation(JsonReader& json) {
  NormalisationDescription normalisation;
  json.fields({"kind", "quantiles", "fill", "targets"}, 4, [&](std::size_t which) {
    if (which == 0) normalisation.kind = read_value_of_kind(json, normalisation_from_string);
    if (which == 1) normalisation.quantiles = json.integer();
    if (which == 2) normalisation.fill = json.boolean();
    if (which == 3) normalisation.targets = json.boolean();
  });
  if (normalisation.kind == NormalisationKind::none && !normalisation.fill &&
      !normalisation.targets) {
    json.fail("a normalisation that does something", "none");
  }
  const bool has_quantiles = normalisation.kind == NormalisationKind::quantiles;
  const std::uint64_t most = has_quantiles ? max_quantiles : 0;
  if (normalisation.quantiles > most || (has_quantiles && normalisation.quantiles == 0)) {
    json.fail(has_quantiles ? "1 to " + std::to_string(most) + " quantiles" : "0 quantiles",
              std::to_string(normalisation.quantiles));
  }
  return normalisation;
}

/// names: how many more there may be.
NetworkDescription read_network(JsonReader& json, std::size_t& names) {
  NetworkDescription network;
  NetworkOptions& options = network.options;
  json.fields({"dtype", "sizes", "activations", "seed", "epoch", "classes", "feature_names",
               "columns", "target_name", "normalisation"},
              5, [&](std::size_t which) {
                if (which == 0) network.dtype = read_dtype_name(json);
                if (which == 1) {
                  json.array(max_layers + 1, [&] { network.sizes.push_back(read_size(json)); });
                }
                if (which == 2) read_activations(json, options);
                if (which == 3) options.seed = json.integer();
                if (which == 4) network.epoch = json.integer();
                if (which == 5) {
                  options.classes = read_classes(json, std::min(max_classes, names));
                  names -= std::visit([](const auto& all) { return all.size(); }, options.classes);
                }
                if (which == 6) {
                  options.feature_names = read_names(json, names);
                  names -= options.feature_names.size();
                }
                if (which == 7) options.columns = read_columns(json, names);
                if (which == 8) options.target_name = json.string(max_text);
                if (which == 9) network.normalisation = read_normalisation(json);
              });
  const std::size_t layers = network.options.activations.size() + 1;
  if (network.sizes.size() != layers + 1) {
    json.fail(std::to_string(layers + 1) + " sizes, one more than activations",
              std::to_string(network.sizes.size()));
  }
  return network;
}

}  // namespace

std::string to_json(const Description& description) {
  JsonWriter json;
  json.object([&] {
    json["format"].integer(format_version);
    if (description.network) write_network(json["network"], *description.network);
    if (description.optimizer) write_optimizer(json["optimizer"], *description.optimizer);
    if (description.training) write_training(json["training"], *description.training);
    if (description.ensemble.empty()) return;
    require(description.ensemble.size() <= max_members, "networks: expected at most ", max_members,
            " to save, got ", description.ensemble.size());
    std::size_t names = 0;
    json["ensemble"].array(description.ensemble, [&](const NetworkDescription& network) {
      names += name_count(network.options);
      write_network(json, network);
    });
    require(names <= max_names, "networks: expected at most ", max_names,
            " classes, feature names, columns and values of all of them, got ", names);
  });
  return json.text();
}

Description parse_description(std::string_view text) {
  JsonReader json(text, "metadata 'filbert'");
  Description description;
  std::size_t names = max_names;
  json.fields(
      {"format", "network", "optimizer", "training", "ensemble"}, 1, [&](std::size_t which) {
        if (which == 0) {
          const std::uint64_t version = json.integer();
          if (version != format_version) {
            json.fail("format " + std::to_string(format_version),
                      std::to_string(version) + ", which another version of filbert has written");
          }
        }
        if (which == 1) description.network = read_network(json, names);
        if (which == 2) description.optimizer = read_optimizer(json);
        if (which == 3) description.training = read_training(json);
        if (which != 4) return;
        json.array(max_members, [&] { description.ensemble.push_back(read_network(json, names)); });
        if (description.ensemble.empty()) json.fail("networks", "none");
      });
  json.end(' ');
  return description;
}

std::size_t tensor_count(const NormalisationDescription& normalisation) {
  const bool moves = normalisation.kind == NormalisationKind::standard ||
                     normalisation.kind == NormalisationKind::robust;
  return (moves ? 2U : 0U) + (normalisation.quantiles > 0 ? 1U : 0U) +
         (normalisation.fill ? 1U : 0U) + (normalisation.targets ? 2U : 0U);
}

std::size_t tensor_count(const NetworkDescription& network) {
  return 2 * (network.sizes.size() - 1) +
         (network.normalisation ? tensor_count(*network.normalisation) : 0);
}

std::size_t tensor_count(const Description& description) {
  std::size_t count = 0;
  for (const NetworkDescription& network : description.ensemble) count += tensor_count(network);
  if (description.training) {
    count += description.training->history.size();
    if (description.training->position.trained) ++count;
    if (has_best_parameters(*description.training)) ++count;
  }
  if (description.network) count += tensor_count(*description.network);
  if (description.optimizer && description.optimizer->state) {
    count += state_names(description.optimizer->rule).size();
  }
  return count;
}

}  // namespace filbert
