#include "cli/backup/backup_run.hpp"

#include <algorithm>
#include <optional>

#include "backup/archive_writer.hpp"
#include "cli/agent_image_note.hpp"
#include "cli/agent_lookup.hpp"
#include "cli/backup/archive_file.hpp"
#include "cli/backup/database_at_hand.hpp"
#include "cli/backup/progress.hpp"
#include "cli/backup/quiet_agent.hpp"
#include "cli/engine_parts.hpp"
#include "cli/fleet_access.hpp"
#include "cli/product_version.hpp"
#include "cli/secret_key.hpp"
#include "reconcilers/fingerprints.hpp"
#include "store/database_dump.hpp"

namespace mosaic::cli {
namespace {

// The rows, the engine, and which agents' volumes are meant.
class VolumeCopy {
 public:
  VolumeCopy(const Settings& settings, const VolumeSelection& selection,
             const std::string& instance)
      : fleet_(settings),
        engine_(settings, instance, clock_, metrics_, Logger::silent()),
        image_(image_of_fleet(settings)) {
    for (const AgentRow& row : selected(selection)) add(row, instance);
  }

  std::vector<VolumeShape> shapes() const {
    std::vector<VolumeShape> shapes;
    for (const auto& agent : agents_) {
      for (const VolumeRole role : agent.roles)
        shapes.push_back(
            {agent.row.key, agent.row.owner, agent.row.container_name, agent.image, role});
    }
    return shapes;
  }

  void write(ArchiveWriter& archive, BackupProgress& progress) {
    std::size_t part = 0;
    for (const auto& agent : agents_) {
      const std::uint64_t before = archive.bytes();
      QuietAgent quiet(fleet_.store(), engine_.driver(), clock_, agent.row, agent.identity,
                       agent.image, progress);
      for (const VolumeRole role : agent.roles) {
        archive.begin_part(volume_part(part++));
        engine_.volumes().save(agent.identity, role, agent.image, [&](std::string_view bytes) {
          progress.go_on();
          archive.write(bytes);
        });
        archive.end_part();
      }
      quiet.resume();
      progress.say("volumes of " + to_words(agent.row) + ": " +
                   human_bytes(archive.bytes() - before));
    }
  }

 private:
  struct Agent {
    AgentRow row;
    AgentIdentity identity;
    std::string image;
    std::vector<VolumeRole> roles;
  };

  static std::string to_words(const AgentRow& row) {
    return std::string(short_name(row.key.kind)) + " " + row.owner;
  }

  std::string image_of_fleet(const Settings& settings) {
    if (!settings.agent_image.empty()) return settings.agent_image;
    const std::string told = read_agent_image_note(settings.data_dir);
    if (!told.empty()) return told;
    std::vector<std::string> problems;
    return FleetSettings::parse(fleet_.store().settings("fleet."), problems).image;
  }

  std::vector<AgentRow> selected(const VolumeSelection& selection) {
    std::vector<AgentRow> rows;
    if (selection.agents.empty()) {
      for (const auto kind : {ResourceKind::user_container, ResourceKind::system_container}) {
        for (auto& row : list_agent_rows(fleet_.store(), kind)) rows.push_back(std::move(row));
      }
      return rows;
    }
    for (const auto& name : selection.agents) rows.push_back(find_either(name));
    return rows;
  }

  AgentRow find_either(const std::string& name) {
    try {
      return find_agent_row(fleet_.store(), ResourceKind::user_container, name);
    } catch (const NotFoundError&) {
      return find_agent_row(fleet_.store(), ResourceKind::system_container, name);
    }
  }

  void add(const AgentRow& row, const std::string& instance) {
    FleetSettings settings;
    settings.image = image_;
    Agent agent{row, identity_of(row, instance), image_of(row, settings), {}};
    for (const auto role : {VolumeRole::state, VolumeRole::workspace}) {
      if (engine_.volumes().exists(agent.identity, role)) agent.roles.push_back(role);
    }
    // An agent that never ran has none.
    if (agent.roles.empty()) return;
    require_image(agent.image);
    agents_.push_back(std::move(agent));
  }

  // Before any agent is stopped for it.
  void require_image(const std::string& image) {
    if (engine_.driver().image(image).availability == ImageAvailability::present) return;
    throw CommandError("the image " + image +
                       " is not on the engine, and volumes are reached through one: give the "
                       "--agent-image that the controller has");
  }

  const SystemClock clock_;
  Metrics metrics_;
  FleetAccess fleet_;
  EngineParts engine_;
  const std::string image_;
  std::vector<Agent> agents_;
};

// The seal is the key's own, whatever key of fingerprints the fleet has: a restore knows the key only.
void open_with_key_of(const DatabaseShape& database, SecretBox& box) {
  if (database.key_check.empty()) return;
  const StoredKeys stored{database.key_check, std::nullopt, std::nullopt};
  if (box.knows(stored)) return box.open(stored);
  throw CommandError(
      "MOSAIC_SECRET_KEY is not the key of this database: a backup that is sealed with it could "
      "not "
      "be used; set the key that the database was made with");
}

void write_tables(DatabaseDump& dump, ArchiveWriter& archive, BackupProgress& progress) {
  std::uint64_t rows = 0;
  for (const auto& table : dump.shape().tables) {
    archive.begin_part(table_part(table));
    rows += dump.copy(table, [&](std::string_view bytes) {
      progress.go_on();
      archive.write(bytes);
    });
    archive.end_part();
  }
  progress.say("database: " + std::to_string(dump.shape().tables.size()) + " tables, " +
               std::to_string(rows) + " rows, schema version " +
               std::to_string(dump.shape().version()));
}

}  // namespace

void run_backup(const Settings& settings, const BackupRequest& request, std::ostream& err) {
  BackupProgress progress(err);
  const DatabaseAtHand database(settings, DatabaseAtHand::Use::read);
  SecretBox box = open_secret_box(settings, MissingKey::refuse);
  auto dump = std::make_unique<DatabaseDump>(database.options("mosaic backup"));
  open_with_key_of(dump->shape(), box);
  BackupManifest manifest;
  manifest.program = product_version;
  manifest.created_at = to_iso8601(SystemClock().now());
  manifest.database = dump->shape();
  if (manifest.database.key_check.empty()) manifest.database.key_check = box.key_check_value();
  std::optional<VolumeCopy> volumes;
  if (request.volumes.wanted) {
    volumes.emplace(settings, request.volumes, manifest.database.instance);
    manifest.volumes = volumes->shapes();
  }
  ArchiveOutput output(request.file);
  ArchiveWriter archive(manifest, [&](std::string_view bytes) { output.write(bytes); });
  write_tables(*dump, archive, progress);
  dump.reset();  // no snapshot is held while volumes are copied
  if (volumes) volumes->write(archive, progress);
  archive.finish([&](const std::string& text) { return box.fingerprint(text); });
  output.finish();
  progress.say("the backup is complete: " + human_bytes(archive.bytes()) +
               "; keep MOSAIC_SECRET_KEY apart from it, nothing opens it without");
}

}  // namespace mosaic::cli
