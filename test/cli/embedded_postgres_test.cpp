#include "cli/postgres/embedded_postgres.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "cli/failure.hpp"
#include "cli/postgres/postgres_folders.hpp"
#include "cli/postgres/postmaster_file.hpp"
#include "store/database.hpp"
#include "test/cli/temporary_folder.hpp"

namespace mosaic::cli {
namespace {

using Start = EmbeddedPostgres::Start;

class EmbeddedPostgresTest : public testing::Test {
 protected:
  ~EmbeddedPostgresTest() override {
    const auto folder = embedded_data_folder(data_dir());
    const auto file = PostmasterFile::read(folder);
    if (file && file->alive(folder)) ::kill(file->pid, SIGQUIT);
  }
  std::filesystem::path data_dir() const { return folder_.path() / "data"; }

  static void ping(const std::string& connection) {
    DatabaseOptions options;
    options.url = connection;
    Database(options).ping();
  }
  static std::string failure_of(EmbeddedPostgres& postgres) {
    try {
      postgres.start();
    } catch (const CommandError& error) {
      return error.what();
    }
    return "it started";
  }

  TemporaryFolder folder_;
};

TEST_F(EmbeddedPostgresTest, IsMadeStartedAdoptedAndStopped) {
  pid_t first = 0;
  {
    EmbeddedPostgres postgres(data_dir());
    EXPECT_EQ(postgres.start(), Start::initialized);
    ping(postgres.connection_string());
    first = postgres.process_id();
    EXPECT_EQ(EmbeddedPostgres::find_running(data_dir()), postgres.connection_string());
    EXPECT_TRUE(EmbeddedPostgres::held_by_another(data_dir()));
    // Destroyed without stop(), as after a crash: it goes on.
  }
  {
    EmbeddedPostgres postgres(data_dir());
    EXPECT_EQ(postgres.start(), Start::adopted);
    EXPECT_EQ(postgres.process_id(), first);
    ping(postgres.connection_string());
    postgres.stop();
    ::waitpid(first, nullptr, 0);
    EXPECT_FALSE(EmbeddedPostgres::find_running(data_dir()));
  }
  EmbeddedPostgres postgres(data_dir());
  EXPECT_EQ(postgres.start(), Start::started);
  ping(postgres.connection_string());
  postgres.stop();
}

TEST_F(EmbeddedPostgresTest, RunsUnprivilegedInAPrivateFolderWithoutTcp) {
  EmbeddedPostgres postgres(data_dir());
  postgres.start();
  struct stat process {};
  ASSERT_EQ(::stat(("/proc/" + std::to_string(postgres.process_id())).c_str(), &process), 0);
  EXPECT_NE(process.st_uid, 0U);
  const auto file = PostmasterFile::read(embedded_data_folder(data_dir()));
  ASSERT_TRUE(file);
  struct stat socket_folder {};
  ASSERT_EQ(::stat(file->socket_folder.c_str(), &socket_folder), 0);
  EXPECT_EQ(socket_folder.st_mode & 0777, 0700U);
  EXPECT_EQ(socket_folder.st_uid, process.st_uid);
  std::ifstream pid_file(embedded_data_folder(data_dir()) / "postmaster.pid");
  std::string line;
  for (int i = 0; i < 6; ++i) std::getline(pid_file, line);
  EXPECT_EQ(line, "") << "it listens on TCP";
  postgres.stop();
}

TEST_F(EmbeddedPostgresTest, IsStartedAgainWhenItWasKilled) {
  EmbeddedPostgres postgres(data_dir());
  postgres.start();
  EXPECT_FALSE(postgres.restart_if_ended());
  siginfo_t info{};
  ::kill(postgres.process_id(), SIGKILL);
  ::waitid(P_PID, static_cast<id_t>(postgres.process_id()), &info, WEXITED | WNOWAIT);
  EXPECT_TRUE(postgres.restart_if_ended());
  ping(postgres.connection_string());
  postgres.stop();
}

TEST_F(EmbeddedPostgresTest, OneProcessAtATimeHoldsADataFolder) {
  EmbeddedPostgres first(data_dir());
  first.start();
  EmbeddedPostgres second(data_dir());
  const std::string failure = failure_of(second);
  EXPECT_NE(failure.find("another mosaic up"), std::string::npos) << failure;
  EXPECT_NE(failure.find(std::to_string(::getpid())), std::string::npos) << failure;
  first.stop();
}

TEST_F(EmbeddedPostgresTest, AHalfMadeDatabaseIsBegunAnew) {
  std::filesystem::create_directories(data_dir() / "postgres-initializing");
  std::ofstream(data_dir() / "postgres-initializing" / "PG_VERSION") << "15\n";
  EmbeddedPostgres postgres(data_dir());
  EXPECT_EQ(postgres.start(), Start::initialized);
  EXPECT_FALSE(std::filesystem::exists(data_dir() / "postgres-initializing"));
  postgres.stop();
}

TEST_F(EmbeddedPostgresTest, ALongDataFolderGetsAShortSocketFolder) {
  const auto deep = folder_.path() / std::string(100, 'd');
  EmbeddedPostgres postgres(deep);
  postgres.start();
  ping(postgres.connection_string());
  const auto file = PostmasterFile::read(embedded_data_folder(deep));
  ASSERT_TRUE(file);
  EXPECT_LT(file->socket_folder.string().size(), 90U);
  postgres.stop();
  std::filesystem::remove_all(file->socket_folder);
}

TEST_F(EmbeddedPostgresTest, WithoutServerProgramsSaysWhatToInstall) {
  EmbeddedPostgres postgres(data_dir(), folder_.path() / "nothing");
  const std::string failure = failure_of(postgres);
  EXPECT_NE(failure.find("apt-get install"), std::string::npos) << failure;
}

TEST_F(EmbeddedPostgresTest, AnotherVersionsDataNamesThatVersion) {
  std::filesystem::create_directories(data_dir() / "postgres");
  std::ofstream(data_dir() / "postgres" / "PG_VERSION") << "11\n";
  EmbeddedPostgres postgres(data_dir());
  const std::string failure = failure_of(postgres);
  // Data that belongs to root cannot be served; both are one line that says what to do.
  EXPECT_NE(failure.find("postgresql-11"), std::string::npos) << failure;
}

TEST_F(EmbeddedPostgresTest, AFolderThatCannotBeMadeIsOneLine) {
  EmbeddedPostgres postgres("/proc/mosaic");
  const std::string failure = failure_of(postgres);
  EXPECT_NE(failure.find("/proc/mosaic"), std::string::npos) << failure;
  EXPECT_EQ(failure.find('\n'), std::string::npos);
}

TEST(PostgresFailure, IsToldInOneLine) {
  const SystemUser user{101, 104, "postgres"};
  const auto explain = [&](const std::string& output) {
    return explain_postgres_failure(output, "/data", user);
  };
  EXPECT_NE(explain("initdb: error: could not write: No space left on device\n").find("is full"),
            std::string::npos);
  EXPECT_NE(explain("could not change directory: Permission denied").find("chmod o+x"),
            std::string::npos);
  EXPECT_EQ(explain("2026-01-01 LOG:  hello\n2026-01-01 00:00:00 UTC [7] FATAL:  broken thing\n"),
            "the embedded Postgres did not start: broken thing");
  EXPECT_EQ(explain(""), "the embedded Postgres did not start: it said nothing");
}

TEST(PostgresBinariesTest, TheNewestSupportedVersionWins) {
  const TemporaryFolder root;
  const auto install = [&](const std::string& version) {
    const auto bin = root.path() / version / "bin";
    std::filesystem::create_directories(bin);
    for (const char* program : {"initdb", "postgres"}) {
      std::ofstream(bin / program) << "";
      std::filesystem::permissions(bin / program, std::filesystem::perms::owner_all);
    }
  };
  EXPECT_FALSE(PostgresBinaries::find(std::nullopt, root.path()));
  install("9.6");
  install("12");
  EXPECT_FALSE(PostgresBinaries::find(std::nullopt, root.path()));
  install("13");
  install("15");
  EXPECT_EQ(PostgresBinaries::find(std::nullopt, root.path())->major_version, 15);
  EXPECT_EQ(PostgresBinaries::find(13, root.path())->major_version, 13);
  EXPECT_FALSE(PostgresBinaries::find(14, root.path()));
}

}  // namespace
}  // namespace mosaic::cli
