// What a new user does wrong, tried on the real command: one clear line that says what to do, exit
// code 1, no secret.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "cli/file_descriptor.hpp"
#include "cli/secret_key.hpp"
#include "test/cli/mosaic_run.hpp"
#include "test/cli/temporary_folder.hpp"

namespace mosaic::cli {
namespace {

const std::string good_key(64, 'a');

class ErrorLines : public testing::Test {
 protected:
  std::filesystem::path data_dir() const { return folder_.path() / "data"; }

  std::vector<std::string> up(std::vector<std::string> more = {}) const {
    auto arguments = up_without_engine(data_dir());
    arguments.insert(arguments.end(), {"--log-level", "error"});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  void expect_line(const ProgramResult& result, std::initializer_list<const char*> parts) {
    EXPECT_EQ(result.exit_code, 1) << result.output;
    EXPECT_TRUE(result.output.starts_with("mosaic: ")) << result.output;
    EXPECT_EQ(result.output.find('\n'), result.output.size() - 1) << result.output;
    for (const char* part : parts) {
      EXPECT_NE(result.output.find(part), std::string::npos)
          << "'" << part << "' is missing in: " << result.output;
    }
  }

  TemporaryFolder folder_;
};

TEST_F(ErrorLines, WrongDatabaseUrl) {
  const auto result =
      run_mosaic(up(), {{"DATABASE_URL", "postgresql://mosaic:hunter22@127.0.0.1:1/mosaic"},
                        {"MOSAIC_SECRET_KEY", good_key}});
  expect_line(result, {"127.0.0.1"});
  EXPECT_EQ(result.output.find("hunter22"), std::string::npos) << result.output;
}

TEST_F(ErrorLines, MissingKeyWithADatabaseUrl) {
  const auto result =
      run_mosaic(up(), {{"DATABASE_URL", "postgresql://mosaic@127.0.0.1:1/mosaic"}});
  expect_line(result, {"MOSAIC_SECRET_KEY", "openssl rand"});
}

TEST_F(ErrorLines, ShortKeyLeavesNoDatabaseBehind) {
  const auto result = run_mosaic(up(), {{"MOSAIC_SECRET_KEY", "too-short-SENTINEL"}});
  expect_line(result, {"32"});
  EXPECT_EQ(result.output.find("SENTINEL"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(data_dir() / "postgres"));
}

TEST_F(ErrorLines, KeyFileThatOthersCanRead) {
  std::filesystem::create_directories(data_dir());
  std::ofstream(secret_key_file(data_dir())) << good_key << '\n';
  ::chmod(secret_key_file(data_dir()).c_str(), 0644);
  expect_line(run_mosaic(up()), {"chmod 600"});
}

TEST_F(ErrorLines, KeyFileThatCannotBeRead) {
  std::filesystem::create_directories(data_dir());
  ASSERT_EQ(::chown(data_dir().c_str(), nobody().uid, nobody().gid), 0);
  read_or_create_secret_key_file(secret_key_file(data_dir()));
  expect_line(run_mosaic(up(), {}, nobody()), {"secret.key", "MOSAIC_SECRET_KEY"});
}

TEST_F(ErrorLines, PortThatIsTaken) {
  const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(socket.get(), generic, size), 0);
  ASSERT_EQ(::listen(socket.get(), 1), 0);
  ASSERT_EQ(::getsockname(socket.get(), generic, &size), 0);
  const std::string port = std::to_string(ntohs(address.sin_port));
  auto arguments = up();
  for (auto& argument : arguments) {
    if (argument.starts_with("127.0.0.1:")) {
      argument = "127.0.0.1:" + port;
      break;
    }
  }
  expect_line(run_mosaic(arguments), {port.c_str(), "--listen"});
}

TEST_F(ErrorLines, DoctorNamesTheSocketThatRefusesUs) {
  const auto path = folder_.path() / "engine.sock";
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.string().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(socket.get(), 1), 0);
  ::chmod(path.c_str(), 0600);
  const auto result = run_mosaic(
      {"doctor", "--data-dir", data_dir().string(), "--engine", "unix://" + path.string()},
      {{"MOSAIC_SECRET_KEY", good_key}}, nobody());
  EXPECT_EQ(result.exit_code, 1) << result.output;
  EXPECT_NE(result.output.find("fail  engine"), std::string::npos) << result.output;
  EXPECT_NE(result.output.find("usermod -aG docker"), std::string::npos) << result.output;
}

TEST_F(ErrorLines, DoctorNamesAnEngineThatIsNotThere) {
  const auto result = run_mosaic({"doctor", "--data-dir", data_dir().string(), "--engine",
                                  "unix://" + (folder_.path() / "none.sock").string()},
                                 {{"MOSAIC_SECRET_KEY", good_key}});
  EXPECT_EQ(result.exit_code, 1) << result.output;
  EXPECT_NE(result.output.find("fail  engine"), std::string::npos) << result.output;
  EXPECT_NE(result.output.find("docker"), std::string::npos) << result.output;
}

}  // namespace
}  // namespace mosaic::cli
