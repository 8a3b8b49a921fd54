// SPDX-License-Identifier: Apache-2.0
#include "cli/flags.h"

#include <algorithm>

#include "base/text.h"
#include "selfnorm/error.h"

namespace selfnorm::cli {
namespace {

// Returns other names of a flag, each after a comma.
std::string other_names(const std::string& option) {
  if (option == "source") return ",--data";
  return option == "drop" ? ",--ignore" : "";
}

std::string last_part(const std::string& name) { return name.substr(name.rfind('.') + 1); }

}  // namespace

std::string flag_name(const std::string& option) {
  std::string flag = "--" + option;
  std::ranges::replace(flag, '.', '-');
  std::ranges::replace(flag, '_', '-');
  return flag;
}

void add_input_flag(Command& command, std::vector<std::string>& texts) {
  command.add({.name = "--input",
               .target = &texts,
               .help =
                   "source of one named input; repeat the option for each input. Without --data: "
                   "NAME=FILE; with a table: NAME=COLUMN,COLUMN,...",
               .value = "NAME=SOURCE",
               .is_repeatable = true});
}

void add_data_dir(Command& command, std::string& folder) {
  command.add({.name = "--data-dir",
               .target = &folder,
               .help = "folder to search first for known data sets",
               .value = "DIR"});
}

InputSources parse_inputs(const std::vector<std::string>& texts) {
  InputSources inputs;
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

void OptionFlags::add(Command& command, const Options& options, const std::string& group) {
  for (const Option& option : options) {
    const auto same_end = std::ranges::count_if(
        options, [&](const Option& o) { return last_part(o.name) == last_part(option.name); });
    const std::string flag = flag_name(same_end == 1 ? last_part(option.name) : option.name);
    auto text = std::make_unique<std::string>();
    const Argument typed{
        .name = flag, .target = option.target, .help = {}, .choices = option.choices};
    const Argument& argument = command.add({.name = flag + other_names(option.name),
                                            .target = text.get(),
                                            .help = option.help,
                                            .value = value_name(typed),
                                            .choices = option.choices,
                                            .default_text = default_value(typed),
                                            .group = group});
    flags_.push_back({option.name, flag, std::move(text), &argument});
  }
}

template <class Use>
void OptionFlags::for_each_given(const Options& options, Use use) const {
  for (const Flag& flag : flags_) {
    if (!flag.argument->is_given()) continue;
    const auto option = std::ranges::find(options, flag.option, &Option::name);
    if (option == options.end()) continue;
    Option named = *option;
    named.name = flag.flag;
    use(option->name, named, parse_setting(named, *flag.text, flag.flag));
  }
}

Settings OptionFlags::given_settings(const Options& options) const {
  Settings settings;
  for_each_given(options, [&](const std::string& name, const Option&, const Setting& value) {
    settings[name] = value;
  });
  return settings;
}

void OptionFlags::apply(const Options& options) const {
  for_each_given(options, [](const std::string&, const Option& option, const Setting& value) {
    set_option(option, value, option.name);
  });
}

}  // namespace selfnorm::cli
