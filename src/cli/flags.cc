#include "cli/flags.h"

#include <algorithm>

#include "base/text.h"
#include "data/known.h"
#include "selfnorm/error.h"

namespace selfnorm::cli {
namespace {

std::string last_part(const std::string& name) { return name.substr(name.rfind('.') + 1); }

bool is_true_or_false(const Option& option) { return std::holds_alternative<bool*>(option.target); }

}  // namespace

std::string flag_name(const std::string& option) {
  std::string flag = "--" + option;
  std::ranges::replace(flag, '.', '-');
  std::ranges::replace(flag, '_', '-');
  return flag;
}

void add_input_flag(CLI::App& app, std::vector<std::string>& texts) {
  app.add_option("--input", texts,
                 "what a named input reads, once for each: NAME=FILE without --data, "
                 "NAME=COLUMN,COLUMN of a table")
      ->allow_extra_args(false);
}

NamedInputs parse_inputs(const std::vector<std::string>& texts) {
  NamedInputs inputs;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) {
      throw Error(ErrorKind::config,
                  "--input: expected NAME=FILE or NAME=COLUMN,COLUMN, got '" + text + "'");
    }
    inputs[text.substr(0, equals)] = split_words(text.substr(equals + 1), ',');
  }
  return inputs;
}

void OptionFlags::add(CLI::App& app, const Options& options, const std::string& group) {
  for (const Option& option : options) {
    const auto same_end = std::ranges::count_if(
        options, [&](const Option& o) { return last_part(o.name) == last_part(option.name); });
    const std::string flag = flag_name(same_end == 1 ? last_part(option.name) : option.name);
    std::string help = option.help;
    if (!option.choices.empty()) help += " (" + join(option.choices, ", ") + ")";
    help += " [" + to_string(get_option(option)) + "]";
    auto text = std::make_unique<std::string>();
    const std::string names = option.name == "source" ? flag + ",--data" : flag;
    CLI::Option* parsed = app.add_option(names, *text, help)->group(group);
    parsed->type_name(is_true_or_false(option) ? "BOOL" : "");
    flags_.push_back({option.name, flag, std::move(text), parsed});
  }
}

template <class Use>
void OptionFlags::for_each_given(const Options& options, Use use) const {
  for (const Flag& flag : flags_) {
    if (flag.parsed->count() == 0) continue;
    const auto option = std::ranges::find(options, flag.option, &Option::name);
    if (option == options.end()) continue;
    use(*option, parse_setting(*option, *flag.text, flag.flag), flag.flag);
  }
}

Settings OptionFlags::given(const Options& options) const {
  Settings settings;
  for_each_given(options, [&](const Option& option, const Setting& value, const std::string&) {
    settings[option.name] = value;
  });
  return settings;
}

void OptionFlags::apply(const Options& options) const { for_each_given(options, set_option); }

}  // namespace selfnorm::cli
