// SPDX-License-Identifier: Apache-2.0
#include "tune/search_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "api/default_network.h"
#include "base/hash.h"
#include "base/index.h"
#include "base/text.h"
#include "data/fingerprint.h"
#include "data/gather.h"
#include "selfnorm/error.h"
#include "selfnorm/version.h"
#include "sources/paths.h"
#include "tables/column_encoding.h"
#include "tables/feature_treatment.h"

namespace selfnorm {

namespace {

// Whether the user chose how rows are held out.
bool chose_held_out_rows(const RunConfig& config) {
  const DataOptions& data = config.data;
  return is_listed(config.given, "folds") || is_listed(config.given, "members") ||
         data.validation_split.has_value() || !data.validation.empty() || !data.time.empty() ||
         !data.shuffle_split;
}

LoadedData load_table(const RunConfig& config) {
  LoadedData data = load_data(data_options_of(config), config.train.seed);
  if (!data.train.table.empty()) return data;
  throw Error(ErrorKind::config,
              fmt::format("{}: is not a table (tune searches networks for tables; train this one "
                          "with `selfnorm train`)",
                          data.train.name));
}

// Returns the input with the rows divided into folds, or nothing if they cannot be divided, or the
// members share a layer, such as an embedding.
std::optional<SearchInput> load_with_folds(RunConfig config, std::int64_t folds) {
  config.default_network.folds = folds;
  try {
    LoadedData data = load_table(config);
    prepare_run(config, data);
    return SearchInput{std::move(config), std::move(data)};
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::config) throw;
    return std::nullopt;
  }
}

}  // namespace

SearchInput load_search(RunConfig config) {
  constexpr std::int64_t kManyRows = 10'000, kFolds = 5;
  make_absolute(config.data);
  LoadedData data = load_table(config);
  if (!chose_held_out_rows(config)) {
    const bool are_few = data.train.rows < kManyRows;
    const bool has_embedding =
        !data.train.vocabulary.empty() || std::ranges::any_of(data.train.table, is_embedded);
    if (are_few && !has_embedding)
      if (auto input = load_with_folds(config, kFolds)) return std::move(*input);
    config.default_network.members = 1;
    config.given.emplace_back("members");
    if (are_few) config.data.validation_split = 1.0 / kFolds;
    data = load_table(config);  // which categories count depends on the training rows
  }
  // Settled here, since the searches without a part of the rows must not decide in another way.
  const bool is_automatic = !config.data.validation_split.has_value();
  if (config.default_network.folds == 0)
    decide_validation_split(config.data, data.train.rows, data.test.has_value());
  const bool needs_rows = is_automatic && config.default_network.folds == 0 &&
                          config.data.validation.empty() && *config.data.validation_split == 0;
  if (needs_rows) config.data.validation_split = 1.0 / kFolds;
  return {std::move(config), std::move(data)};
}

std::string search_fingerprint(const SearchInput& input) {
  RunConfig config = input.config;
  config.train.threads = 0;  // trials have one thread each
  config.train.checkpoint_every = 1;
  config.data.data_dir.clear();
  std::vector<std::string> given = config.given;
  std::ranges::sort(given);
  std::string text =
      SELFNORM_VERSION + to_toml(config) + join(given, " ") + data_fingerprint(input.data.train);
  for (const auto* other : {&input.data.validation, &input.data.test})
    if (*other) text += data_fingerprint(**other);
  return fmt::format("{:016x}", hash_bytes(text.data(), text.size()));
}

SearchSpace search_space(const PreparedRun& standard, const RunConfig& config) {
  const RunConfig& chosen = standard.config;
  SearchSpace space;
  space.standard = {chosen.default_network.hidden,
                    chosen.default_network.dropout_rate,
                    chosen.default_network.numeric_embedding,
                    resolve_scaling(chosen.data.scaling, standard.train.targets,
                                    std::ssize(standard.rows.train_rows)),
                    chosen.train.optimizer.learning_rate,
                    chosen.train.optimizer.weight_decay};
  space.given = config.given;
  if (config.data.scaling != "auto" || !config.data.standardize)
    space.given.emplace_back("scaling");
  if (!config.data.standardize) space.standard.scaling = config.data.scaling;
  const bool has_numbers = std::ranges::any_of(standard.train.table, [](const TableColumn& column) {
    return is_feature(column) && !is_category(column);
  });
  if (!has_numbers) space.given.emplace_back("scaling");  // it has no effect
  if (is_listed(config.given, "optimizer")) {  // the default rate is that of another optimizer
    for (const char* name : {"optimizer.learning_rate", "optimizer.weight_decay"})
      space.given.emplace_back(name);
  }
  space.has_numeric_embeddings = standard.train.folds.empty();
  space.seed = config.train.seed;
  return space;
}

std::vector<std::int32_t> divide_into_parts(const SearchInput& input, std::int64_t parts) {
  if (parts == 0) return {};
  const Dataset& all = input.data.train;
  DataOptions options = input.config.data;
  options.validation_split = 1 / static_cast<double>(parts);
  std::vector<std::int32_t> part_of = draw_folds(options, all, input.config.train.seed, parts);
  if (part_of.empty() || input.data.validation.has_value()) {
    throw Error(ErrorKind::config,
                fmt::format("{}: the rows cannot be divided into {} parts for a nested "
                            "cross-validation (leave out --validation, --time with a column "
                            "and --shuffle-split false, or choose fewer parts)",
                            all.name, parts));
  }
  return part_of;
}

SearchInput without_part(const SearchInput& input, const std::vector<std::int32_t>& part_of,
                         std::int32_t part) {
  const Dataset& all = input.data.train;
  std::vector<std::int64_t> kept, left_out;
  for (std::int64_t row = 0; row < all.rows; ++row)
    (part_of[as_index(row)] == part ? left_out : kept).push_back(row);
  return {input.config, {select_rows(all, kept), select_rows(all, left_out), std::nullopt}};
}

}  // namespace selfnorm
