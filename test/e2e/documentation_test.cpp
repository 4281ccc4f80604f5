// Every command of mosaic that a page tells people to type is typed here, in the order in which the page has it, into a
// shell beside a running fleet; test/documentation/proofs.cpp names the tests of the few that cannot be.
#include <fstream>
#include <map>

#include "test/documentation/documented_commands.hpp"
#include "test/documentation/proofs.hpp"
#include "test/e2e/fleet.hpp"

namespace mosaic::e2e {
namespace {

using namespace std::chrono_literals;

class DocumentedCommands : public FleetTest {
 protected:
  void SetUp() override {
    FleetTest::SetUp();
    admin = insert_account(fleet.database(), "root", "admin", "read write admin");
    alice = insert_account(fleet.database(), "alice", "user", "read chat");
    fleet.database().sql(
        R"(INSERT INTO "BreakglassUser" ("id", "username", "passwordHash", "updatedAt")
           VALUES ('root', 'root', 'not a hash', now()))");
    std::ofstream(fleet.folder() / "key.txt") << "sk-of-root\n";
    const auto made = type(
        "mosaic create provider --owner root --name zai --type zai --models glm-5 --api-key-file "
        "key.txt");
    ASSERT_EQ(made.exit_code, 0) << made.err;
    std::filesystem::create_directory(fleet.folder() / "fleet");
    for (const char* name : {"fleet.yaml", "fleet/research.yaml"})
      std::ofstream(fleet.folder() / name) << manifest();
  }

  // The one that docs/MANIFESTS.md shows.
  static std::string manifest() {
    const std::string text = test::text_of("docs/MANIFESTS.md");
    const auto begin = text.find("```yaml\n") + 8;
    return text.substr(begin, text.find("```", begin) - begin);
  }

  Finished type(const std::string& command) {
    Command shell = fleet.mosaic({});
    const auto folder = std::filesystem::path(mosaic_binary()).parent_path().string();
    shell.arguments = {"bash",
                       "-c",
                       "cd \"$1\" && PATH=$2:$PATH && eval \"$3\"",
                       "bash",
                       fleet.folder().string(),
                       folder,
                       command};
    shell.environment["MOSAIC_SERVER"] = fleet.api_url();
    shell.environment["MOSAIC_TOKEN"] = command.starts_with("mosaic logs") ? alice : admin;
    return run(shell, 120s);
  }

  std::string admin;
  std::string alice;
};

// Where another exit code than 0 may be right: a difference was found, something on this machine could be better.
bool may_end_with(const test::DocumentedCommand& command, int exit_code) {
  if (exit_code == 0) return true;
  return exit_code == 1 && (command.words[1] == "diff" || command.words[1] == "doctor");
}

TEST_F(DocumentedCommands, WorkAsTheyStand) {
  std::size_t typed = 0;
  for (const auto& document : test::documents()) {
    for (const auto& command : test::fenced_commands(document)) {
      if (command.words.front() != "mosaic" || test::proof_of(command.text) != nullptr) continue;
      ++typed;
      const auto ended = type(command.text);
      EXPECT_TRUE(may_end_with(command, ended.exit_code))
          << command.where() << "\nexit code " << ended.exit_code << '\n'
          << ended.out << ended.err;
    }
  }
  EXPECT_GT(typed, 15U);
}

}  // namespace
}  // namespace mosaic::e2e
