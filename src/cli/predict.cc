// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/index.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/inference_arguments.h"
#include "cli/terminal.h"

namespace selfnorm::cli {
namespace {

struct PredictArguments : InferenceArguments {
  std::string out;
  double interval = std::nan("");
};

// The outputs for one row, the ends of their intervals, if there are any, and the predicted class
// if the model is a classifier.
struct Prediction {
  std::span<const float> values, low, high;
  const std::vector<std::string>& class_names;

  bool is_class() const { return values.size() > 1 && values.size() == class_names.size(); }
  const std::string& name() const {
    return class_names[static_cast<std::size_t>(std::ranges::max_element(values) - values.begin())];
  }
};

std::string csv_quoted(const std::string& cell) {
  if (cell.find_first_of(",\"\n\r") == std::string::npos) return cell;
  std::string text = "\"";
  for (const char c : cell) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + "\"";
}

// The names and the cells by which one finds a row again: its identifiers, and its line in the file
// if only a part of the file was used.
struct RowNames {
  const Dataset& data;
  bool has_lines;

  std::string header() const {
    std::string text = has_lines ? "row,line" : "row";
    for (const IdentifierColumn& id : data.ids) text += "," + csv_quoted(id.name);
    return text;
  }
  std::string csv(std::int64_t row) const {
    std::string text = std::to_string(row);
    if (has_lines) text += fmt::format(",{}", data.lines[as_index(row)]);
    for (const IdentifierColumn& id : data.ids) text += "," + csv_quoted(id.cells[as_index(row)]);
    return text;
  }
  nlohmann::ordered_json json(std::int64_t row) const {
    nlohmann::ordered_json json{{"row", row}};
    if (has_lines) json["line"] = data.lines[as_index(row)];
    for (const IdentifierColumn& id : data.ids) json["ids"][id.name] = id.cells[as_index(row)];
    return json;
  }
};

std::string header(const Model& model, const RowNames& rows, bool has_intervals) {
  const std::vector<std::string> names = model.output_names();
  const bool classes = names == model.class_names();
  std::string text = rows.header();
  if (classes) text += ",prediction";
  for (const std::string& name : names)
    text += "," + csv_quoted(classes ? "p(" + name + ")" : name);
  for (const std::string& name : has_intervals ? names : std::vector<std::string>())
    text += "," + csv_quoted(name + "_low") + "," + csv_quoted(name + "_high");
  return text + "\n";
}

std::string csv_row(std::string text, const Prediction& prediction) {
  if (prediction.is_class()) text += "," + csv_quoted(prediction.name());
  for (const float value : prediction.values) text += fmt::format(",{}", value);
  for (std::size_t i = 0; i < prediction.low.size(); ++i)
    text += fmt::format(",{},{}", prediction.low[i], prediction.high[i]);
  return text + "\n";
}

nlohmann::ordered_json json_row(nlohmann::ordered_json json, const Prediction& prediction) {
  if (prediction.is_class()) {
    json["prediction"] = prediction.name();
    for (std::size_t i = 0; i < prediction.values.size(); ++i) {
      json["probabilities"][prediction.class_names[i]] = prediction.values[i];
    }
  } else if (prediction.values.size() == 1) {
    json["prediction"] = prediction.values[0];
  } else {
    json["prediction"] = std::vector<float>(prediction.values.begin(), prediction.values.end());
  }
  for (std::size_t i = 0; i < prediction.low.size(); ++i)
    json["intervals"].push_back({{"low", prediction.low[i]}, {"high", prediction.high[i]}});
  return json;
}

void write_predictions(const std::string& path, const std::string& text, std::size_t rows) {
  write_file(path, text);
  note(fmt::format("wrote {} rows to {}", group_digits(static_cast<std::int64_t>(rows)), path));
}

void run_predict(const PredictArguments& arguments) {
  const auto opened = open_model(arguments, false);
  const Tensor values = opened.model.predict(opened.data, opened.rows);
  const auto width = static_cast<std::size_t>(values.shape[1]);
  const bool has_intervals = !std::isnan(arguments.interval);
  PredictionIntervals intervals;
  if (has_intervals) intervals = opened.model.intervals_around(values, arguments.interval);
  const auto prediction = [&](std::size_t i) {
    const auto of_row = [&](const Tensor& all) {
      return all.data.empty() ? std::span<const float>()
                              : std::span(all.data).subspan(i * width, width);
    };
    return Prediction{of_row(values), of_row(intervals.low), of_row(intervals.high),
                      opened.model.class_names()};
  };
  const bool is_part = arguments.data.source.empty() && opened.split != "all";
  const RowNames names{opened.data, is_part && !opened.data.lines.empty()};
  std::string text;
  if (arguments.json) {
    auto rows = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < opened.rows.size(); ++i) {
      rows.push_back(json_row(names.json(opened.rows[i]), prediction(i)));
    }
    text = nlohmann::ordered_json{{"predictions", rows}}.dump(2) + "\n";
  } else {
    text = header(opened.model, names, has_intervals);
    for (std::size_t i = 0; i < opened.rows.size(); ++i) {
      text += csv_row(names.csv(opened.rows[i]), prediction(i));
    }
  }
  if (arguments.out.empty()) print_rows(text);
  else write_predictions(arguments.out, text, opened.rows.size());
}

}  // namespace

void add_predict(Command& program) {
  Command& command = program.add_command(
      "predict", "Write the predictions of a trained model as CSV, one row per row of the data");
  const auto arguments = std::make_shared<PredictArguments>();
  add_inference_arguments(command, *arguments);
  command.add({.name = "--interval",
               .target = &arguments->interval,
               .help = "add the ends of intervals that contain this share of the targets, such as "
                       "0.9; needs a target that is a number, and rows held out in the training",
               .value = "LEVEL",
               .default_text = "none"});
  command.add({.name = "--out",
               .target = &arguments->out,
               .help = "file to write",
               .value = "FILE",
               .default_text = "standard output"});
  command.examples = {"selfnorm predict runs/mine --data new.csv",
                      "selfnorm predict runs/mine --data new.csv --interval 0.9",
                      "head -5 new.csv | selfnorm predict runs/mine --data - --json"};
  command.run = [arguments] { return run_predict(*arguments), 0; };
}

}  // namespace selfnorm::cli
