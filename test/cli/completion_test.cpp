// Completion is made from the commands themselves, and shells that are here run what was made.
#include "cli/completion/completion_script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "test/cli/temporary_folder.hpp"

namespace mosaic::cli {
namespace {

using testing::HasSubstr;

class Completion : public testing::Test {
 protected:
  Completion() {
    auto& get = *app.add_subcommand("get", "List 'things'");
    auto& users = *get.add_subcommand("users", "User agents");
    users.add_option("-o,--output", word, "How")->type_name("table|json");
    users.add_flag("-w,--watch", watched, "Go on");
    auto& wake = *app.add_subcommand("wake", "Wake one");
    wake.add_option("KIND", word, "user or system");
    auto& backup = *app.add_subcommand("backup", "Keep all");
    backup.add_option("FILE", word, "Where to");
    backup.add_option("--key", word, "Its key")->type_name("FILE");
    commands = command_tree(app);
  }

  std::string output_of(const std::string& command) {
    std::string text;
    FILE* pipe = ::popen(command.c_str(), "r");
    std::array<char, 256> piece{};
    while (std::fgets(piece.data(), piece.size(), pipe) != nullptr) text += piece.data();
    EXPECT_EQ(::pclose(pipe), 0) << command;
    return text;
  }

  static bool has(const std::string& program) {
    return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
  }

  std::string written(const std::string& name, const std::string& text) {
    const auto file = folder.path() / name;
    std::ofstream(file) << text;
    return file.string();
  }

  // What bash offers for the last of these words.
  std::string bash(const std::string& words) {
    return output_of("bash -c 'source " + written("c.bash", bash_completion(commands)) +
                     "; COMP_WORDS=(mosaic " + words +
                     "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _mosaic; echo -n "
                     "\"${COMPREPLY[*]}\"'");
  }

  CLI::App app{"Fleet", "mosaic"};
  std::string word;
  bool watched = false;
  std::vector<CommandWords> commands;
  TemporaryFolder folder;
};

TEST_F(Completion, KnowsEveryCommandWithItsOptions) {
  ASSERT_EQ(commands.size(), 5U);
  EXPECT_EQ(commands[0].subcommands, (std::vector<std::string>{"get", "wake", "backup"}));
  EXPECT_EQ(commands[2].path, "get users");
  const auto& output = commands[2].options[1];
  EXPECT_EQ(output.names, (std::vector<std::string>{"--output", "-o"}));
  EXPECT_EQ(output.choices, (std::vector<std::string>{"table", "json"}));
  EXPECT_FALSE(commands[2].options[2].takes_value);
  EXPECT_EQ(commands[3].choices, (std::vector<std::string>{"user", "system"}));
  EXPECT_TRUE(commands[4].takes_file);
}

TEST_F(Completion, OfBashOffersWhatFits) {
  EXPECT_EQ(bash("g"), "get");
  EXPECT_EQ(bash("get \"\""), "users --help -h");
  EXPECT_EQ(bash("get users -o \"\""), "table json");
  EXPECT_EQ(bash("get users --w"), "--watch");
  EXPECT_EQ(bash("wake s"), "system");
  EXPECT_THAT(bash("backup --key " + (folder.path() / "c.ba").string()), HasSubstr("c.bash"));
}

TEST_F(Completion, OfZshAndFishIsSoundThere) {
  const auto zsh = written("c.zsh", zsh_completion(commands));
  const auto fish = written("c.fish", fish_completion(commands));
  EXPECT_THAT(fish_completion(commands), HasSubstr("-a 'get' -d 'List '\\''things'\\'''"));
  EXPECT_THAT(zsh_completion(commands), HasSubstr("'get users:--output'|'get users:-o') "));
  if (has("zsh")) output_of("zsh -n " + zsh);
  if (has("fish")) {
    EXPECT_EQ(output_of("fish -c 'source " + fish + "; complete -C \"mosaic get us\"'"),
              "users\tUser agents\n");
  }
}

}  // namespace
}  // namespace mosaic::cli
