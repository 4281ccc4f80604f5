#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "backup/backup_manifest.hpp"

namespace mosaic {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(BackupManifest, TellsANewerFormatFromDamage) {
  BackupManifest manifest;
  manifest.database.migrations = {"aa"};
  auto json = nlohmann::ordered_json::parse(to_text(manifest));
  json["format"] = BackupManifest::newest_format + 1;
  json["somethingNew"] = true;
  EXPECT_THAT([&] { parse_backup_manifest(json.dump()); },
              ThrowsMessage<BackupError>(HasSubstr("run a newer mosaic")));
  json["format"] = BackupManifest::newest_format;
  json.erase("database");
  EXPECT_THAT([&] { parse_backup_manifest(json.dump()); },
              ThrowsMessage<BackupError>(HasSubstr("damaged")));
  EXPECT_THAT([&] { parse_backup_manifest("[]"); },
              ThrowsMessage<BackupError>(HasSubstr("no backup")));
}

TEST(BackupManifest, KeepsOwnersWithAnyLetter) {
  BackupManifest manifest;
  manifest.volumes = {{ResourceKey(ResourceKind::system_container, "s/1"), "J\xc3\xbcrgen \"x\"",
                       "c", "i", VolumeRole::state}};
  EXPECT_EQ(parse_backup_manifest(to_text(manifest)), manifest);
}

}  // namespace
}  // namespace mosaic
