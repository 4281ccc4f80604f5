// What the pages tell people to type exists, and something proves that it works.
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>

#include "cli/command_line.hpp"
#include "cli/completion/command_tree.hpp"
#include "test/checkout.hpp"
#include "test/documentation/documented_commands.hpp"
#include "test/documentation/proofs.hpp"

namespace mosaic::test {
namespace {

std::string complaint_about(const std::vector<std::string>& words) {
  std::vector<const char*> arguments;
  arguments.reserve(words.size());
  for (const auto& word : words) arguments.push_back(word.c_str());
  return cli::check_command_line(static_cast<int>(arguments.size()), arguments.data());
}

bool has_option(const cli::CommandWords& command, const std::string& name) {
  for (const auto& option : command.options) {
    for (const auto& each : option.names) {
      if (each == name) return true;
    }
  }
  return false;
}

// What of "mosaic get users --watch" does not exist; empty: nothing. What is left out ("…") is not missed.
std::string missing_in(const std::vector<std::string>& words) {
  static const std::vector<cli::CommandWords> commands = cli::all_commands();
  const cli::CommandWords* command = &commands.front();
  for (std::size_t place = 1; place < words.size(); ++place) {
    const std::string& word = words[place];
    if (word.starts_with('-')) {
      const std::string name = word.substr(0, word.find('='));
      if (!has_option(*command, name)) return name;
      continue;
    }
    const std::string path = command->path + (command->path.empty() ? "" : " ") + word;
    for (const auto& each : commands) {
      if (each.path == path) command = &each;
    }
    // Its subcommands are all that a command which has any can be followed by, but for words such as COMMAND.
    const bool is_placeholder =
        word.find_first_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos;
    if (command->path != path && !command->subcommands.empty() && !is_placeholder) return word;
  }
  return {};
}

std::set<std::string> words_of_dev() {
  std::set<std::string> words;
  const std::string script = text_of("dev");
  static const std::regex branch("\n  ([a-z]+)\\) [a-z]+_command");
  for (auto match = std::sregex_iterator(script.begin(), script.end(), branch);
       match != std::sregex_iterator(); ++match)
    words.insert((*match)[1]);
  return words;
}

TEST(Documentation, ShowsCommandsAtAll) {
  std::size_t fenced = 0;
  std::size_t mentioned = 0;
  for (const auto& document : documents()) {
    fenced += fenced_commands(document).size();
    mentioned += mentioned_commands(document).size();
  }
  EXPECT_GT(documents().size(), 5U);
  EXPECT_GT(fenced, 20U);
  EXPECT_GT(mentioned, 30U);
}

TEST(Documentation, ShowsNoCommandOfMosaicThatItsCommandLineDoesNotTake) {
  for (const auto& document : documents()) {
    for (const auto& command : fenced_commands(document)) {
      if (command.words.front() != "mosaic") continue;
      EXPECT_EQ(complaint_about(command.words), "") << command.where();
    }
    for (const auto& command : mentioned_commands(document))
      EXPECT_EQ(missing_in(command.words), "") << command.where();
  }
}

TEST(Documentation, ShowsNoCommandOfDevThatThereIsNot) {
  const auto words = words_of_dev();
  ASSERT_TRUE(words.contains("test"));
  static const std::regex shown("\\./dev ([a-z]+)");
  for (const auto& document : documents()) {
    const std::string text = text_of(document);
    for (auto match = std::sregex_iterator(text.begin(), text.end(), shown);
         match != std::sregex_iterator(); ++match)
      EXPECT_TRUE(words.contains((*match)[1]) || (*match)[1] == "help")
          << document << ": " << (*match)[0];
  }
}

// e2e_documentation runs all commands of mosaic for which the table names no test of their own.
TEST(Documentation, HasAProofOfEveryFencedCommand) {
  std::set<std::string> shown;
  for (const auto& document : documents()) {
    for (const auto& command : fenced_commands(document)) {
      shown.insert(command.text);
      EXPECT_TRUE(command.words.front() == "mosaic" || proof_of(command.text) != nullptr)
          << command.where()
          << "\nnothing runs it; name the test that does in test/documentation/proofs.cpp";
    }
  }
  for (const auto& proof : command_proofs()) {
    EXPECT_TRUE(shown.contains(std::string(proof.command)))
        << "no page shows it any more: " << proof.command;
    EXPECT_NE(text_of(std::string(proof.file)).find(proof.words), std::string::npos)
        << proof.file << " has no " << proof.words;
  }
}

TEST(Documentation, LinksToNoFileThatThereIsNot) {
  static const std::regex link("\\]\\(([^)#: ]+)(#[^)]*)?\\)");
  std::size_t links = 0;
  for (const auto& document : documents()) {
    const std::string text = text_of(document);
    const auto folder = (std::filesystem::path(source_folder()) / document).parent_path();
    for (auto match = std::sregex_iterator(text.begin(), text.end(), link);
         match != std::sregex_iterator(); ++match) {
      ++links;
      EXPECT_TRUE(std::filesystem::exists(folder / (*match)[1].str()))
          << document << ": " << (*match)[0];
    }
  }
  EXPECT_GT(links, 10U);
}

// Literals that the compiler joins are one text.
std::string all_literals() {
  std::string text;
  for (const char* folder :
       {"api", "cli", "controller", "reconcilers", "runtime", "secrets", "store"}) {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(source_folder() + "/" + folder)) {
      if (entry.path().extension() != ".cpp") continue;
      text += text_of(std::filesystem::relative(entry.path(), source_folder()).string());
    }
  }
  std::string joined;
  for (std::size_t place = 0; place < text.size(); ++place) {
    const auto next =
        text[place] == '"' ? text.find_first_not_of(" \n", place + 1) : std::string::npos;
    if (next != std::string::npos && next > place + 1 && text[next] == '"') {
      place = next;
    } else {
      joined.push_back(text[place]);
    }
  }
  return joined;
}

TEST(Documentation, QuotesNoMessageThatTheProgramDoesNotGive) {
  const std::string page = text_of("docs/OPERATIONS.md");
  const auto begin = page.find("## When something is wrong");
  ASSERT_NE(begin, std::string::npos);
  const std::string chapter = page.substr(begin, page.find("\n## ", begin + 1) - begin);
  const std::string literals = all_literals();
  static const std::regex row("\n\\| `([^`]+)` \\|");
  std::size_t messages = 0;
  for (auto match = std::sregex_iterator(chapter.begin(), chapter.end(), row);
       match != std::sregex_iterator(); ++match) {
    ++messages;
    EXPECT_NE(literals.find((*match)[1]), std::string::npos) << "nothing says: " << (*match)[1];
  }
  EXPECT_GT(messages, 15U);
}

TEST(DocumentedCommands, AreReadAsAShellReadsThem) {
  EXPECT_EQ(missing_in({"mosaic", "get", "users", "--watch"}), "");
  EXPECT_EQ(missing_in({"mosaic", "delete", "…", "--purge"}), "");
  EXPECT_EQ(missing_in({"mosaic", "COMMAND", "--help"}), "");
  EXPECT_EQ(missing_in({"mosaic", "get", "nobody"}), "nobody");
  EXPECT_EQ(missing_in({"mosaic", "get", "users", "--nothing"}), "--nothing");
  EXPECT_NE(complaint_about({"mosaic", "get", "users", "--nothing"}), "");
  EXPECT_EQ(complaint_about({"mosaic", "get", "users"}), "");
}

}  // namespace
}  // namespace mosaic::test
