// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.h"
#include "cli/terminal.h"
#include "cli/theory_arguments.h"
#include "selfnorm/error.h"

namespace selfnorm::cli {
namespace {

using Json = nlohmann::ordered_json;

struct CertifyArguments {
  int theorem = 0;
  std::vector<double> mu, omega, nu, tau;
  SeluArguments selu;
  bool json = false;
};

// One domain of a theorem and its result.
struct DomainResult {
  Domain domain;
  Certificate certificate;
  std::optional<double> least_variance;  ///< theorem 3, if it is proved
};

struct Result {
  int theorem;
  std::vector<DomainResult> domains;
};

const char* verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::proved: return "proved";
    case Verdict::refuted: return "refuted";
    case Verdict::undecided: return "undecided";
  }
  return "";
}

const char* claim_text(int theorem) {
  switch (theorem) {
    case 1: return "maps the domain into itself and contracts";
    case 2: return "the variance falls";
    default: return "the variance rises";
  }
}

Domain override_bounds(Domain domain, const CertifyArguments& arguments) {
  for (const auto& [flag, given, bounds] : {std::tuple("--mu", &arguments.mu, &domain.mu),
                                            std::tuple("--omega", &arguments.omega, &domain.omega),
                                            std::tuple("--nu", &arguments.nu, &domain.nu),
                                            std::tuple("--tau", &arguments.tau, &domain.tau)}) {
    if (given->empty()) continue;
    if (given->size() != 2) {
      throw Error(ErrorKind::config,
                  fmt::format("{}: expected two numbers LOW,HIGH, got {}", flag, given->size()));
    }
    *bounds = {given->front(), given->back()};
  }
  return domain;
}

Result certify_theorem(int theorem, const CertifyArguments& arguments) {
  Result result{theorem, {}};
  const SeluConstants constants = arguments.selu.read();
  for (const Domain& stated : theorem_domains(theorem)) {
    DomainResult domain_result{override_bounds(stated, arguments), {}, {}};
    if (!result.domains.empty() && domain_result.domain == result.domains.back().domain) continue;
    domain_result.certificate = certify(theorem_claim(theorem), domain_result.domain, constants);
    if (theorem == 3 && domain_result.certificate.verdict == Verdict::proved) {
      domain_result.least_variance =
          smallest_variance_proved_to_rise(domain_result.domain, constants);
    }
    result.domains.push_back(domain_result);
  }
  return result;
}

Json bounds_json(const Domain& domain) {
  const auto pair = [](const Bounds& bounds) { return Json{bounds.low, bounds.high}; };
  return {{"mu", pair(domain.mu)},
          {"omega", pair(domain.omega)},
          {"nu", pair(domain.nu)},
          {"tau", pair(domain.tau)}};
}

// Returns the result that decides: a refuted one, else an undecided one, else a proved one.
const DomainResult& decisive_result(const Result& result) {
  const DomainResult* worst = &result.domains.front();
  const auto rank = [](const DomainResult& domain_result) {
    return static_cast<int>(domain_result.certificate.verdict);
  };
  for (const DomainResult& domain_result : result.domains) {
    const bool refutes = domain_result.certificate.verdict == Verdict::refuted;
    if (worst->certificate.verdict != Verdict::refuted &&
        (refutes || rank(domain_result) > rank(*worst))) {
      worst = &domain_result;
    }
  }
  return *worst;
}

Json result_json(const Result& result) {
  const DomainResult& decides = decisive_result(result);
  std::int64_t boxes = 0;
  double seconds = 0, margin = decides.certificate.margin;
  auto parts = Json::array();
  for (const DomainResult& domain_result : result.domains) {
    const Certificate& c = domain_result.certificate;
    boxes += c.boxes;
    seconds += c.seconds;
    margin = std::min(margin, c.margin);
    Json json{{"domain", bounds_json(domain_result.domain)},
              {"status", verdict_name(c.verdict)},
              {"boxes", c.boxes},
              {"margin", c.margin}};
    if (domain_result.least_variance) json["smallest_nu"] = *domain_result.least_variance;
    parts.push_back(json);
  }
  Json json{{"id", result.theorem},
            {"claim", claim_text(result.theorem)},
            {"status", verdict_name(decides.certificate.verdict)},
            {"boxes", boxes},
            {"margin", margin},
            {"seconds", seconds},
            {"counterexample", nullptr},
            {"parts", parts}};
  if (decides.certificate.verdict == Verdict::refuted) {
    json["counterexample"] = bounds_json(decides.certificate.counterexample);
  }
  return json;
}

std::string domain_text(const Domain& domain) {
  std::string text;
  for (const auto& [name, bounds] : {std::pair("μ", domain.mu), std::pair("ω", domain.omega),
                                     std::pair("ν", domain.nu), std::pair("τ", domain.tau)}) {
    text += fmt::format("{}{} [{:.9g}, {:.9g}]", text.empty() ? "" : "  ", name, bounds.low,
                        bounds.high);
  }
  return text;
}

std::string boxes_text(std::int64_t boxes) {
  return group_digits(boxes) + (boxes == 1 ? " box" : " boxes");
}

void print_result(const Result& result) {
  for (const DomainResult& domain_result : result.domains) {
    const Certificate& c = domain_result.certificate;
    print("theorem {}: {}\n  {}\n  {}", result.theorem, claim_text(result.theorem),
          domain_text(domain_result.domain), verdict_name(c.verdict));
    if (c.verdict == Verdict::proved) {
      print(" with {} in {}; every bound holds with a margin of at least {:.3g}\n",
            boxes_text(c.boxes), format_duration(c.seconds), c.margin);
    } else if (c.verdict == Verdict::refuted) {
      print(": the claim is false for every layer in\n  {}\n", domain_text(c.counterexample));
    } else {
      print(" after {}: {}\n", boxes_text(c.boxes),
            c.hit_box_limit ? "the maximum number of boxes was reached"
                            : "in double precision, the claim is an equality somewhere");
    }
    if (domain_result.least_variance)
      print("  the smallest ν for which this was proved is {:.3g}\n",
            *domain_result.least_variance);
  }
}

int run_certify(const CertifyArguments& arguments) {
  bool proved = true;
  auto list = Json::array();
  for (const int theorem : {1, 2, 3}) {
    if (arguments.theorem != 0 && arguments.theorem != theorem) continue;
    const Result result = certify_theorem(theorem, arguments);
    for (const DomainResult& domain_result : result.domains) {
      proved = proved && domain_result.certificate.verdict == Verdict::proved;
    }
    if (arguments.json) list.push_back(result_json(result));
    else print_result(result);
  }
  if (arguments.json) print("{}\n", Json{{"theorems", list}}.dump(2));
  return proved ? 0 : 1;
}

}  // namespace

void add_theory_certify(Command& theory) {
  Command& command = theory.add_command(
      "certify", "Prove or refute the paper's theorems on SELU's map by interval arithmetic");
  const auto arguments = std::make_shared<CertifyArguments>();
  command.add({.name = "--theorem",
               .target = &arguments->theorem,
               .help = "number of the theorem",
               .value = "1|2|3",
               .range = {1, 3},
               .default_text = "all"});
  const auto bounds = [&](const char* flag, std::vector<double>& values, const char* help) {
    command.add({.name = flag,
                 .target = &values,
                 .help = help,
                 .value = "LOW,HIGH",
                 .default_text = "as in the theorem"});
  };
  bounds("--mu", arguments->mu, "mean of the inputs");
  bounds("--omega", arguments->omega, "sum of the weights");
  bounds("--nu", arguments->nu, "variance of the inputs");
  bounds("--tau", arguments->tau, "sum of the squared weights");
  arguments->selu.add(command);
  command.add_switch("--json", arguments->json, "print one JSON document");
  command.examples = {"selfnorm theory certify",
                      "selfnorm theory certify --theorem 1 --tau 0.9,1.1"};
  command.run = [arguments] { return run_certify(*arguments); };
}

}  // namespace selfnorm::cli
