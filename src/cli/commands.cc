// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "base/file.h"
#include "cli/completion.h"
#include "cli/man_page.h"
#include "cli/terminal.h"

namespace selfnorm::cli {
namespace {

void add_completion(Command& program) {
  Command& command = program.add_command("completion", "Print the completion script of a shell");
  const auto shell = std::make_shared<std::string>();
  command.add({.name = "shell",
               .target = shell.get(),
               .help = "shell that the script is for",
               .choices = {"bash", "zsh", "fish"},
               .is_required = true});
  command.examples = {"source <(selfnorm completion bash)",
                      "selfnorm completion fish > ~/.config/fish/completions/selfnorm.fish"};
  command.run = [shell] {
    const Command whole = cli::program();
    if (*shell == "bash") print("{}", bash_completion(whole));
    else if (*shell == "zsh") print("{}", zsh_completion(whole));
    else print("{}", fish_completion(whole));
    return 0;
  };
}

// Prints the manual pages. The build installs them.
void add_manual(Command& program) {
  Command& command = program.add_command("manual", "Write the manual pages to a folder");
  command.is_hidden = true;
  const auto folder = std::make_shared<std::string>();
  command.add({.name = "folder",
               .target = folder.get(),
               .help = "folder to write the pages to",
               .value = "DIR",
               .is_required = true});
  command.run = [folder] {
    std::filesystem::create_directories(*folder);
    for (const auto& [name, text] : manual_pages(cli::program())) {
      write_file(std::filesystem::path(*folder) / name, text);
    }
    return 0;
  };
}

}  // namespace

Command program() {
  Command program{
      .name = "selfnorm",
      .summary =
          "Self-normalizing neural networks: SELU, alpha dropout and LeCun initialization, "
          "used together.",
      .examples = {"selfnorm train --data digits --out runs/digits",
                   "selfnorm train table.csv --target y", "selfnorm doctor net.toml --measure"}};
  add_train(program);
  add_tune(program);
  add_evaluate(program);
  add_predict(program);
  add_compare(program);
  add_report(program);
  add_doctor(program);
  add_theory(program);
  add_propagate(program);
  add_ops(program);
  add_data(program);
  add_completion(program);
  add_manual(program);
  return program;
}

}  // namespace selfnorm::cli
