#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "agent_config/rendered_config.hpp"
#include "test/agent_config/config_cases.hpp"

namespace mosaic::test {
namespace {

RenderedConfig some_config() {
  const auto row = accepted_cases().front();
  auto config = render_agent_config(row.source, row.keys, row.settings);
  config.soul_md = std::string(512, 's');  // exactly one block
  return config;
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(Archive, IsTheSameForTheSameConfiguration) {
  EXPECT_EQ(to_tar(some_config()), to_tar(some_config()));
}

TEST(Archive, RefusesAConfigurationWithAProblem) {
  auto config = some_config();
  config.problem = "Something is missing.";
  EXPECT_THROW(to_tar(config), std::logic_error);
}

TEST(Archive, UnpacksWithTarToTheFilesWithTheirModes) {
  const auto config = some_config();
  auto pattern = (std::filesystem::temp_directory_path() / "mosaic-archive-XXXXXX").string();
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  const std::filesystem::path folder(pattern);
  std::ofstream(folder / "config.tar", std::ios::binary) << to_tar(config);
  const std::string command =
      "tar -xpof " + (folder / "config.tar").string() + " -C " + folder.string();
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(read(folder / "openclaw.json"), config.openclaw_json);
  EXPECT_EQ(read(folder / "workspace/SOUL.md"), config.soul_md);
  EXPECT_EQ(read(folder / "workspace/AGENTS.md"), config.agents_md);
  EXPECT_EQ(read(folder / "workspace/IDENTITY.md"), config.identity_md);
  EXPECT_EQ(std::filesystem::status(folder / "openclaw.json").permissions(),
            std::filesystem::perms(0600));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace mosaic::test
