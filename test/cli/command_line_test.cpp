#include "cli/command_line.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include <nlohmann/json.hpp>

namespace mosaic::cli {
namespace {

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
};

Outcome run(std::vector<const char*> arguments) {
  ::unsetenv("DATABASE_URL");
  ::unsetenv("MOSAIC_SECRET_KEY");
  ::setenv("MOSAIC_DATA_DIR", "/nonexistent/mosaic", 1);
  arguments.insert(arguments.begin(), "mosaic");
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Outcome outcome;
  outcome.code =
      run_command_line(static_cast<int>(arguments.size()), arguments.data(), in, out, err);
  outcome.out = out.str();
  outcome.err = err.str();
  return outcome;
}

bool is_one_line(const std::string& text) {
  return !text.empty() && text.find('\n') == text.size() - 1;
}

TEST(CommandLine, WrongUsageIsOneLineAndCodeTwo) {
  const std::vector<std::vector<const char*>> cases{
      {},
      {"frobnicate"},
      {"get"},
      {"get", "users", "-o", "xml"},
      {"describe", "user"},
      {"describe", "robot", "alice"},
      {"up", "--listen", "nowhere"},
      {"up", "--no-such-option"},
      {"wake", "user", "alice", "--wait", "--timeout", "0"},
      {"create", "provider", "--name", "x", "--type", "zai"},
      {"create", "provider", "--owner", "a", "--name", "x", "--type", "magic"},
      {"create", "user", ""},
      {"create", "user", "alice", "--memory-mb", "1"},
      {"create", "system", "a b", "--role", "r", "--model", "m"},
      {"set", "fleet", "memoryMb", "lots"},
      {"set", "fleet", "colour", "red"},
      {"set", "config", "alice"},
  };
  for (const auto& arguments : cases) {
    const Outcome outcome = run(arguments);
    std::string words;
    for (const char* word : arguments) words += std::string(" ") + word;
    EXPECT_EQ(outcome.code, 2) << words << ": " << outcome.err;
    EXPECT_TRUE(is_one_line(outcome.err)) << words << ": " << outcome.err;
    EXPECT_TRUE(outcome.err.starts_with("mosaic: ")) << outcome.err;
  }
}

TEST(CommandLine, EveryCommandExplainsItself) {
  const std::vector<std::vector<const char*>> commands{{"up"},
                                                       {"controller"},
                                                       {"api"},
                                                       {"migrate"},
                                                       {"get"},
                                                       {"get", "users"},
                                                       {"describe"},
                                                       {"wake"},
                                                       {"start"},
                                                       {"stop"},
                                                       {"restart"},
                                                       {"rotate-token"},
                                                       {"move"},
                                                       {"delete"},
                                                       {"create", "user"},
                                                       {"create", "system"},
                                                       {"create", "provider"},
                                                       {"set", "config"},
                                                       {"set", "fleet"},
                                                       {"admin", "create-breakglass"},
                                                       {"doctor"}};
  for (auto command : commands) {
    command.push_back("--help");
    const Outcome outcome = run(command);
    EXPECT_EQ(outcome.code, 0) << command.front();
    EXPECT_NE(outcome.out.find("Usage:"), std::string::npos) << command.front();
  }
  EXPECT_NE(run({"--help"}).out.find("mosaic doctor"), std::string::npos);
}

TEST(CommandLine, WithoutADatabaseSaysWhatToDo) {
  const Outcome outcome = run({"get", "users"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_TRUE(is_one_line(outcome.err)) << outcome.err;
  EXPECT_NE(outcome.err.find("DATABASE_URL"), std::string::npos) << outcome.err;
}

TEST(CommandLine, EveryFleetSettingOfTheHelpIsKnown) {
  for (const char* key :
       {"image", "memoryMb", "cpuMilli", "pids", "memoryBudgetMb", "memoryReserveMb",
        "drainLimitMin", "stopGraceSec", "startDeadlineSec", "toolProfile", "sleep.pausedMemoryMb",
        "sleep.hibernateAfterMin", "sleep.hibernatedSwapMb", "sleep.stopAfterMin"}) {
    EXPECT_NE(run({"set", "fleet", "--help"}).out.find(key), std::string::npos) << key;
    // 256 suits all of them; what is left to fail is the missing database.
    EXPECT_EQ(run({"set", "fleet", key, "256"}).code, 1) << key;
  }
  EXPECT_EQ(run({"set", "fleet", "sleep.pause", "true"}).code, 1);
  EXPECT_EQ(run({"set", "fleet", "providerKeys", "injected"}).code, 1);
  EXPECT_EQ(run({"set", "fleet", "egress.userAgents", "listed"}).code, 1);
  EXPECT_EQ(run({"set", "fleet", "egress.hosts", "*.example.com api.example.com:8443"}).code, 1);
  EXPECT_EQ(run({"set", "fleet", "fleet.sleep.hibernate", "false"}).code, 1);
}

TEST(CommandLine, AFlagGoesOverTheEnvironmentAndThatOverTheDefault) {
  ::setenv("MOSAIC_AGENT_SUBNETS", "from the environment", 1);
  EXPECT_NE(run({"doctor"}).err.find("from the environment"), std::string::npos);
  EXPECT_NE(run({"doctor", "--agent-subnets", "from a flag"}).err.find("from a flag"),
            std::string::npos);
  // What a command does not heed cannot keep it from its work.
  EXPECT_EQ(run({"get", "users"}).code, 1);
  ::unsetenv("MOSAIC_AGENT_SUBNETS");
  ::setenv("MOSAIC_WORKERS", "many", 1);
  EXPECT_EQ(run({"version"}).code, 2);
  ::unsetenv("MOSAIC_WORKERS");
}

TEST(CommandLine, VersionIsForProgramsAsWell) {
  EXPECT_TRUE(run({"version"}).out.starts_with("mosaic "));
  EXPECT_TRUE(nlohmann::json::parse(run({"version", "-o", "json"}).out).contains("version"));
}

TEST(CommandLine, AWrongSettingHoldsNoSecret) {
  ::setenv("DATABASE_URL", "mysql://root:hunter22@db/x", 1);
  std::istringstream in;
  std::ostringstream out, err;
  const char* arguments[] = {"mosaic", "get", "users"};
  EXPECT_EQ(run_command_line(3, arguments, in, out, err), 2);
  EXPECT_EQ(err.str().find("hunter22"), std::string::npos) << err.str();
  ::unsetenv("DATABASE_URL");
}

}  // namespace
}  // namespace mosaic::cli
