#include "cli/commands/declarative.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <ostream>

#include "cli/declarative/change_plan.hpp"
#include "cli/declarative/manifest_files.hpp"

namespace mosaic::cli {
namespace {

using Action = Change::Action;

struct Options {
  ApiAccess access;
  std::vector<std::string> files;
  bool dry_run = false;
  bool prune = false;
  std::string selector;
  OutputFormat format = OutputFormat::yaml;
};

std::string from_environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

std::optional<manifest::Labels> pruned(const Options& options) {
  if (options.prune == options.selector.empty())
    throw UsageError("--prune and -l go together: -l says which labels what is removed must have");
  if (!options.prune) return std::nullopt;
  return manifest::parse_selector(options.selector);
}

// The plan, with the keys that manifests point to.
struct Prepared {
  std::vector<Change> changes;
  std::map<std::string, std::string> keys;  // by words()
};

Prepared prepare(CommandContext& context, const Options& options, DeclaredFleet& fleet) {
  const auto prune = options.prune || !options.selector.empty() ? pruned(options) : std::nullopt;
  const auto wanted = read_manifests(options.files, context.in);
  Prepared prepared;
  for (const auto& resource : wanted) {
    const std::string key = read_api_key(resource, context.in);
    if (!key.empty()) prepared.keys[words(resource)] = key;
  }
  prepared.changes = plan_changes(wanted, fleet.read(), prune);
  for (auto& change : prepared.changes) {
    const auto key = prepared.keys.find(words(change.wanted));
    const bool open = change.action == Action::unchanged || change.action == Action::relabel;
    if (open && key != prepared.keys.end() &&
        fleet.key_differs(*change.present, change.wanted, key->second))
      change.action = Action::update;
  }
  return prepared;
}

const char* done_word(Action action) {
  switch (action) {
    case Action::unchanged:
      return "unchanged";
    case Action::create:
      return "created";
    case Action::update:
      return "configured";
    case Action::relabel:
      return "labelled";
    case Action::remove:
      return "deleted";
  }
  return "";
}

void carry_out(const Change& change, const std::string& key, DeclaredFleet& fleet) {
  switch (change.action) {
    case Action::unchanged:
      return;
    case Action::create:
      fleet.create(change.wanted, key);
      return;
    case Action::update:
      fleet.update(*change.present, change.wanted, key);
      [[fallthrough]];
    case Action::relabel:
      if (change.wanted.labels != change.present->resource.labels)
        fleet.set_labels(change.wanted.kind, change.present->id, change.wanted.labels);
      return;
    case Action::remove:
      fleet.remove(*change.present, change.wanted);
      return;
  }
}

ExitCode apply(CommandContext& context, const Options& options) {
  FleetApi api(options.access);
  DeclaredFleet fleet(api);
  const Prepared prepared = prepare(context, options, fleet);
  for (const auto& change : prepared.changes) {
    const auto key = prepared.keys.find(words(change.wanted));
    if (!options.dry_run) carry_out(change, key == prepared.keys.end() ? "" : key->second, fleet);
    context.out << printable(words(change.wanted)) << ' ' << done_word(change.action)
                << (options.dry_run ? " (dry run)" : "") << '\n'
                << std::flush;
  }
  return ExitCode::success;
}

ExitCode show_differences(CommandContext& context, const Options& options) {
  FleetApi api(options.access);
  DeclaredFleet fleet(api);
  bool any = false;
  const Prepared prepared = prepare(context, options, fleet);
  for (const auto& change : prepared.changes) {
    if (change.action == Action::unchanged) continue;
    any = true;
    const std::string name = printable(words(change.wanted));
    context.out << "--- fleet " << name << "\n+++ manifest " << name << '\n';
    auto lines = differences(change);
    if (lines.empty()) lines.emplace_back("+ apiKey: another than the stored one");
    for (const auto& line : lines) context.out << printable(line, 4000) << '\n';
  }
  return any ? ExitCode::failure : ExitCode::success;
}

// 1 says that there are differences, so nothing else may say it.
ExitCode diff(CommandContext& context, const Options& options) {
  try {
    return show_differences(context, options);
  } catch (const CommandError& error) {
    if (error.code() != ExitCode::failure) throw;
    throw UsageError(error.what());
  } catch (const manifest::ManifestError& error) {
    throw UsageError(error.what());
  }
}

ExitCode export_fleet(CommandContext& context, const Options& options) {
  FleetApi api(options.access);
  DeclaredFleet fleet(api);
  const auto selector =
      options.selector.empty() ? manifest::Labels() : manifest::parse_selector(options.selector);
  Json list = Json::array();
  for (const auto& present : fleet.read()) {
    if (manifest::matches(present.resource.labels, selector))
      list.push_back(manifest::document(present.resource));
  }
  if (options.format != OutputFormat::yaml) {
    print_document(context.out, list, OutputFormat::json);
    return ExitCode::success;
  }
  for (const auto& document : list) context.out << "---\n" << to_yaml(document) << '\n';
  return ExitCode::success;
}

std::shared_ptr<Options> add_declarative(CLI::App& command, CommandContext& context, bool prunes,
                                         ExitCode (*run)(CommandContext&, const Options&)) {
  const auto options = std::make_shared<Options>();
  add_file_option(command, options->files);
  command.get_option("--filename")->required();
  if (prunes) {
    command.add_flag("--prune", options->prune,
                     "Also remove what has the labels of -l and stands in no manifest");
    command.add_option("-l,--selector", options->selector, "Labels, for --prune")
        ->type_name("NAME=VALUE,...");
  }
  add_api_options(command, options->access);
  command.callback([&context, options, run] {
    context.action = [&context, options, run] { return run(context, *options); };
  });
  return options;
}

void add_export(CLI::App& app, CommandContext& context) {
  auto& command = add_command(app, "export", "Print the fleet as manifests; keys are not in it",
                              "  mosaic export > fleet.yaml\n"
                              "  mosaic export -l app=fleet -o json");
  const auto options = std::make_shared<Options>();
  add_output_option(command, options->format);
  command.get_option("--output")->default_str("yaml");
  command.add_option("-l,--selector", options->selector, "Only what has these labels")
      ->type_name("NAME=VALUE,...");
  add_api_options(command, options->access);
  command.callback([&context, options] {
    context.action = [&context, options] { return export_fleet(context, *options); };
  });
}

void add_manifest(CLI::App& app, CommandContext& context) {
  auto& command = add_command(app, "manifest", "What manifests may say", "");
  command.require_subcommand(1);
  const auto add = [&](const std::string& name, const std::string& what, auto text) {
    command.add_subcommand(name, what)->callback([&context, text] {
      context.action = [&context, text] {
        context.out << text();
        return ExitCode::success;
      };
    });
  };
  add("schema", "A JSON Schema of it, for editors",
      [] { return manifest::json_schema().dump(2) + "\n"; });
  add("reference", "The same for people, in Markdown", [] { return manifest::reference_page(); });
}

}  // namespace

void add_api_options(CLI::App& command, ApiAccess& access) {
  access.server = from_environment("MOSAIC_SERVER", "http://127.0.0.1:8080");
  access.token = from_environment("MOSAIC_TOKEN", "");
  command
      .add_option("--server", access.server,
                  "Address of the API; its token is MOSAIC_TOKEN [MOSAIC_SERVER]")
      ->type_name("URL")
      ->capture_default_str()
      ->group("API");
}

void add_file_option(CLI::App& command, std::vector<std::string>& files) {
  command
      .add_option("-f,--filename", files,
                  "Manifests: a file, a folder, or - for standard input; repeatable")
      ->type_name("FILE|DIR|-")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

ExitCode delete_declared(CommandContext& context, const ApiAccess& access,
                         const std::vector<std::string>& files) {
  FleetApi api(access);
  DeclaredFleet fleet(api);
  const auto wanted = read_manifests(files, context.in);
  auto changes = plan_changes(wanted, fleet.read(), std::nullopt);
  std::reverse(changes.begin(), changes.end());
  for (const auto& change : changes) {
    if (change.present) fleet.remove(*change.present, change.wanted);
    context.out << printable(words(change.wanted)) << (change.present ? " deleted" : " not found")
                << '\n'
                << std::flush;
  }
  return ExitCode::success;
}

void add_declarative_commands(CLI::App& app, CommandContext& context) {
  auto& applying = add_command(app, "apply", "Make the fleet as manifests say, through the API",
                               "  mosaic apply -f manifests/default-fleet.yaml\n"
                               "  mosaic apply -f fleet/ --prune -l app=fleet\n"
                               "  mosaic export | mosaic apply -f -      changes nothing\n"
                               "Volumes of agents that are pruned stay.");
  const auto options = add_declarative(applying, context, true, apply);
  applying.add_flag("--dry-run", options->dry_run, "Say what would be done, and do nothing");
  auto& comparing = add_command(app, "diff", "Say in what the fleet differs from manifests",
                                "  mosaic diff -f fleet.yaml\n"
                                "Exit codes: 0 no difference, 1 some, 2 it could not be told.");
  add_declarative(comparing, context, true, diff);
  add_export(app, context);
  add_manifest(app, context);
}

}  // namespace mosaic::cli
