// Runs the real boot script with the shells and tools of real images against a small API, with a stand-in for the
// gateway that notes how it was called.
#include "runtime/boot/boot_script.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include "model/boot_exit.hpp"
#include "runtime/firewall/child_process.hpp"
#include "test/runtime/boot_archive.hpp"
#include "test/runtime/probe_http_server.hpp"

namespace mosaic {
namespace {

namespace files = std::filesystem;

constexpr auto token = "5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e7abcd";

// What an image has: which shell runs the script, and which programs are in its PATH.
struct Image {
  std::string name;
  std::vector<std::string> shell;
  std::vector<std::string> host_programs;
  std::vector<std::string> busybox_programs;
};

const std::vector<std::string>& basic_programs() {
  static const std::vector<std::string> programs = {"mkdir", "tar",   "cp",  "mv",  "rm",
                                                    "date",  "sleep", "cat", "head"};
  return programs;
}

std::vector<std::string> with_basics(std::vector<std::string> programs) {
  programs.insert(programs.end(), basic_programs().begin(), basic_programs().end());
  return programs;
}

Image debian_image() {
  return {"DebianWithCurl", {"/bin/dash"}, with_basics({"curl", "flock"}), {}};
}
Image alpine_image() {
  return {"AlpineWithCurl", {"/bin/busybox", "sh"}, {"curl", "flock"}, with_basics({})};
}
Image busybox_image() {
  return {
      "BusyboxAlone", {"/bin/busybox", "sh"}, {"flock"}, with_basics({"busybox", "nc", "timeout"})};
}
Image node_image() {
  return {"DebianWithNodeOnly", {"/bin/dash"}, with_basics({"node", "flock"}), {}};
}

void PrintTo(const Image& image, std::ostream* out) { *out << image.name; }

std::string read_file(const files::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const files::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

std::string which(const std::string& program) {
  for (const auto* folder : {"/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"}) {
    const auto path = files::path(folder) / program;
    if (files::exists(path)) return path;
  }
  throw std::runtime_error("the test needs " + program);
}

// Everybody's arguments, as `ps` shows them.
bool some_process_shows(const std::string& secret) {
  for (const auto& entry : files::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (read_file(entry.path() / "cmdline").find(secret) != std::string::npos) return true;
  }
  return false;
}

// Of another container.
class FileLock {
 public:
  FileLock(const files::path& path, const std::string& content) {
    write_file(path, content);
    descriptor_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (descriptor_ < 0 || ::flock(descriptor_, LOCK_EX) != 0)
      throw std::runtime_error("no lock on " + path.string());
  }
  ~FileLock() { ::close(descriptor_); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_;
};

class AgentBoot : public testing::TestWithParam<Image> {
 public:
  ~AgentBoot() override { files::remove_all(root_); }

 protected:
  AgentBoot() {
    std::string pattern = files::temp_directory_path() / "mosaic-boot-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    root_ = pattern;
    for (const auto* folder : {"bin", "workspace", "state"})
      files::create_directory(root_ / folder);
    write_file(root_ / "bin/openclaw", "#!/bin/sh\necho \"$@\" >" + (root_ / "called").string() +
                                           "\nset >" + (root_ / "variables").string() +
                                           "\nexit 42\n");
    files::permissions(root_ / "bin/openclaw", files::perms::owner_all);
    write_file(root_ / "script", std::string(agent_boot_script()));
  }

  void install(const Image& image) {
    for (const auto& program : image.host_programs)
      files::create_symlink(which(program), root_ / "bin" / program);
    for (const auto& program : image.busybox_programs) {
      files::create_symlink(which("busybox"), root_ / "bin" / program);
    }
  }

  ChildResult boot(const Image& image, const std::string& api, const std::string& limit_s = "60",
                   const std::string& with_token = token, const std::string& mode = "") {
    if (!files::exists(root_ / "bin/tar")) install(image);
    ChildCommand command;
    command.arguments = image.shell;
    command.arguments.push_back(root_ / "script");
    if (!mode.empty()) command.arguments.push_back(mode);
    command.environment = {"PATH=" + (root_ / "bin").string(),
                           "HOME=" + root_.string(),
                           "MOSAIC_API_URL=" + api,
                           "AGENT_KIND=user",
                           "AGENT_ID=cabc123",
                           "AGENT_TOKEN=" + with_token,
                           "MOSAIC_BOOT_FOLDER=" + (root_ / "boot").string(),
                           "MOSAIC_WORKSPACE=" + (root_ / "workspace").string(),
                           "OPENCLAW_STATE_DIR=" + (root_ / "state").string(),
                           "MOSAIC_BOOT_LIMIT_S=" + limit_s,
                           "MOSAIC_STATE_LIMIT_S=1",
                           "MOSAIC_TAKEN_LIMIT_S=1"};
    command.limit = std::chrono::seconds(60);
    return run_child(command);
  }

  ChildResult reload(const Image& image, const std::string& api) {
    return boot(image, api, "1", token, std::string(reload_mode));
  }

  // A gateway that runs on `configuration`, and has taken `taken` since.
  void running_gateway(const std::string& configuration, const std::string& taken) {
    files::create_directories(root_ / "boot");
    write_file(root_ / "boot/openclaw.json", configuration);
    if (!taken.empty()) write_file(root_ / "boot/openclaw.json.last-good", taken);
  }

  bool left_anything_behind() const {
    for (const auto& entry : files::directory_iterator(root_ / "boot")) {
      if (entry.path().filename().string().starts_with(".reload-") && entry.is_directory())
        return true;
    }
    return false;
  }

  static std::string url(const ProbeHttpServer& server) { return "http://" + server.endpoint(); }

  static ProbeHttpServer::Handler configuration() {
    return [](const std::string&) {
      return ProbeHttpServer::answer(200, full_archive(), "application/x-tar");
    };
  }

  static std::string full_archive() {
    return tar_archive({{"openclaw.json", "{\"gateway\":{}}"},
                        {"workspace/SOUL.md", "soul"},
                        {"workspace/AGENTS.md", "agents"},
                        {"workspace/IDENTITY.md", std::string(70'000, 'i')}});
  }

  files::path root_;
};

TEST_P(AgentBoot, FetchesTheConfigurationAndHandsOverToTheGateway) {
  std::mutex mutex;
  std::string request;
  bool token_shown = false;
  ProbeHttpServer server([&](const std::string& header) {
    const std::lock_guard lock(mutex);
    request = header;
    token_shown = some_process_shows(token);
    return ProbeHttpServer::answer(200, full_archive(), "application/x-tar");
  });
  const auto result = boot(GetParam(), url(server));
  EXPECT_EQ(result.exit_code, 42) << result.errors;
  EXPECT_EQ(result.errors, "");
  EXPECT_EQ(read_file(root_ / "called"), "gateway run --bind lan --auth token\n");
  const auto variables = read_file(root_ / "variables");
  EXPECT_NE(
      variables.find("OPENCLAW_CONFIG_PATH='" + (root_ / "boot/openclaw.json").string() + "'"),
      std::string::npos);
  EXPECT_NE(variables.find(std::string("OPENCLAW_GATEWAY_TOKEN='") + token + "'"),
            std::string::npos);
  EXPECT_EQ(variables.find("AGENT_TOKEN="), std::string::npos);
  EXPECT_EQ(read_file(root_ / "boot/openclaw.json"), "{\"gateway\":{}}");
  EXPECT_EQ(read_file(root_ / "workspace/SOUL.md"), "soul");
  EXPECT_EQ(read_file(root_ / "workspace/AGENTS.md"), "agents");
  EXPECT_EQ(read_file(root_ / "workspace/IDENTITY.md").size(), 70'000u);
  const std::lock_guard lock(mutex);
  EXPECT_TRUE(request.starts_with("GET /api/internal/agent-config/user/cabc123 HTTP/1.1\r\n"))
      << request;
  EXPECT_FALSE(token_shown);
}

TEST_P(AgentBoot, SendsTokenHostAndWantedTypeExactlyOnce) {
  std::mutex mutex;
  std::string request;
  ProbeHttpServer server([&](const std::string& header) {
    const std::lock_guard lock(mutex);
    request = header;
    return ProbeHttpServer::answer(404);
  });
  boot(GetParam(), url(server));
  const std::lock_guard lock(mutex);
  std::string lower;
  for (const char byte : request)
    lower += static_cast<char>(std::tolower(static_cast<unsigned char>(byte)));
  for (const auto& line : {"\r\nauthorization: bearer " + std::string(token) + "\r\n",
                           "\r\nhost: " + server.endpoint() + "\r\n",
                           std::string("\r\naccept: application/x-tar\r\n")}) {
    const auto first = lower.find(line);
    ASSERT_NE(first, std::string::npos) << request;
    EXPECT_EQ(lower.find(line.substr(0, line.find(':') + 1), first + 2), std::string::npos)
        << request;
  }
}

TEST_P(AgentBoot, EndsWith78WhenTheApiHasNothingForIt) {
  for (const int status : {404, 401}) {
    ProbeHttpServer server([&](const std::string&) { return ProbeHttpServer::answer(status); });
    const auto result = boot(GetParam(), url(server));
    EXPECT_EQ(result.exit_code, boot_exit::nothing_to_boot);
    EXPECT_NE(result.errors.find("status " + std::to_string(status)), std::string::npos)
        << result.errors;
    EXPECT_EQ(server.requests(), 1);
  }
  EXPECT_FALSE(files::exists(root_ / "called"));
}

TEST_P(AgentBoot, TriesAgainWhileTheApiIsRestarting) {
  std::atomic<int> asked{0};
  ProbeHttpServer server([&](const std::string&) -> std::optional<std::string> {
    switch (++asked) {
      case 1:
        return "";  // closed without an answer
      case 2:
        return ProbeHttpServer::answer(503);
      case 3: {  // cut off in the middle
        const auto whole = ProbeHttpServer::answer(200, full_archive(), "application/x-tar");
        return whole.substr(0, 2000);
      }
      default:
        return ProbeHttpServer::answer(200, full_archive(), "application/x-tar");
    }
  });
  const auto result = boot(GetParam(), url(server));
  EXPECT_EQ(result.exit_code, 42) << result.errors;
  EXPECT_EQ(asked, 4);
  EXPECT_NE(result.errors.find("no configuration from"), std::string::npos);
}

TEST_P(AgentBoot, EndsWith75WhenTheApiStaysAway) {
  const auto result = boot(GetParam(), "http://127.0.0.1:" + std::to_string(unused_port()), "1");
  EXPECT_EQ(result.exit_code, boot_exit::api_unreachable);
  EXPECT_NE(result.errors.find("gave no configuration for 1 s"), std::string::npos)
      << result.errors;
  EXPECT_EQ(result.errors.find(token), std::string::npos);
}

TEST_P(AgentBoot, RenewsThePersonalityAndLeavesTheAgentsOwnFilesAlone) {
  write_file(root_ / "workspace/SOUL.md", "old soul");
  write_file(root_ / "workspace/AGENTS.md", "written by the agent");
  ProbeHttpServer server(configuration());
  EXPECT_EQ(boot(GetParam(), url(server)).exit_code, 42);
  EXPECT_EQ(read_file(root_ / "workspace/SOUL.md"), "soul");
  EXPECT_EQ(read_file(root_ / "workspace/AGENTS.md"), "written by the agent");
  EXPECT_EQ(read_file(root_ / "workspace/IDENTITY.md").size(), 70'000u);
}

TEST_P(AgentBoot, BootsWhateverTheAgentPutInPlaceOfItsFiles) {
  files::create_directory(root_ / "elsewhere");
  write_file(root_ / "elsewhere/keep", "kept");
  files::create_directory_symlink(root_ / "elsewhere", root_ / "workspace/SOUL.md");
  files::create_symlink(root_ / "elsewhere/keep", root_ / "workspace/.SOUL.md.mosaic");
  files::create_directory(root_ / "workspace/AGENTS.md");
  ProbeHttpServer server(configuration());
  EXPECT_EQ(boot(GetParam(), url(server)).exit_code, 42);
  EXPECT_TRUE(files::is_regular_file(files::symlink_status(root_ / "workspace/SOUL.md")));
  EXPECT_EQ(read_file(root_ / "workspace/SOUL.md"), "soul");
  EXPECT_EQ(read_file(root_ / "elsewhere/keep"), "kept");
}

TEST_P(AgentBoot, KeepsTheConfigurationToItself) {
  ProbeHttpServer server(configuration());
  EXPECT_EQ(boot(GetParam(), url(server)).exit_code, 42);
  struct stat status {};
  ASSERT_EQ(::stat((root_ / "boot/openclaw.json").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 077u, 0u);
  ASSERT_EQ(::stat((root_ / "boot").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 077u, 0u);
  EXPECT_FALSE(files::exists(root_ / "boot/config.tar"));
}

TEST_P(AgentBoot, RefusesATokenThatCouldChangeTheRequest) {
  const auto result = boot(GetParam(), "http://127.0.0.1:1", "1", "abc\"\r\nX-Other: 1");
  EXPECT_EQ(result.exit_code, boot_exit::nothing_to_boot);
  EXPECT_EQ(result.errors.find("X-Other"), std::string::npos);
}

TEST_P(AgentBoot, ReloadPutsAConfigurationInPlaceBesideTheGateway) {
  running_gateway("old", "{\"gateway\":{}}");
  write_file(root_ / "workspace/SOUL.md", "old soul");
  write_file(root_ / "workspace/AGENTS.md", "written by the agent");
  bool token_shown = false;
  ProbeHttpServer server([&](const std::string&) {
    token_shown = some_process_shows(token);
    return ProbeHttpServer::answer(200, full_archive(), "application/x-tar");
  });
  const auto result = reload(GetParam(), url(server));
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_EQ(read_file(root_ / "boot/openclaw.json"), "{\"gateway\":{}}");
  EXPECT_EQ(read_file(root_ / "workspace/SOUL.md"), "soul");
  EXPECT_EQ(read_file(root_ / "workspace/AGENTS.md"), "written by the agent");
  EXPECT_FALSE(files::exists(root_ / "called")) << "no second gateway";
  EXPECT_FALSE(left_anything_behind());
  EXPECT_FALSE(token_shown);
  struct stat status {};
  ASSERT_EQ(::stat((root_ / "boot/openclaw.json").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 077u, 0u);
  EXPECT_GT(status.st_mtime, 0) << "the gateway's watcher goes by the time of change";
}

TEST_P(AgentBoot, ReloadThatCannotFetchChangesNothing) {
  running_gateway("old", "old");
  write_file(root_ / "workspace/SOUL.md", "old soul");
  const auto result = reload(GetParam(), "http://127.0.0.1:" + std::to_string(unused_port()));
  EXPECT_EQ(result.exit_code, boot_exit::api_unreachable);
  EXPECT_EQ(read_file(root_ / "boot/openclaw.json"), "old");
  EXPECT_EQ(read_file(root_ / "workspace/SOUL.md"), "old soul");
  EXPECT_FALSE(left_anything_behind());
}

TEST_P(AgentBoot, ReloadSaysWhenTheGatewayDoesNotTakeIt) {
  running_gateway("old", "old");
  ProbeHttpServer server(configuration());
  EXPECT_EQ(reload(GetParam(), url(server)).exit_code, boot_exit::not_taken);
  files::remove(root_ / "boot/openclaw.json.last-good");
  EXPECT_EQ(reload(GetParam(), url(server)).exit_code, boot_exit::not_taken)
      << "that it is in place is no sign that it was taken";
}

// Two boots on one state: what the second finds is what the first has written.
TEST_P(AgentBoot, ASecondContainerOnTheSameStateDoesNotBootAndSaysWhoHoldsIt) {
  const FileLock held(root_ / "state/.mosaic-lock",
                      "container 0123456789ab (mosaic-alice) since then\n");
  ProbeHttpServer server(configuration());
  const auto result = boot(GetParam(), url(server), "1");
  EXPECT_EQ(result.exit_code, boot_exit::held_by_another);
  const std::string holder = "agent-boot: container 0123456789ab (mosaic-alice) since then ";
  EXPECT_NE(result.errors.find(holder + "uses this agent's state; waiting for it, 1 s at most\n"),
            std::string::npos)
      << result.errors;
  EXPECT_NE(result.errors.find(holder + "still uses this agent's state: gave up after 1 s"),
            std::string::npos)
      << result.errors;
  EXPECT_EQ(server.requests(), 0);
  EXPECT_FALSE(files::exists(root_ / "called"));
}

TEST_P(AgentBoot, WritesIntoTheLockWhoHoldsItAndSinceWhen) {
  ProbeHttpServer server(configuration());
  EXPECT_EQ(boot(GetParam(), url(server)).exit_code, 42);
  EXPECT_THAT(read_file(root_ / "state/.mosaic-lock"),
              testing::MatchesRegex(
                  "[a-z0-9 ]+ \\([^)]+\\) since [0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+Z\n"));
}

INSTANTIATE_TEST_SUITE_P(Images, AgentBoot,
                         testing::Values(debian_image(), alpine_image(), busybox_image(),
                                         node_image()),
                         [](const auto& image) { return image.param.name; });

class AgentBootLock : public AgentBoot {
 protected:
  std::string lock() const { return root_ / "state/.mosaic-lock"; }
};

TEST_F(AgentBootLock, TheGatewayHoldsTheStateAsLongAsItLives) {
  write_file(root_ / "bin/openclaw",
             "#!/bin/sh\nflock -n " + lock() + " true && exit 1\nexit 42\n");
  ProbeHttpServer server(configuration());
  EXPECT_EQ(boot(debian_image(), url(server)).exit_code, 42);
  EXPECT_EQ(boot(debian_image(), url(server)).exit_code, 42);
}

// Whatever the boot starts may outlive it, and must not keep the state from its successor.
TEST_F(AgentBootLock, OnlyTheGatewayIsGivenTheLock) {
  install(debian_image());
  for (const std::string program : {"curl", "tar", "cp"}) {
    files::remove(root_ / "bin" / program);
    write_file(root_ / "bin" / program, "#!/bin/sh\n[ ! -e /proc/$$/fd/9 ] || echo " + program +
                                            " >>" + (root_ / "leaked").string() + "\nexec " +
                                            which(program) + " \"$@\"\n");
    files::permissions(root_ / "bin" / program, files::perms::owner_all);
  }
  write_file(root_ / "bin/openclaw", "#!/bin/sh\n[ -e /proc/$$/fd/9 ] && exit 42\n");
  ProbeHttpServer server(configuration());
  const auto result = boot(debian_image(), url(server));
  EXPECT_EQ(result.exit_code, 42) << result.errors;
  EXPECT_EQ(read_file(root_ / "leaked"), "");
}

TEST_F(AgentBootLock, AnImageWithoutFlockDoesNotBootAndSaysSo) {
  install(debian_image());
  files::remove(root_ / "bin/flock");
  ProbeHttpServer server(configuration());
  const auto result = boot(debian_image(), url(server));
  EXPECT_EQ(result.exit_code, boot_exit::unfit_image);
  EXPECT_NE(result.errors.find("the image has no flock"), std::string::npos) << result.errors;
  EXPECT_EQ(server.requests(), 0);
}

TEST_F(AgentBootLock, WithoutAStateItDoesNotBoot) {
  files::remove(root_ / "state");
  ProbeHttpServer server(configuration());
  const auto result = boot(debian_image(), url(server));
  EXPECT_EQ(result.exit_code, boot_exit::cannot_write);
  EXPECT_NE(result.errors.find("no state volume is mounted"), std::string::npos) << result.errors;
}

TEST_F(AgentBootLock, WhateverTheAgentPutInPlaceOfTheLockIsReplaced) {
  ProbeHttpServer server(configuration());
  write_file(root_ / "elsewhere", "kept");
  files::create_symlink(root_ / "elsewhere", lock());
  EXPECT_EQ(boot(debian_image(), url(server)).exit_code, 42);
  EXPECT_EQ(read_file(root_ / "elsewhere"), "kept");
  files::remove(lock());
  files::create_directories(lock() + "/folder");
  EXPECT_EQ(boot(debian_image(), url(server)).exit_code, 42);
  files::remove(lock());
  ASSERT_EQ(::mkfifo(lock().c_str(), 0600), 0);
  EXPECT_EQ(boot(debian_image(), url(server)).exit_code, 42);
  EXPECT_TRUE(files::is_regular_file(files::symlink_status(lock())));
}

TEST_F(AgentBootLock, RepeatsNothingThatTheAgentWroteInPlaceOfAHolder) {
  const FileLock held(lock(), "\x1b[2Jyou have won\n" + std::string(100'000, 'x'));
  const auto result = boot(debian_image(), "http://127.0.0.1:1", "1");
  EXPECT_EQ(result.exit_code, boot_exit::held_by_another);
  EXPECT_NE(result.errors.find("another process uses this agent's state"), std::string::npos);
  EXPECT_EQ(result.errors.find("won"), std::string::npos);
}

TEST_F(AgentBootLock, ReloadOfAPersonalityAloneNeedsNothingOfTheGateway) {
  running_gateway("{\"gateway\":{}}", "");
  ProbeHttpServer server(configuration());
  EXPECT_EQ(reload(debian_image(), url(server)).exit_code, 0);
  EXPECT_EQ(read_file(root_ / "workspace/SOUL.md"), "soul");
}

TEST_F(AgentBootLock, ReloadNeedsAGateway) {
  EXPECT_EQ(reload(debian_image(), "http://127.0.0.1:1").exit_code, boot_exit::not_taken);
}

// What was fetched earlier must not replace what was fetched later.
TEST_F(AgentBootLock, OnlyOneReloadAtATime) {
  running_gateway("old", "{\"gateway\":{}}");
  ProbeHttpServer server(configuration());
  {
    const FileLock held(root_ / "boot/.reload-lock", "");
    EXPECT_EQ(reload(debian_image(), url(server)).exit_code, boot_exit::held_by_another);
    EXPECT_EQ(server.requests(), 0);
  }
  EXPECT_EQ(reload(debian_image(), url(server)).exit_code, 0);
}

TEST_F(AgentBootLock, MissingVariablesAreNamed) {
  ChildCommand command;
  command.arguments = {"/bin/dash", root_ / "script"};
  const auto result = run_child(command);
  EXPECT_EQ(result.exit_code, boot_exit::nothing_to_boot);
  EXPECT_NE(result.errors.find("MOSAIC_API_URL is not set"), std::string::npos) << result.errors;
}

}  // namespace
}  // namespace mosaic
