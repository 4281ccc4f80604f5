#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "backup/archive_reader.hpp"
#include "backup/archive_writer.hpp"
#include "secrets/secret_box.hpp"
#include "test/proof.hpp"

namespace mosaic {
namespace {

using testing::HasSubstr;

const SecretBox box("a secret of the tests of archives, long enough");

std::string seal(const std::string& text) { return box.fingerprint(text); }

BackupManifest some_manifest() {
  BackupManifest manifest;
  manifest.program = "1.2.3";
  manifest.created_at = "2026-01-31T12:34:56.789Z";
  manifest.database.migrations = {"aa", "bb"};
  manifest.database.instance = "0123456789abcdef0123456789abcdef";
  manifest.database.key_check = "enc:x";
  manifest.database.tables = {{"One", {"id", "value"}}, {"Empty", {"id"}}, {"Large", {"id"}}};
  manifest.database.counters = {{"One", "id", 42}};
  manifest.volumes = {{ResourceKey(ResourceKind::user_container, "u1"), "alice", "mosaic-alice",
                       "image:1", VolumeRole::workspace}};
  return manifest;
}

const std::string small_rows = "1\tone\n2\ttwo\n";
const std::string tar_bytes("\0tar\xff", 5);

std::string archive_of(const std::string& large) {
  std::string bytes;
  ArchiveWriter writer(some_manifest(), [&](std::string_view piece) { bytes.append(piece); });
  const auto put = [&](const std::string& name, const std::string& content) {
    writer.begin_part(name);
    writer.write(content);
    writer.end_part();
  };
  put("database/One", small_rows);
  put("database/Empty", "");
  put("database/Large", large);
  put("volumes/000001", tar_bytes);
  writer.finish(seal);
  EXPECT_EQ(writer.bytes(), bytes.size());
  return bytes;
}

// The archive in pieces of `piece` bytes.
ByteSource source_of(const std::string& bytes, std::size_t piece) {
  return [&bytes, piece, at = std::size_t{0}](std::string& into) mutable {
    if (at == bytes.size()) return false;
    const std::size_t taken = std::min(piece, bytes.size() - at);
    into.append(bytes, at, taken);
    at += taken;
    return true;
  };
}

std::vector<std::string> read_all(const std::string& bytes, std::size_t piece = 64 * 1024,
                                  const BackupSeal& by = seal) {
  ArchiveReader reader(source_of(bytes, piece));
  std::vector<std::string> parts;
  for (std::size_t part = 0; part < reader.manifest().parts().size(); ++part) {
    auto& content = parts.emplace_back();
    while (reader.read(content)) {
    }
  }
  reader.finish(by);
  return parts;
}

bool is_refused(const std::string& bytes) {
  try {
    read_all(bytes);
    return false;
  } catch (const BackupError&) {
    return true;
  }
}

TEST(Archive, GivesBackEveryPartAsItWasWritten) {
  std::string large(2 * backup_chunk_bytes + 17, '\0');
  std::iota(large.begin(), large.end(), static_cast<char>(0));
  const std::string bytes = archive_of(large);
  EXPECT_EQ(read_all(bytes), (std::vector<std::string>{small_rows, "", large, tar_bytes}));
  EXPECT_EQ(read_all(bytes, 7)[0], small_rows);
  EXPECT_EQ(ArchiveReader(source_of(bytes, 512)).manifest(), some_manifest());
}

TEST(Archive, IsOneThatTarReads) {
  auto pattern = (std::filesystem::temp_directory_path() / "mosaic-backup-XXXXXX").string();
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  const std::filesystem::path folder(pattern);
  std::ofstream(folder / "backup.tar", std::ios::binary) << archive_of("row\n");
  const std::string command =
      "tar -xf " + (folder / "backup.tar").string() + " -C " + folder.string();
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::ifstream file(folder / "database/One/00000001", std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), small_rows);
  EXPECT_TRUE(std::filesystem::exists(folder / "manifest.json"));
  std::filesystem::remove_all(folder);
}

TEST(Archive, IsRefusedWithAnySingleBitFlipped) {
  const std::string bytes = archive_of("row\n");
  std::size_t accepted = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    if (!is_refused(damaged)) ++accepted;
  }
  EXPECT_EQ(accepted, 0U);
  const std::string figure = std::to_string(bytes.size() - accepted) + " of " +
                             std::to_string(bytes.size()) + " flips refused, one in every byte";
  test::write_proof(
      {"backup", "an archive with one bit flipped is refused", figure, accepted == 0});
}

TEST(Archive, IsRefusedCutOffAnywhereAndWithAnythingBehindIt) {
  const std::string bytes = archive_of("row\n");
  std::size_t accepted = 0;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    if (!is_refused(bytes.substr(0, size))) ++accepted;
  }
  EXPECT_EQ(accepted, 0U);
  EXPECT_TRUE(is_refused(bytes + std::string(1, '\0')));
  EXPECT_TRUE(is_refused(bytes + bytes));
  const std::string figure = std::to_string(bytes.size() - accepted) + " of " +
                             std::to_string(bytes.size()) + " lengths refused";
  test::write_proof({"backup", "an archive that was cut off is refused", figure, accepted == 0});
}

TEST(Archive, IsRefusedWithoutTheSealOfTheKey) {
  const std::string bytes = archive_of("row\n");
  const SecretBox other("another secret of the tests, long enough too");
  EXPECT_THROW(
      read_all(bytes, 512, [&](const std::string& text) { return other.fingerprint(text); }),
      BackupError);
}

TEST(Archive, RefusesWhatIsNoBackup) {
  EXPECT_TRUE(is_refused(""));
  EXPECT_TRUE(is_refused(std::string(10240, '\0')));
  EXPECT_TRUE(is_refused(std::string(10240, 'x')));
}

TEST(Archive, TakesPartsOnlyAsTheManifestNamesThem) {
  const auto ignore = [](std::string_view) {};
  ArchiveWriter wrong(some_manifest(), ignore);
  EXPECT_THROW(wrong.begin_part("database/Empty"), std::logic_error);
  ArchiveWriter unfinished(some_manifest(), ignore);
  EXPECT_THROW(unfinished.finish(seal), std::logic_error);
}

}  // namespace
}  // namespace mosaic
