// SPDX-License-Identifier: Apache-2.0
#include "api/run_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/file.h"
#include "base/text.h"
#include "config/toml.h"
#include "data/data_options.h"
#include "ops/table.h"
#include "optim/options.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

// Adds the options of a struct to a table, with the prefix "group.". The struct's own `name`
// becomes the group's name.
void add_group(Options& table, const std::string& group, Options options) {
  for (Option& option : options) {
    option.name = option.name == "name" ? group : group + "." + option.name;
    table.push_back(std::move(option));
  }
}

Options early_stopping(EarlyStoppingOptions& options) {
  return {{"patience", &options.patience,
           "epochs without improvement before stopping; 0 never stops early", range::kNonNegative},
          {"monitor", &options.monitor,
           "validation loss or metric that decides which epoch is best: auto (the loss), loss, or "
           "the name of a metric"},
          {"min_delta", &options.min_delta, "minimum change that counts as an improvement",
           range::kNonNegative},
          {"restore_best", &options.restore_best,
           "whether training ends with the weights of the best epoch if there is a patience or a "
           "restore margin"},
          {"restore_margin", &options.restore_margin,
           "standard errors by which the best epoch must be better than the last one to be "
           "restored; 0 always restores it if there is a patience",
           range::kNonNegative}};
}

// Removes the keys "group.…", which the user or an op names, and returns them without the prefix.
Settings extract_group(Settings& settings, const std::string& group) {
  const std::string prefix = group + ".";
  Settings taken;
  for (auto entry = settings.begin(); entry != settings.end();) {
    if (entry->first.starts_with(prefix)) {
      taken[entry->first.substr(prefix.size())] = entry->second;
      entry = settings.erase(entry);
    } else {
      ++entry;
    }
  }
  return taken;
}

// Reads inputs such as `left = "a.npy"` or `left = ["age", "height"]`.
InputSources named_inputs(const Settings& settings, const std::string& where) {
  InputSources inputs;
  for (const auto& [name, value] : settings) {
    const Option option{name, &inputs[name], "a file, or columns of the table"};
    set_option(option, value, where + ": inputs");
  }
  return inputs;
}

// Reads the kinds of columns, such as `price = "number"` or `size = ["small", "large"]`, into the
// lists of the options with the same meaning.
void read_column_kinds(const Settings& settings, const std::string& where, DataOptions& data) {
  const std::map<std::string, std::vector<std::string>*> lists = {
      {"number", &data.numeric}, {"category", &data.categorical},
      {"time", &data.date},      {"id", &data.id},
      {"drop", &data.drop},      {"keep", &data.keep},
      {"embed", &data.embed}};
  for (const auto& [name, value] : settings) {
    if (const auto* order = std::get_if<std::vector<std::string>>(&value)) {
      data.ordinal.push_back(name + "=" + join(*order, "<"));
      continue;
    }
    const auto* kind = std::get_if<std::string>(&value);
    const auto list = kind == nullptr ? lists.end() : lists.find(*kind);
    if (list == lists.end()) {
      throw Error(
          ErrorKind::config,
          fmt::format("{}: columns: '{}' expects \"number\", \"category\", \"time\", "
                      "\"id\", \"drop\", \"keep\", \"embed\" or a list of ordered words, got {}",
                      where, name, to_string(value)));
    }
    list->second->push_back(name);
  }
}

struct LayerOptions {
  Layer& layer;
  Options options() {
    return {
        {"op", &layer.op, "name of an op (see `selfnorm ops`)"},
        {"name", &layer.name, "unique name"},
        {"inputs", &layer.inputs, "layers or network inputs to read"},
        {"share", &layer.share, "layer whose parameters this layer uses"},
        {"l2", &layer.l2, "adds l2·Σw² of the layer's weights to the loss", range::kNonNegative}};
  }
};

// Rejects unknown keys. The suggestion is one of the op's attributes or of the keys that all layers
// have.
void check_keys(const Layer& layer, const Options& common, const std::string& where,
                std::size_t position) {
  const OpRow* row = find_op(layer.op);
  if (row == nullptr) return;  // the builder reports this, with the most similar op
  std::vector<std::string> names;
  for (const Option& option : row->attributes->describe()) names.push_back(option.name);
  const std::size_t own = names.size();
  for (const Option& option : common) names.push_back(option.name);
  for (const auto& entry : layer.attributes) {
    const auto end = names.begin() + static_cast<std::ptrdiff_t>(own);
    if (std::find(names.begin(), end, entry.first) != end) continue;
    throw Error(ErrorKind::config,
                fmt::format("{}: layer {} ({}): unknown key '{}'{}", where,
                            layer.name.empty() ? std::to_string(position) : "'" + layer.name + "'",
                            layer.op, entry.first, suggestion(entry.first, names)));
  }
}

Layer read_layer(const Settings& settings, const std::string& where, std::size_t position) {
  Layer layer;
  LayerOptions common{layer};
  Settings own;
  for (const auto& [name, value] : settings) {
    const Options options = common.options();
    const bool is_common = std::ranges::count(options, name, &Option::name) > 0;
    (is_common ? own : layer.attributes)[name] = value;
  }
  apply_settings(common.options(), own, where);
  if (layer.op.empty())
    throw Error(ErrorKind::config,
                where + ": a layer needs `op`, the name of an op (see `selfnorm ops`)");
  check_keys(layer, common.options(), where, position);
  return layer;
}

void read_model(RunConfig& config, const TomlSection& section, const std::string& where) {
  Settings rest;
  constexpr std::string_view kInputs = "inputs.";
  for (const auto& [name, value] : section.settings) {
    if (!name.starts_with(kInputs) && name != "outputs") rest[name] = value;
  }
  for (const std::string& name : section.order) {
    if (!name.starts_with(kInputs)) continue;
    const auto value = section.settings.find(name);
    const bool is_table = value == section.settings.end();
    const auto* shape = is_table ? nullptr : std::get_if<Shape>(&value->second);
    if (shape == nullptr) {
      throw Error(ErrorKind::config,
                  fmt::format("{}: input '{}': expected a shape such as [1, 28, 28], got {}", where,
                              name.substr(kInputs.size()),
                              is_table ? "a table (put a name with a dot in quotes)"
                                       : to_string(value->second)));
    }
    config.network.inputs.emplace_back(name.substr(kInputs.size()), *shape);
  }
  if (const auto layers = rest.find("layers"); layers != rest.end()) {
    throw Error(
        ErrorKind::config,
        fmt::format("{}: 'layers' expects a list of tables such as {{ op = \"dense\", units "
                    "= 10 }}, got {} (leave it out for the default network)",
                    where, to_string(layers->second)));
  }
  if (const auto outputs = section.settings.find("outputs"); outputs != section.settings.end()) {
    const Option option{"outputs", &config.network.outputs, "names of layers"};
    set_option(option, outputs->second, where);
  }
  for (const auto& [name, list] : section.lists) {
    if (name != "layers") {
      throw Error(ErrorKind::config,
                  fmt::format("{}: unknown key '{}'{}", where, name, suggestion(name, {"layers"})));
    }
    for (const auto& [settings, place] : list) {
      config.network.layers.push_back(
          read_layer(settings, place, config.network.layers.size() + 1));
    }
  }
  if (!config.network.layers.empty() && !rest.empty()) {
    const Options options = model_table(config);
    const std::string& name = rest.begin()->first;
    const bool known = std::ranges::count(options, name, &Option::name) > 0;
    if (known) reject_option_with_layers(config, name, where);
    throw Error(ErrorKind::config, fmt::format("{}: unknown key '{}'{}", where, name,
                                               suggestion(name, {"inputs", "layers", "outputs"})));
  }
  apply_settings(model_table(config), rest, where);
}

void list_names(const Settings& settings, std::vector<std::string>& names) {
  for (const auto& setting : settings) names.push_back(setting.first);
}

}  // namespace

std::string layer_toml(const Layer& layer) {
  Settings settings = layer.attributes;
  settings["op"] = layer.op;
  if (!layer.name.empty()) settings["name"] = layer.name;
  if (!layer.inputs.empty()) settings["inputs"] = layer.inputs;
  if (!layer.share.empty()) settings["share"] = layer.share;
  if (layer.l2 != 0) settings["l2"] = layer.l2;
  return toml_inline(settings, {"op", "name", "inputs"});
}

Options data_table(RunConfig& config) { return options(config.data); }

Options model_table(RunConfig& config) {
  DefaultNetworkOptions& network = config.default_network;
  return {
      {"hidden", &network.hidden, "units of the hidden layers of the default network",
       range::kAtLeastOne},
      {"dropout_rate", &network.dropout_rate,
       "rate of the alpha dropout after each hidden layer of the default network", range::kRate},
      {"folds",
       &network.folds,
       "parts of a cross-validation: as many default networks are trained side by side and "
       "averaged, each without another part of the rows, which it scores; 0: none",
       {0, 1000, false, false}},
      {"members", &network.members,
       "number of default networks that are trained side by side and averaged, each with other "
       "validation rows",
       range::kExtent},
      {"numeric_embedding",
       &network.numeric_embedding,
       "what the default network reads in addition to its inputs: nothing, 16 periodic features of "
       "each input, or three linear functions of these (pbld)",
       range::kAny,
       {"none", "periodic", "pbld"}}};
}

Options train_table(RunConfig& config) {
  TrainOptions& train = config.train;
  Options table = {
      {"loss", &train.loss,
       "loss: auto, softmax_cross_entropy, sigmoid_cross_entropy, dice, mean_squared_error, huber, "
       "mean_squared_log_error or poisson"},
      {"preset",
       &config.preset,
       "sets the options of the default network and its training that are not given: default "
       "chooses them from the rows and the target, fast takes less time, best 4 to 10 times as "
       "long, none takes the values in brackets; auto is default for the default network and "
       "none for others",
       range::kAny,
       {"auto", "none", "fast", "default", "best"}},
      {"seconds", &config.seconds,
       "time that the training should take; the preset chooses the number of networks and the "
       "epochs for it; 0: any time",
       range::kNonNegative},
      {"batch_size", &train.batch_size, "rows per step", range::kAtLeastOne},
      {"epochs", &train.epochs, "passes over the training rows", range::kAtLeastOne},
      {"seed", &train.seed, "random seed of initial weights, masks and row order",
       range::kNonNegative},
      {"shuffle", &train.shuffle, "shuffle the rows every epoch"},
      {"metrics", &train.metrics, "metrics to measure; empty: the default ones of the loss"},
      {"threads",
       &train.threads,
       "number of threads; 0 for as many as the work of a step needs, one for small networks",
       {0, 1024}},
      {"watch", &train.watch, "measure each layer's moments during training"},
      {"checkpoint_every", &train.checkpoint_every, "epochs between checkpoints",
       range::kAtLeastOne},
      {"refit_output", &train.refit_output,
       "after training a regression with dropout, replace each output by the least-squares line of "
       "the targets on it over the training rows"},
      {"temperature_scaling", &train.temperature_scaling,
       "after training on classes, divide the outputs before the softmax by the temperature for "
       "which the probabilities fit the validation rows best; a preset turns this on"}};
  add_group(table, "optimizer", options(train.optimizer));
  add_group(table, "schedule", options(train.schedule));
  add_group(table, "early_stopping", early_stopping(train.early_stopping));
  return table;
}

Options loss_table() {
  Options table;
  for (const OpRow& row : op_table()) {
    if (*row.category != Category::loss) continue;
    for (Option& option : row.attributes->describe()) {
      const auto known = std::ranges::find(table, option.name, &Option::name);
      option.help = fmt::format("{}: {}", *row.name, option.help);
      if (option.name == "class_weights") {
        static Setting numbers_or_balanced = std::vector<double>();
        option.target = &numbers_or_balanced;
        option.help += "; balanced: in inverse proportion to the rows of the class";
      }
      if (known == table.end()) table.push_back(std::move(option));
      else known->help += "; " + option.help;
    }
  }
  return table;
}

void reject_option_with_layers(const RunConfig& config, const std::string& option,
                               const std::string& where) {
  if (config.network.layers.empty()) return;
  throw Error(ErrorKind::config, fmt::format("{}: '{}' is an option of the default network, but "
                                             "the file gives layers (remove one of them)",
                                             where, option));
}

RunConfig parse_run_config(const std::string& text, const std::string& where) {
  RunConfig config;
  config.preset = "auto";
  for (auto& [name, section] : parse_toml(text, where, {"inputs", "columns"})) {
    const std::string table = fmt::format("{}: [{}]", where, name);
    if (name != "data") list_names(section.settings, config.given);
    if (name == "model") {
      read_model(config, section, table);
      continue;
    }
    if (name != "data" && name != "train") {
      throw Error(ErrorKind::config, fmt::format("{}: unknown table{}", table,
                                                 suggestion(name, {"data", "model", "train"})));
    }
    if (!section.lists.empty()) {
      throw Error(ErrorKind::config,
                  fmt::format("{}: unknown key '{}'", table, section.lists.begin()->first));
    }
    Settings settings = section.settings;
    if (name == "train") config.train.loss_attributes = extract_group(settings, "loss");
    else config.data.inputs = named_inputs(extract_group(settings, "inputs"), table);
    const Settings kinds = name == "data" ? extract_group(settings, "columns") : Settings();
    apply_settings(name == "data" ? data_table(config) : train_table(config), settings, table);
    read_column_kinds(kinds, table, config.data);
  }
  return config;
}

RunConfig read_run_config(const std::filesystem::path& path) {
  std::string text;
  try {
    text = read_file(path);
  } catch (const Error& error) {
    throw Error(ErrorKind::config, error.detail());
  }
  return parse_run_config(text, path.string());
}

RunConfig read_run_folder_config(const std::filesystem::path& path) {
  RunConfig config = read_run_config(path);
  const bool is_current = read_file(path).find("stratify_split") != std::string::npos;
  config.data.has_old_split = !is_current;
  if (!is_current) config.data.stratify_split = false;
  return config;
}

std::string to_toml(const RunConfig& given) {
  RunConfig config = given;
  Settings train = collect_settings(train_table(config));
  for (const auto& [name, value] : config.train.loss_attributes) train["loss." + name] = value;
  Settings data = collect_settings(data_table(config));
  for (const auto& [name, values] : config.data.inputs) data["inputs." + name] = values;
  std::string text = "[data]\n" + toml_lines(data) + "\n[model]\n";
  if (config.network.layers.empty()) {
    text += toml_lines(collect_settings(model_table(config)));
  } else {
    Settings inputs;
    std::string list;
    for (const auto& [name, shape] : config.network.inputs) {
      list += fmt::format("{} {} = {}", list.empty() ? "" : ",", to_string(Setting(name)),
                          to_string(Setting(shape)));
    }
    text += fmt::format("inputs = {{{} }}\nlayers = [\n", list);
    for (const Layer& layer : config.network.layers) {
      text += fmt::format("  {},\n", layer_toml(layer));
    }
    text += "]\n";
    if (!config.network.outputs.empty()) {
      text += fmt::format("outputs = {}\n", to_string(Setting(config.network.outputs)));
    }
  }
  return text + "\n[train]\n" + toml_lines(train);
}

}  // namespace selfnorm
