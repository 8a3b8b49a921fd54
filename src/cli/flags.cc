#include "cli/flags.h"

#include <algorithm>

#include "base/text.h"

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

void OptionFlags::apply(const Options& options) const {
  for (const Flag& flag : flags_) {
    if (flag.parsed->count() == 0) continue;
    const auto option = std::ranges::find(options, flag.option, &Option::name);
    if (option == options.end()) continue;
    set_option(*option, parse_setting(*option, *flag.text, flag.flag), flag.flag);
  }
}

}  // namespace selfnorm::cli
