// SPDX-License-Identifier: Apache-2.0
#include "config/option.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/text.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

constexpr std::string_view kAuto = "auto";  ///< an optional number without a value

template <class T>
constexpr bool is_number_v = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;

template <class T>
constexpr bool is_integer_v = std::is_integral_v<T> || std::is_same_v<T, std::vector<std::int64_t>>;

template <class T>
std::string type_text() {
  if constexpr (std::is_same_v<T, bool>) return "true or false";
  else if constexpr (std::is_integral_v<T>) return "a whole number";
  else if constexpr (std::is_floating_point_v<T>) return "a number";
  else if constexpr (std::is_same_v<T, std::optional<double>>) return "a number or \"auto\"";
  else if constexpr (std::is_same_v<T, std::string>) return "a string in quotes";
  else if constexpr (std::is_same_v<T, std::vector<std::string>>) return "a list of strings";
  else if constexpr (std::is_same_v<T, Setting>) return "a value";
  else return "a list of numbers";
}

// Returns the start of a message. The place of a flag is its name, which is not repeated.
std::string subject(const std::string& where, const Option& option) {
  return where == option.name ? where : fmt::format("{}: '{}'", where, option.name);
}

[[noreturn]] void fail(const std::string& where, const Option& option, const std::string& expected,
                       const Setting& got) {
  throw Error(ErrorKind::config, fmt::format("{} expects {}, got {} ({})", subject(where, option),
                                             expected, to_string(got), option.help));
}

// Converts a setting to a T where nothing is lost: 3 to 3.0, and one value to a list of one value.
template <class T>
bool convert(const Setting& setting, T& out) {
  if constexpr (std::is_same_v<T, Setting>) {
    out = setting;
    return true;
  } else if constexpr (std::is_same_v<T, std::optional<double>>) {
    const auto* text = std::get_if<std::string>(&setting);
    if (text != nullptr) return *text == kAuto;
    return convert(setting, out.emplace());
  } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    const auto* whole = std::get_if<std::int64_t>(&setting);
    if (whole == nullptr || !std::in_range<T>(*whole)) return false;
    out = static_cast<T>(*whole);
    return true;
  } else if (const T* same = std::get_if<T>(&setting)) {
    out = *same;
    return true;
  }
  // A number is accepted as a list of one number.
  if constexpr (std::is_same_v<T, std::vector<std::int64_t>> ||
                std::is_same_v<T, std::vector<double>>) {
    typename T::value_type one{};
    if (convert(setting, one)) {
      out = {one};
      return true;
    }
  }
  if constexpr (std::is_same_v<T, double>) {
    const auto* whole = std::get_if<std::int64_t>(&setting);
    if (whole != nullptr) out = static_cast<double>(*whole);
    return whole != nullptr;
  } else if constexpr (std::is_same_v<T, std::vector<double>>) {
    const auto* whole = std::get_if<std::vector<std::int64_t>>(&setting);
    if (whole != nullptr) out.assign(whole->begin(), whole->end());
    return whole != nullptr;
  } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    // An empty list has no element type, so it was read as a list of integers.
    const auto* none = std::get_if<std::vector<std::int64_t>>(&setting);
    const auto* one = std::get_if<std::string>(&setting);
    if (one != nullptr) out = {*one};
    return one != nullptr || (none != nullptr && none->empty());
  }
  return false;
}

// "a whole number in [1, 3]".
template <class T>
std::string expected_number(const Option& option) {
  std::string expected = option.range.text();  // "a number in ..."
  if constexpr (is_integer_v<T>) expected.insert(2, "whole ");
  if constexpr (std::is_same_v<T, std::optional<double>>) expected += " or \"auto\"";
  return expected;
}

template <class T>
void check_range(const std::string& where, const Option& option, const T& value,
                 const Setting& got) {
  const auto check = [&](double number) {
    if (option.range.contains(number)) return;
    fail(where, option, expected_number<T>(option), got);
  };
  if constexpr (is_number_v<T>) {
    check(static_cast<double>(value));
  } else if constexpr (std::is_same_v<T, std::optional<double>>) {
    if (value.has_value()) check(*value);
  } else if constexpr (std::is_same_v<T, std::vector<double>> ||
                       std::is_same_v<T, std::vector<std::int64_t>>) {
    for (const auto number : value) check(static_cast<double>(number));
  }
}

void check_choice(const std::string& where, const Option& option, const std::string& word) {
  if (option.choices.empty() || std::ranges::count(option.choices, word) > 0) return;
  const std::string what = where == option.name ? "value" : option.name;
  throw Error(ErrorKind::config, fmt::format("{}: unknown {} '{}'{}", where, what, word,
                                             suggestion(word, option.choices)));
}

}  // namespace

bool Range::contains(double value) const {
  if (!std::isfinite(value)) return false;
  return (is_low_open ? value > low : value >= low) &&
         (is_high_open ? value < high : value <= high);
}

std::string Range::text() const {
  const bool below = std::isfinite(high), above = std::isfinite(low);
  if (above && below) {
    return fmt::format("a number in {}{}, {}{}", is_low_open ? '(' : '[', low, high,
                       is_high_open ? ')' : ']');
  }
  if (above) return fmt::format("a number {} {}", is_low_open ? "above" : "of at least", low);
  if (below) return fmt::format("a number {} {}", is_high_open ? "below" : "of at most", high);
  return "a number";
}

void set_option(const Option& option, const Setting& value, const std::string& where) {
  std::visit(
      [&](auto* target) {
        using T = std::remove_pointer_t<decltype(target)>;
        T converted{};
        if (!convert(value, converted)) fail(where, option, type_text<T>(), value);
        check_range(where, option, converted, value);
        if constexpr (std::is_same_v<T, std::string>) check_choice(where, option, converted);
        if constexpr (std::is_same_v<T, std::vector<std::string>>) {
          for (const std::string& word : converted) check_choice(where, option, word);
        }
        *target = std::move(converted);
      },
      option.target);
}

Setting get_option(const Option& option) {
  return std::visit(
      [](auto* target) -> Setting {
        using T = std::remove_pointer_t<decltype(target)>;
        if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
          return static_cast<std::int64_t>(*target);
        } else if constexpr (std::is_same_v<T, std::optional<double>>) {
          return target->has_value() ? Setting(**target) : Setting(std::string(kAuto));
        } else {
          return *target;
        }
      },
      option.target);
}

void apply_settings(const Options& options, const Settings& settings, const std::string& where) {
  for (const auto& [name, value] : settings) {
    const auto found = std::ranges::find(options, name, &Option::name);
    if (found == options.end()) {
      std::vector<std::string> names;
      for (const Option& option : options) names.push_back(option.name);
      throw Error(ErrorKind::config,
                  fmt::format("{}: unknown key '{}'{}", where, name, suggestion(name, names)));
    }
    set_option(*found, value, where);
  }
}

Settings collect_settings(const Options& options) {
  Settings settings;
  for (const Option& option : options) settings.emplace(option.name, get_option(option));
  return settings;
}

Setting parse_setting(const Option& option, const std::string& text, const std::string& where) {
  const auto number = [&](std::string_view word, auto& out) {
    const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), out);
    if (fault != std::errc() || end != word.data() + word.size()) {
      const std::string expected = std::visit(
          [&](auto* target) {
            return expected_number<std::remove_pointer_t<decltype(target)>>(option);
          },
          option.target);
      throw Error(ErrorKind::config,
                  fmt::format("{} expects {}, got '{}' ({})", subject(where, option), expected,
                              word, option.help));
    }
  };
  const auto list = [&](auto& out) {
    std::string_view rest = text;
    while (!rest.empty()) {
      const std::string_view word = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), word.size() + 1));
      auto& element = out.emplace_back();
      if constexpr (std::is_same_v<std::decay_t<decltype(element)>, std::string>) element = word;
      else number(word, element);
    }
  };
  return std::visit(
      [&](auto* target) -> Setting {
        using T = std::remove_pointer_t<decltype(target)>;
        if constexpr (std::is_same_v<T, bool>) {
          if (text == "true" || text == "false") return text == "true";
          fail(where, option, type_text<T>(), text);
        } else if constexpr (std::is_integral_v<T>) {
          std::int64_t value = 0;
          number(text, value);
          return value;
        } else if constexpr (std::is_floating_point_v<T> ||
                             std::is_same_v<T, std::optional<double>>) {
          if (!std::is_floating_point_v<T> && text == kAuto) return text;
          double value = 0;
          number(text, value);
          return value;
        } else if constexpr (std::is_same_v<T, std::string>) {
          return text;
        } else if constexpr (std::is_same_v<T, Setting>) {
          if (text.find_first_not_of("0123456789,.eE+-") != std::string::npos) return text;
          if (text.find_first_of(".eE+-") != std::string::npos) {
            std::vector<double> values;
            list(values);
            return values;
          }
          std::vector<std::int64_t> values;
          list(values);
          return values;
        } else {
          T values;
          list(values);
          return values;
        }
      },
      option.target);
}

}  // namespace selfnorm
