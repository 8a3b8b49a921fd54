#include <cstdio>

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

}  // namespace

int main(int argc, char** argv) {
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
  selfnorm::cli::add_ops(app);
  selfnorm::cli::add_data(app);
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& error) {
    const bool asked = error.get_exit_code() == 0;  // --help, --version
    return app.exit(error) == 0 && asked ? 0 : 2;
  } catch (const selfnorm::Error& error) {
    complain(error.what());
    return exit_status(error.kind());
  } catch (const std::bad_alloc&) {
    complain("not enough memory (try a smaller batch_size)");
    return 3;
  } catch (const std::exception& error) {
    complain(error.what());
    return 3;
  }
}
