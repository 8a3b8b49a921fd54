#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "selfnorm/error.h"
#include "selfnorm/version.h"

namespace {

int exit_status(selfnorm::ErrorKind kind) {
  switch (kind) {
    case selfnorm::ErrorKind::config:
    case selfnorm::ErrorKind::shape: return 2;
    case selfnorm::ErrorKind::data:
    case selfnorm::ErrorKind::io: return 3;
    case selfnorm::ErrorKind::model_file: return 4;
    case selfnorm::ErrorKind::numeric: return 5;
    case selfnorm::ErrorKind::interrupted: return 130;
  }
  return 2;
}

void complain(const char* what) {
  std::fprintf(stderr, "%s %s\n", selfnorm::cli::red("selfnorm:").c_str(), what);
}

// libgomp reads its settings when it is loaded, before main, so the program starts itself once more
// with ours where the user has none. Threads that spin at every barrier make small steps many times
// slower as soon as another program wants the cores; this count covers the time between two steps.
void limit_spinning(char** argv) {
  if (std::getenv("GOMP_SPINCOUNT") != nullptr || std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  ::setenv("GOMP_SPINCOUNT", "10000", 1);
  ::execv("/proc/self/exe", argv);  // goes on as it is where that does not work
}

// The command that the words given lead to, as `theory shape`.
const CLI::App& command_reached(const CLI::App& app) {
  const std::vector<const CLI::App*> given =
      app.get_subcommands([](const CLI::App* command) { return command->parsed(); });
  return given.empty() ? app : command_reached(*given.back());
}

// What was not expected, with the nearest command or flag.
std::string unexpected(const CLI::App& app, const std::string& word) {
  const CLI::App& command = command_reached(app);
  std::vector<std::string> names;
  if (word.starts_with("-")) {
    for (const CLI::Option* option : command.get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  } else {
    for (const CLI::App* below : command.get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(below->get_name());
    }
  }
  const std::string nearest = selfnorm::nearest_name(word, names);
  return "'" + word + "' was not expected" +
         (nearest.empty() ? "" : " (did you mean '" + nearest + "'?)");
}

// The words given, in the order that CLI11 takes them from. `--watch` says whether moments are
// measured, and alone, that somebody wants to watch.
std::vector<std::string> words_given(int argc, char** argv) {
  const std::vector<std::string> truths = {"true", "false"};
  std::vector<std::string> words(argv + 1, argv + argc);
  const bool trains = !words.empty() && words[0] == "train";
  for (std::size_t i = 0; trains && i < words.size(); ++i) {
    if (words[i] != "--watch") continue;
    const bool has_value = i + 1 < words.size() && std::ranges::count(truths, words[i + 1]) > 0;
    if (!has_value) words[i] = "--live";
  }
  std::ranges::reverse(words);
  return words;
}

// Results that did not reach their place, as on a full disk, are no success.
bool output_arrived() {
  std::cout.flush();
  return std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout.good();
}

}  // namespace

int main(int argc, char** argv) {
  limit_spinning(argv);
  CLI::App app(
      "Self-normalizing neural networks: SELU, alpha dropout and LeCun initialisation as "
      "one.",
      "selfnorm");
  app.set_version_flag("--version", SELFNORM_VERSION);
  app.require_subcommand(1);
  app.footer("Start with: selfnorm data list; selfnorm train --data digits --out runs/digits");
  selfnorm::cli::add_train(app);
  selfnorm::cli::add_evaluate(app);
  selfnorm::cli::add_predict(app);
  selfnorm::cli::add_compare(app);
  selfnorm::cli::add_report(app);
  selfnorm::cli::add_doctor(app);
  selfnorm::cli::add_theory(app);
  selfnorm::cli::add_propagate(app);
  selfnorm::cli::add_ops(app);
  selfnorm::cli::add_data(app);
  int status = 0;
  try {
    app.parse(words_given(argc, argv));
  } catch (const CLI::RuntimeError& error) {  // a command's own answer: findings, not proved
    status = error.get_exit_code();
  } catch (const CLI::ParseError& error) {
    const bool asked = error.get_exit_code() == 0;  // --help, --version
    const std::vector<std::string> rest = app.remaining(true);
    if (asked) {
      status = app.exit(error);
    } else if (rest.empty()) {
      complain((std::string(error.what()) + " (--help tells what is expected)").c_str());
      status = 2;
    } else {
      complain((unexpected(app, rest.front()) + "; --help tells what is").c_str());
      status = 2;
    }
  } catch (const selfnorm::Error& error) {
    complain(error.what());
    status = exit_status(error.kind());
  } catch (const std::bad_alloc&) {
    complain("not enough memory (try a smaller batch)");
    status = 3;
  } catch (const std::exception& error) {
    complain(error.what());
    status = 3;
  }
  if (!output_arrived() && status == 0) {
    complain("io: standard output could not be written to the end");
    status = 3;
  }
  return status;
}
