// What a new user gets wrong, tried as a new user would: one clear line that says what to do, nothing lost, and the same
// works once the cause is gone.
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "test/e2e/fleet.hpp"

namespace mosaic::e2e {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;
using testing::ContainsRegex;
using testing::HasSubstr;

constexpr uid_t nobody = 65534;

// Exactly one line for people: "mosaic: ", no internals.
testing::AssertionResult is_one_clear_line(const std::string& text) {
  if (!text.starts_with("mosaic: ")) return testing::AssertionFailure() << "it said: " << text;
  if (std::count(text.begin(), text.end(), '\n') != 1)
    return testing::AssertionFailure() << "more than one line: " << text;
  if (text.find("this should not have happened") != std::string::npos)
    return testing::AssertionFailure() << text;
  return testing::AssertionSuccess();
}

class Errors : public testing::Test {
 protected:
  void TearDown() override {
    ::umount2((fleet.folder() / "small").c_str(), MNT_DETACH);  // when a test failed half way
    if (HasFailure()) GTEST_LOG_(INFO) << fleet.story();
  }

  // `mosaic ARGUMENTS…` that is expected to fail, with other surroundings.
  Finished fails(std::vector<std::string> arguments,
                 const std::map<std::string, std::string>& surroundings = {}) {
    Command command = fleet.mosaic(std::move(arguments));
    for (const auto& [name, value] : surroundings) command.environment[name] = value;
    auto finished = run(command);
    EXPECT_NE(finished.exit_code, 0);
    EXPECT_TRUE(is_one_clear_line(finished.err));
    return finished;
  }

  testing::AssertionResult waits_because(const std::string& id, const std::string& words) {
    return eventually_well(30s, [&]() -> std::string {
      const auto now = *fleet.look(id);
      return now.message.find(words) != std::string::npos
                 ? ""
                 : now.phase + ", " + now.reason + ": " + now.message;
    });
  }

  void insert_awake(const std::string& id, const std::string& owner) {
    fleet.insert_user(id, owner);
    fleet.touch(id);
  }

  Fleet fleet;
};

TEST_F(Errors, NoEngineIsSaidAndHealsWhenItIsThere) {
  const auto socket = fleet.folder() / "docker.sock";
  auto doctor = fleet.mosaic({"doctor", "--engine", "unix://" + socket.string()});
  const auto judged = run(doctor);
  EXPECT_NE(judged.exit_code, 0);
  EXPECT_THAT(judged.out + judged.err, HasSubstr(socket.string()));

  insert_awake("c1", "alice");
  fleet.start_api();
  fleet.start_controller({"--engine", "unix://" + socket.string()});
  ASSERT_TRUE(fleet.leads());
  ASSERT_TRUE(eventually(20s, [&] {
    return fleet.controller().log_text().find(socket.string()) != std::string::npos;
  }));
  EXPECT_TRUE(fleet.controller().running());

  std::filesystem::create_symlink(required_environment("MOSAIC_TEST_ENGINE").substr(7), socket);
  EXPECT_TRUE(fleet.becomes("c1", "running", 60s));
}

TEST_F(Errors, NoPermissionOnTheSocketSaysWhatToDo) {
  std::filesystem::permissions(fleet.folder(), std::filesystem::perms(0777));
  auto command = fleet.mosaic({"doctor"});
  command.user = nobody;
  command.environment["HOME"] = fleet.folder().string();
  const auto judged = run(command);
  EXPECT_NE(judged.exit_code, 0);
  EXPECT_THAT(judged.out + judged.err, ContainsRegex("[Pp]ermission"));
  EXPECT_THAT(judged.out + judged.err, HasSubstr("docker"));

  const auto socket = required_environment("MOSAIC_TEST_ENGINE").substr(7);
  struct stat before {};
  ASSERT_EQ(::stat(socket.c_str(), &before), 0);
  ASSERT_EQ(::chmod(socket.c_str(), 0666), 0);
  const auto allowed = run(command);
  ::chmod(socket.c_str(), before.st_mode & 0777);
  EXPECT_THAT(allowed.out + allowed.err, testing::Not(ContainsRegex("[Pp]ermission denied")));
}

TEST_F(Errors, WrongKeyIsRefusedBeforeAnythingIsRead) {
  insert_awake("c1", "alice");
  fleet.run_mosaic({"get", "users"});
  // A key that reads what is stored must have been here first.
  ASSERT_EQ(fleet.run_mosaic({"create", "user", "bob"}).exit_code, 0);
  const auto wrong = fails({"controller", "--listen", "127.0.0.1:0"},
                           {{"MOSAIC_SECRET_KEY", "another secret that is long enough to be one"}});
  EXPECT_THAT(wrong.err, HasSubstr("MOSAIC_SECRET_KEY"));
  const auto brief =
      fails({"controller", "--listen", "127.0.0.1:0"}, {{"MOSAIC_SECRET_KEY", "brief"}});
  EXPECT_THAT(brief.err, HasSubstr("MOSAIC_SECRET_KEY"));
  EXPECT_THAT(brief.err, HasSubstr("32"));

  fleet.start_api();
  fleet.start_controller();
  EXPECT_TRUE(fleet.becomes("c1", "running"));
}

TEST_F(Errors, WrongDatabaseUrlNamesWhatIsWrongWithoutThePassword) {
  const std::string port = std::to_string(free_port());
  const auto nobody_there = fails(
      {"get", "users"}, {{"DATABASE_URL", "postgresql://me:hush-hush@127.0.0.1:" + port + "/x"}});
  EXPECT_THAT(nobody_there.err, HasSubstr("127.0.0.1"));
  EXPECT_THAT(nobody_there.err, testing::Not(HasSubstr("hush-hush")));
  const auto no_database =
      fails({"get", "users"}, {{"DATABASE_URL", fleet.database().url() + "_absent"}});
  EXPECT_THAT(no_database.err, HasSubstr("_absent"));
  const auto no_url = fails({"get", "users"}, {{"DATABASE_URL", "mysql://somewhere/else"}});
  EXPECT_THAT(no_url.err, HasSubstr("DATABASE_URL"));
  EXPECT_EQ(fleet.run_mosaic({"get", "users"}).exit_code, 0);
}

TEST_F(Errors, WrongEngineUrlIsAMatterOfUsage) {
  EXPECT_EQ(fails({"controller", "--engine", "docker.example"}).exit_code, 2);
  EXPECT_THAT(fails({"controller", "--engine", "ftp://docker.example"}).err, HasSubstr("--engine"));
}

TEST_F(Errors, PortTakenIsNamed) {
  const int holder = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(holder, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(holder, 1), 0);
  ASSERT_EQ(::getsockname(holder, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string taken = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  const auto api = fails(
      {"api", "--listen", taken, "--agent-listen", "127.0.0.1:" + std::to_string(free_port())});
  EXPECT_THAT(api.err, HasSubstr(std::to_string(ntohs(address.sin_port))));
  EXPECT_THAT(api.err, HasSubstr("--listen"));
  ::close(holder);

  ChildProcess again(fleet.mosaic({"api", "--listen", taken, "--agent-listen",
                                   "127.0.0.1:" + std::to_string(free_port())}),
                     fleet.folder() / "again.log");
  EXPECT_TRUE(eventually(10s, [&] {
    return run({{"curl", "-fsS", "http://" + taken + "/livez"}, {}, {}}).exit_code == 0;
  })) << again.log_text();
}

TEST_F(Errors, FullDiskIsSaidAndTheSameFolderWorksOnceThereIsRoom) {
  const auto data = fleet.folder() / "small";
  std::filesystem::permissions(fleet.folder(), std::filesystem::perms(0755));
  std::filesystem::create_directory(data);
  ASSERT_EQ(::mount("tmpfs", data.c_str(), "tmpfs", 0, "size=8m,mode=755"), 0)
      << std::strerror(errno);
  const std::vector<std::string> arguments{"up",
                                           "--data-dir",
                                           data.string(),
                                           "--listen",
                                           "127.0.0.1:" + std::to_string(free_port()),
                                           "--agent-listen",
                                           "127.0.0.1:" + std::to_string(free_port())};
  const std::map<std::string, std::string> own_database{{"DATABASE_URL", ""},
                                                        {"MOSAIC_SECRET_KEY", ""}};
  const auto full = fails(arguments, own_database);
  EXPECT_THAT(full.err, ContainsRegex("[Nn]o space|disk"));
  EXPECT_THAT(full.err, HasSubstr(data.string()));

  ASSERT_EQ(::mount("tmpfs", data.c_str(), "tmpfs", MS_REMOUNT, "size=500m,mode=755"), 0)
      << std::strerror(errno);
  Command command = fleet.mosaic(arguments);
  for (const auto& [name, value] : own_database) command.environment[name] = value;
  ChildProcess up(command, fleet.folder() / "up.log");
  EXPECT_TRUE(eventually(60s, [&] {
    return up.log_text().find("Mosaic Fleet is up") != std::string::npos;
  })) << up.log_text();
  up.signal(SIGTERM);
  EXPECT_EQ(up.wait(40s), 0) << up.log_text();
  EXPECT_EQ(::umount2(data.c_str(), MNT_DETACH), 0);
}

TEST_F(Errors, MissingImageIsNamedAndItsArrivalIsNoticed) {
  const std::string image = "mosaic-e2e/late:" + fleet.instance().substr(0, 8);
  insert_awake("c1", "alice");
  fleet.set_user("c1", "\"image\" = '" + image + "'");
  fleet.start_api();
  fleet.start_controller();
  EXPECT_TRUE(waits_because("c1", image));
  fleet.engine().docker({"tag", instant_image(), image});
  EXPECT_TRUE(fleet.becomes("c1", "running", 90s));
  fleet.end_processes();
  fleet.engine().remove_everything_of(fleet.instance());
  fleet.engine().docker({"rmi", image});
}

TEST_F(Errors, NoMemoryLeftWaitsAndSaysSo) {
  fleet.set_setting("fleet.memoryBudgetMb", "100");
  insert_awake("c1", "alice");
  fleet.start_api();
  fleet.start_controller();
  ASSERT_TRUE(fleet.becomes("c1", "running"));
  insert_awake("c2", "bob");
  EXPECT_TRUE(waits_because("c2", "memory"));
  EXPECT_EQ(fleet.look("c2")->phase, "waiting");
  fleet.set_user("c1", R"("desiredState" = 'stopped')");
  EXPECT_TRUE(fleet.becomes("c2", "running"));
}

// A range in which others have taken everything but one network of eight addresses.
class SmallRange : public testing::Test {
 protected:
  static constexpr const char* range = "10.127.255.0/24";

  static FleetOptions options() {
    FleetOptions small;
    small.subnets = range;
    return small;
  }

  void SetUp() override {
    for (const char* rest : {"128/25", "64/26", "32/27", "16/28", "8/29"}) {
      taken.push_back(
          fleet.engine().docker({"network", "create", "--subnet", std::string("10.127.255.") + rest,
                                 "e2e-taken-" + std::to_string(taken.size())}));
    }
    fleet.start_api();
    fleet.start_controller();
  }

  void TearDown() override {
    if (HasFailure()) GTEST_LOG_(INFO) << fleet.story();
    for (const auto& network : taken) fleet.engine().docker({"network", "rm", network});
  }

  Fleet fleet{options()};
  std::vector<std::string> taken;
};

TEST_F(SmallRange, NoSubnetLeftWaitsAndSaysWhichRangeIsFull) {
  fleet.insert_user("c1", "alice");
  fleet.touch("c1");
  ASSERT_TRUE(fleet.becomes("c1", "running"));
  fleet.insert_user("c2", "bob");
  fleet.touch("c2");
  EXPECT_TRUE(eventually_well(30s, [&]() -> std::string {
    const auto now = *fleet.look("c2");
    const bool said = (now.message + now.last_error).find(range) != std::string::npos;
    return said ? "" : now.phase + ", " + now.reason + ": " + now.message + now.last_error;
  }));
  fleet.set_user("c1", R"("deletionRequestedAt" = now() AT TIME ZONE 'UTC')");
  EXPECT_TRUE(fleet.is_gone("c1"));
  EXPECT_TRUE(fleet.becomes("c2", "running", 90s));
}

}  // namespace
}  // namespace mosaic::e2e
