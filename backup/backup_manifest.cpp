#include "backup/backup_manifest.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace mosaic {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kind_word = "MosaicFleetBackup";

std::string_view word_of(VolumeRole volume) {
  return volume == VolumeRole::state ? "state" : "workspace";
}

VolumeRole role_of(const std::string& word) {
  if (word == "state") return VolumeRole::state;
  if (word == "workspace") return VolumeRole::workspace;
  throw std::invalid_argument("no such volume");
}

ResourceKind kind_of(const std::string& word) {
  for (const auto kind : {ResourceKind::user_container, ResourceKind::system_container}) {
    if (word == short_name(kind)) return kind;
  }
  throw std::invalid_argument("no such kind");
}

Json database_json(const DatabaseShape& database) {
  Json tables = Json::array();
  for (const auto& table : database.tables)
    tables.push_back({{"name", table.name}, {"columns", table.columns}});
  Json counters = Json::array();
  for (const auto& counter : database.counters)
    counters.push_back(
        {{"table", counter.table}, {"column", counter.column}, {"last", counter.last}});
  return {{"migrations", database.migrations},
          {"instance", database.instance},
          {"keyCheck", database.key_check},
          {"tables", tables},
          {"counters", counters}};
}

DatabaseShape database_from(const Json& json) {
  DatabaseShape database;
  json.at("migrations").get_to(database.migrations);
  json.at("instance").get_to(database.instance);
  json.at("keyCheck").get_to(database.key_check);
  for (const auto& table : json.at("tables")) {
    database.tables.push_back(
        {table.at("name").get<std::string>(), table.at("columns").get<std::vector<std::string>>()});
  }
  for (const auto& counter : json.at("counters")) {
    database.counters.push_back({counter.at("table").get<std::string>(),
                                 counter.at("column").get<std::string>(),
                                 counter.at("last").get<std::int64_t>()});
  }
  return database;
}

VolumeShape volume_from(const Json& json) {
  VolumeShape volume;
  volume.key =
      ResourceKey(kind_of(json.at("kind").get<std::string>()), json.at("id").get<std::string>());
  json.at("owner").get_to(volume.owner);
  json.at("container").get_to(volume.container_name);
  json.at("image").get_to(volume.image);
  volume.role = role_of(json.at("volume").get<std::string>());
  return volume;
}

BackupManifest manifest_from(const Json& json) {
  BackupManifest manifest;
  manifest.format = json.at("format").get<int>();
  json.at("program").get_to(manifest.program);
  json.at("createdAt").get_to(manifest.created_at);
  manifest.database = database_from(json.at("database"));
  for (const auto& volume : json.at("volumes")) manifest.volumes.push_back(volume_from(volume));
  return manifest;
}

}  // namespace

std::string table_part(const TableShape& table) { return "database/" + table.name; }

std::string volume_part(std::size_t index) {
  char name[32];
  std::snprintf(name, sizeof name, "volumes/%06zu", index + 1);
  return name;
}

std::vector<std::string> BackupManifest::parts() const {
  std::vector<std::string> names;
  for (const auto& table : database.tables) names.push_back(table_part(table));
  for (std::size_t index = 0; index < volumes.size(); ++index) names.push_back(volume_part(index));
  return names;
}

std::string to_text(const BackupManifest& manifest) {
  Json volumes = Json::array();
  for (const auto& volume : manifest.volumes) {
    volumes.push_back({{"kind", short_name(volume.key.kind)},
                       {"id", volume.key.name},
                       {"owner", volume.owner},
                       {"container", volume.container_name},
                       {"image", volume.image},
                       {"volume", word_of(volume.role)}});
  }
  const Json json{{"kind", kind_word},
                  {"format", manifest.format},
                  {"program", manifest.program},
                  {"createdAt", manifest.created_at},
                  {"database", database_json(manifest.database)},
                  {"volumes", volumes}};
  // Names of tables and owners are whatever bytes somebody stored.
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

BackupManifest parse_backup_manifest(std::string_view text) {
  const auto json = Json::parse(text, nullptr, false);
  if (!json.is_object() || json.value("kind", Json()) != Json(kind_word)) {
    throw BackupError("this is no backup of Mosaic Fleet, or its beginning is damaged");
  }
  const auto format = json.value("format", Json());
  if (format.is_number_integer() && format.get<std::int64_t>() > BackupManifest::newest_format) {
    throw BackupError("the backup has format " + std::to_string(format.get<std::int64_t>()) +
                      ", this program knows only up to " +
                      std::to_string(BackupManifest::newest_format) + ": run a newer mosaic");
  }
  try {
    return manifest_from(json);
  } catch (const std::exception&) {
    throw BackupError("the backup's manifest is damaged; use another copy of the backup");
  }
}

}  // namespace mosaic
