#include <algorithm>
#include <ostream>

#include "cli/agent_image_note.hpp"
#include "cli/command_context.hpp"
#include "cli/doctor/fleet_checks.hpp"
#include "cli/doctor/host_checks.hpp"
#include "cli/doctor/swarm_checks.hpp"
#include "cli/doctor/wall_probe.hpp"
#include "cli/postgres/embedded_postgres.hpp"
#include "cli/settings_options.hpp"
#include "model/fleet_settings.hpp"
#include "telemetry/redactor.hpp"

namespace mosaic::cli {
namespace {

// Stands for the database's id where there is no database yet.
constexpr const char* no_instance = "00000000000000000000000000000000";

void append(std::vector<Finding>& findings, std::vector<Finding> more) {
  std::move(more.begin(), more.end(), std::back_inserter(findings));
}

std::vector<Finding> examine(const Settings& settings, bool probe) {
  std::string instance = no_instance;
  std::string image = FleetSettings().image;
  std::vector<Finding> findings = check_database_and_key(settings, instance, image);
  const bool runs = EmbeddedPostgres::held_by_another(settings.data_dir);
  const std::string told = runs ? read_agent_image_note(settings.data_dir) : std::string{};
  if (!settings.agent_image.empty()) {
    image = settings.agent_image;
  } else if (!told.empty()) {
    image = told;
  }
  append(findings, check_engine(settings, instance, image));
  if (settings.engine_kind == EngineKind::docker) {
    findings.push_back(check_subnets(settings.agent_subnets, host_routes()));
    findings.push_back(check_firewall(settings));
    findings.push_back(check_egress(settings, findings.back()));
    if (probe) findings.push_back(probe_walls(settings, instance, image));
  } else {
    const bool answers = std::none_of(findings.begin(), findings.end(), [](const Finding& one) {
      return one.check == "engine" && one.state == Finding::State::fail;
    });
    if (answers) append(findings, check_swarm(settings, instance));
    if (answers && probe) append(findings, probe_swarm(settings, instance, image));
  }
  if (settings.embedded_database())
    findings.push_back(check_disk("data folder", settings.data_dir));
  findings.push_back(check_port(people_address, settings.listen, runs));
  findings.push_back(check_port(agents_address, settings.agent_listen, runs));
  if (settings.agent_egress == EgressPolicy::proxy)
    findings.push_back(check_port(egress_address, settings.egress_listen, runs));
  return findings;
}

void print_lines(std::ostream& out, const std::vector<Finding>& findings) {
  const Redactor redactor;
  for (const auto& finding : findings) {
    std::string line(to_string(finding.state));
    line.resize(6, ' ');
    line += finding.check;
    if (line.size() < 24) line.resize(24, ' ');
    line += redactor.redact(finding.message);
    if (!finding.remedy.empty()) line += "; to mend it: " + finding.remedy;
    out << printable(line, 1000) << '\n';
  }
}

Json document_of(const std::vector<Finding>& findings) {
  const Redactor redactor;
  Json document = Json::array();
  for (const auto& finding : findings) {
    document.push_back({{"check", finding.check},
                        {"state", to_string(finding.state)},
                        {"message", redactor.redact(finding.message)},
                        {"remedy", finding.remedy.empty() ? Json(nullptr) : Json(finding.remedy)}});
  }
  return document;
}

ExitCode doctor(CommandContext& context, OutputFormat format, bool probe) {
  const auto findings = examine(context.settings(), probe);
  if (format == OutputFormat::table) {
    print_lines(context.out, findings);
  } else {
    print_document(context.out, document_of(findings), format);
  }
  const bool failed = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.state == Finding::State::fail;
  });
  return failed ? ExitCode::failure : ExitCode::success;
}

}  // namespace

void add_doctor_command(CLI::App& app, CommandContext& context) {
  auto& command = add_command(
      app, "doctor", "Check everything that mosaic needs, and say how to mend it; changes nothing",
      "  mosaic doctor\n"
      "  mosaic doctor -o json | jq '.[] | select(.state != \"ok\")'\n"
      "  mosaic doctor --probe\n"
      "Give it the options that you give to mosaic up. Exit code 1 when something fails.");
  const auto format = std::make_shared<OutputFormat>(OutputFormat::table);
  add_output_option(command, *format);
  const auto probe = std::make_shared<bool>(false);
  command.add_flag(
      "--probe", *probe,
      "Also try from inside: runs a container in an agent's place for some seconds, on a "
      "Swarm a task on each node, and removes it");
  add_database_options(command, context.raw);
  add_engine_options(command, context.raw);
  add_agent_network_options(command, context.raw);
  add_swarm_options(command, context.raw);
  add_listen_options(command, context.raw);
  command.callback([&context, format, probe] {
    context.action = [&context, format, probe] { return doctor(context, *format, *probe); };
  });
}

}  // namespace mosaic::cli
