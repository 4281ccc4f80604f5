#include <algorithm>
#include <optional>
#include <set>
#include <thread>

#include "backup/archive_reader.hpp"
#include "cli/backup/archive_file.hpp"
#include "cli/backup/backup_run.hpp"
#include "cli/backup/database_at_hand.hpp"
#include "cli/backup/progress.hpp"
#include "cli/engine_parts.hpp"
#include "cli/secret_key.hpp"
#include "store/database_restore.hpp"

namespace mosaic::cli {
namespace {

constexpr Duration pull_limit = std::chrono::minutes(30);

std::string words(const VolumeShape& volume) {
  return std::string(short_name(volume.key.kind)) + " " + volume.owner;
}

// As the backup was sealed: see backup_run.cpp.
void open_with_key_of(const BackupManifest& manifest, SecretBox& box) {
  const StoredKeys stored{manifest.database.key_check, std::nullopt, std::nullopt};
  if (box.knows(stored)) return box.open(stored);
  throw CommandError(
      "MOSAIC_SECRET_KEY is not the key of this backup: nothing was changed; set the key that its "
      "database was made with (for an embedded one, put its secret.key into the data folder)");
}

// The volumes that are put back, and what must be so before one of them is touched.
class VolumeReturn {
 public:
  VolumeReturn(const Settings& settings, const RestoreRequest& request,
               const BackupManifest& manifest, BackupProgress& progress)
      : instance_(manifest.database.instance),
        engine_(settings, instance_, clock_, metrics_, Logger::silent()),
        shapes_(manifest.volumes),
        image_(settings.agent_image),
        progress_(progress) {
    select(request.volumes.agents);
    for (const std::size_t index : chosen_) require_image(shapes_[index]);
    for (const std::size_t index : chosen_) {
      const auto& shape = shapes_[index];
      if (!engine_.volumes().exists(identity(shape), shape.role)) continue;
      if (!request.replace_volumes) {
        throw CommandError("the engine has a volume of " + words(shape) +
                           " already: nothing was changed; to throw it away, with what is in it, "
                           "say --replace-volumes");
      }
      occupied_.insert(shape.key);
    }
  }

  // Whatever ends the restore before commit() leaves no volume that it made.
  ~VolumeReturn() {
    if (committed_) return;
    for (const auto& [key, owner_identity] : made_) {
      try {
        engine_.volumes().remove(owner_identity);
      } catch (const std::exception& error) {
        progress_.say("a half-filled volume of " + to_string(key) +
                      " could not be removed: " + error.what());
      }
    }
  }
  VolumeReturn(const VolumeReturn&) = delete;
  VolumeReturn& operator=(const VolumeReturn&) = delete;

  bool wants(std::size_t index) const { return chosen_.contains(index); }

  void fill(std::size_t index, ArchiveReader& archive) {
    const auto& shape = shapes_[index];
    if (occupied_.erase(shape.key) > 0) throw_away(shape);
    made_.emplace(shape.key, identity(shape));
    std::uint64_t bytes = 0;
    engine_.volumes().load(identity(shape), shape.role, image_of(shape), [&](std::string& into) {
      progress_.go_on();
      const std::size_t before = into.size();
      const bool more = archive.read(into);
      bytes += into.size() - before;
      return more;
    });
    progress_.say("volume of " + words(shape) +
                  (shape.role == VolumeRole::state ? " (state): " : " (workspace): ") +
                  human_bytes(bytes));
  }

  void commit() { committed_ = true; }

 private:
  AgentIdentity identity(const VolumeShape& shape) const {
    return AgentIdentity{instance_, shape.key, shape.owner, shape.container_name};
  }
  std::string image_of(const VolumeShape& shape) const {
    return image_.empty() ? shape.image : image_;
  }

  void select(const std::vector<std::string>& names) {
    for (std::size_t index = 0; index < shapes_.size(); ++index) {
      const auto& shape = shapes_[index];
      const auto meant = [&](const std::string& name) {
        return name == shape.owner || name == shape.key.name || name == shape.container_name;
      };
      if (names.empty() || std::any_of(names.begin(), names.end(), meant)) chosen_.insert(index);
    }
    for (const auto& name : names) {
      const bool found = std::any_of(chosen_.begin(), chosen_.end(), [&](std::size_t index) {
        const auto& shape = shapes_[index];
        return name == shape.owner || name == shape.key.name || name == shape.container_name;
      });
      if (!found) throw NotFoundError("the backup has no volume of '" + name.substr(0, 100) + "'");
    }
  }

  void require_image(const VolumeShape& shape) {
    const std::string image = image_of(shape);
    auto& driver = engine_.driver();
    ImageView view = driver.image(image);
    if (view.availability == ImageAvailability::present) return;
    progress_.say("pulling " + image);
    driver.begin_pull(image);
    const auto deadline = clock_.steady_now() + pull_limit;
    for (;;) {
      view = driver.image(image);
      if (view.availability == ImageAvailability::present) return;
      const bool over = clock_.steady_now() >= deadline;
      if (view.availability == ImageAvailability::failed || over) {
        throw CommandError("the image " + image +
                           " cannot be had: " + (over ? "the pull takes too long" : view.detail) +
                           "; load it, or name another with --agent-image; nothing was changed");
      }
      progress_.go_on();
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
  }

  // The containers that use them first; the controller makes them anew from the rows.
  void throw_away(const VolumeShape& shape) {
    auto& driver = engine_.driver();
    driver.remove_leftovers();  // of a restore that was killed
    for (const auto& listed : driver.list_agents()) {
      if (listed.container.key != shape.key) continue;
      const auto state = listed.container.state;
      if (state == ContainerState::running || state == ContainerState::paused ||
          state == ContainerState::placing)
        driver.kill(listed.container.id);
      driver.remove_container(listed.container.id);
    }
    engine_.volumes().remove(identity(shape));
  }

  const SystemClock clock_;
  Metrics metrics_;
  const std::string instance_;
  EngineParts engine_;
  const std::vector<VolumeShape> shapes_;
  const std::string image_;
  BackupProgress& progress_;
  std::set<std::size_t> chosen_;
  std::set<ResourceKey> occupied_;
  std::map<ResourceKey, AgentIdentity> made_;
  bool committed_ = false;
};

void verify(ArchiveInput& input, const SecretBox& box, BackupProgress& progress) {
  ArchiveReader archive(input.from_start());
  std::string ignored;
  for (std::size_t part = 0; part < archive.manifest().parts().size(); ++part) {
    while (archive.read(ignored)) {
      ignored.clear();
      progress.go_on();
    }
  }
  archive.finish([&](const std::string& text) { return box.fingerprint(text); });
}

void fill_tables(DatabaseRestore& restore, ArchiveReader& archive, BackupProgress& progress) {
  std::uint64_t rows = 0;
  for (const auto& table : archive.manifest().database.tables) {
    rows += restore.fill(table, [&](std::string& into) {
      progress.go_on();
      return archive.read(into);
    });
  }
  progress.say("database: " + std::to_string(archive.manifest().database.tables.size()) +
               " tables, " + std::to_string(rows) + " rows");
}

void fill_volumes(VolumeReturn* volumes, ArchiveReader& archive, BackupProgress& progress) {
  const std::size_t count = archive.manifest().volumes.size();
  for (std::size_t index = 0; index < count; ++index) {
    if (volumes != nullptr && volumes->wants(index)) {
      volumes->fill(index, archive);
    } else {
      archive.skip_part();
    }
  }
  if (volumes == nullptr && count > 0) {
    progress.say(std::to_string(count) +
                 " volumes are in the backup and were not asked for; see --volumes");
  }
}

}  // namespace

void run_restore(const Settings& settings, const RestoreRequest& request, std::ostream& err) {
  BackupProgress progress(err);
  SecretBox box = open_secret_box(settings, MissingKey::refuse);
  ArchiveInput input(request.file);
  const BackupManifest manifest = ArchiveReader(input.from_start()).manifest();
  open_with_key_of(manifest, box);
  DatabaseRestore::require_known(manifest.database);
  verify(input, box, progress);
  progress.say("the backup of " + manifest.created_at + " is whole (fleet " +
               manifest.database.instance + ", schema version " +
               std::to_string(manifest.database.version()) + ")");

  const DatabaseAtHand database(settings, DatabaseAtHand::Use::replace);
  DatabaseRestore restore(database.options("mosaic restore"), manifest.database, request.replaces);
  std::optional<VolumeReturn> volumes;
  if (request.volumes.wanted) volumes.emplace(settings, request, manifest, progress);
  restore.begin();
  ArchiveReader archive(input.from_start());
  fill_tables(restore, archive, progress);
  fill_volumes(volumes ? &*volumes : nullptr, archive, progress);
  // Once more: what was read now is what was believed before.
  archive.finish([&](const std::string& text) { return box.fingerprint(text); });
  const MigrationReport migrated = restore.complete();
  restore.commit();
  if (volumes) volumes->commit();
  progress.say("restored; the database is at schema version " + std::to_string(migrated.version) +
               (migrated.applied.empty()
                    ? ""
                    : ", brought forward from " + std::to_string(migrated.version_before)));
}

}  // namespace mosaic::cli
