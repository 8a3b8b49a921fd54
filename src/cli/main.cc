// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include "base/memory_limit.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "selfnorm/error.h"

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

void print_error(const char* what) {
  selfnorm::cli::print_progress(selfnorm::cli::red("selfnorm:") + " " + what + "\n");
}

// Limits the spinning of waiting threads unless the user has chosen a policy. Spinning makes small
// steps many times slower as soon as another program uses the cores. The count covers the time
// between two steps. libgomp reads its settings before main, so the program must execute itself
// again.
void limit_spinning(char** argv) {
  if (std::getenv("GOMP_SPINCOUNT") != nullptr || std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  ::setenv("GOMP_SPINCOUNT", "10000", 1);
  ::execv("/proc/self/exe", argv);  // if this fails, the program continues without the setting
}

// Opens closed standard streams, so that no file gets their numbers and receives what is printed.
// Writing to a closed standard output still fails.
void open_closed_streams() {
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
    if (::fcntl(stream, F_GETFD) >= 0) continue;
    ::open("/dev/null", stream == STDERR_FILENO ? O_WRONLY : O_RDONLY);
  }
}

// Returns the words of the command line. `train --watch` without a value means `--live`: the user
// wants to watch. `--watch true` and `--watch false` say whether moments are measured.
std::vector<std::string> command_line_arguments(int argc, char** argv) {
  const std::vector<std::string> truths = {"true", "false"};
  std::vector<std::string> words(argv + 1, argv + argc);
  const bool trains = !words.empty() && words[0] == "train";
  for (std::size_t i = 0; trains && i < words.size(); ++i) {
    if (words[i] != "--watch") continue;
    const bool has_value = i + 1 < words.size() && std::ranges::count(truths, words[i + 1]) > 0;
    if (!has_value) words[i] = "--live";
  }
  return words;
}

// Returns false if results could not be written, as on a full disk.
bool output_was_written() {
  std::cout.flush();
  return std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout.good();
}

}  // namespace

int main(int argc, char** argv) {
  open_closed_streams();
  std::signal(SIGXFSZ, SIG_IGN);  // a file that is too large is an error of its write instead
  limit_spinning(argv);
  selfnorm::cli::Command program = selfnorm::cli::program();
  int status = 0;
  try {
    selfnorm::require_memory_for_libraries();
    status = selfnorm::cli::run_command_line(program, command_line_arguments(argc, argv));
  } catch (const selfnorm::Error& error) {
    print_error(error.what());
    status = exit_status(error.kind());
  } catch (const std::bad_alloc&) {
    print_error("not enough memory (use a smaller batch or fewer rows)");
    status = 3;
  } catch (const std::exception& error) {
    print_error(error.what());
    status = 3;
  }
  if (!output_was_written() && status == 0) {
    print_error("io: standard output could not be written completely");
    status = 3;
  }
  return status;
}
