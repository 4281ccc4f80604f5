// `mosaic up` as people run it, on its own Postgres and without an engine: it comes up, serves the
// other commands, survives being killed, and ends when asked to.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <fstream>

#include <nlohmann/json.hpp>

#include "cli/postgres/postgres_folders.hpp"
#include "cli/postgres/postmaster_file.hpp"
#include "cli/secret_key.hpp"
#include "http/http_client.hpp"
#include "test/cli/mosaic_run.hpp"
#include "test/cli/temporary_folder.hpp"

namespace mosaic::cli {
namespace {

constexpr const char* is_up = "Mosaic Fleet is up.";
constexpr const char* block_ends = "Ctrl-C ends it";

class Up : public testing::Test {
 protected:
  ~Up() override {
    const auto folder = embedded_data_folder(data_dir());
    const auto file = PostmasterFile::read(folder);
    if (file && file->alive(folder)) ::kill(file->pid, SIGQUIT);
  }
  std::filesystem::path data_dir() const { return folder_.path() / "data"; }
  std::filesystem::path log(const std::string& name) const { return folder_.path() / name; }

  std::vector<std::string> arguments(int port = free_port()) const {
    return up_without_engine(data_dir(), port);
  }
  ProgramResult mosaic(std::vector<std::string> words, const Environment& more = {}) {
    words.insert(words.end(), {"--data-dir", data_dir().string()});
    return run_mosaic(words, more);
  }

  TemporaryFolder folder_;
};

TEST_F(Up, ServesTheOtherCommandsAndEndsWhenAskedTo) {
  BackgroundMosaic up(arguments(), {}, log("up.log"));
  ASSERT_TRUE(up.wait_for_output(block_ends)) << up.output();
  EXPECT_NE(up.output().find(is_up), std::string::npos);
  EXPECT_NE(up.output().find("still trying"), std::string::npos)
      << "the missing engine is told of: " << up.output();
  EXPECT_NE(up.output().find("one-time token"), std::string::npos);
  struct stat key {};
  ASSERT_EQ(::stat(secret_key_file(data_dir()).c_str(), &key), 0);
  EXPECT_EQ(key.st_mode & 0777, 0600U);

  EXPECT_EQ(mosaic({"create", "user", "alice"}).exit_code, 0);
  EXPECT_EQ(mosaic({"create", "user", "alice"}).exit_code, 1) << "twice";
  const auto users = mosaic({"get", "users", "-o", "json"});
  ASSERT_EQ(users.exit_code, 0) << users.output;
  EXPECT_EQ(nlohmann::json::parse(users.output).at(0).at("userId"), "alice");
  EXPECT_EQ(mosaic({"get", "users", "bob"}).exit_code, 3);
  EXPECT_EQ(mosaic({"wake", "user", "alice"}).exit_code, 0);
  EXPECT_EQ(mosaic({"wake", "user", "alice", "--wait", "--timeout", "1"}).exit_code, 4);
  const auto description = mosaic({"describe", "user", "alice"});
  EXPECT_EQ(description.exit_code, 0) << description.output;
  EXPECT_EQ(description.output.find("enc:"), std::string::npos);
  EXPECT_EQ(mosaic({"set", "fleet", "memoryMb", "1024"}).exit_code, 0);
  const auto early = mosaic({"set", "config", "carol", "--model", "work/m"});
  EXPECT_EQ(early.exit_code, 0) << early.output;
  EXPECT_NE(early.output.find("no agent yet"), std::string::npos) << early.output;
  EXPECT_EQ(mosaic({"migrate"}).exit_code, 0);
  EXPECT_NE(up.output().find("acts in the database as the role mosaic_api_"), std::string::npos);
  EXPECT_NE(mosaic({"doctor"}).output.find("the API acts as mosaic_api_"), std::string::npos);
  const auto leader = mosaic({"get", "leader", "-o", "json"});
  EXPECT_GE(nlohmann::json::parse(leader.output).at("term").get<std::int64_t>(), 1)
      << leader.output;

  up.send(SIGTERM);
  EXPECT_EQ(up.wait_for_end(), 0) << up.output();
  EXPECT_FALSE(PostmasterFile::read(embedded_data_folder(data_dir()))) << "Postgres still runs";
}

TEST_F(Up, SaysWhatToDoWhereTooFewFilesMayBeOpenForAllItsConnections) {
  const auto words = mosaic_command(arguments(), {});
  std::vector<std::string> confined{"/bin/sh", "-c", "ulimit -n 600 && exec \"$@\"", "sh"};
  confined.insert(confined.end(), words.begin(), words.end());
  BackgroundProgram up(confined, log("up.log"));
  ASSERT_TRUE(up.wait_for_output(block_ends)) << up.output();
  EXPECT_NE(up.output().find("limit of open files is too low"), std::string::npos) << up.output();
  EXPECT_NE(up.output().find("LimitNOFILE="), std::string::npos) << up.output();
  up.send(SIGTERM);
  EXPECT_EQ(up.wait_for_end(), 0) << up.output();
}

TEST_F(Up, LosesNothingWhenItIsKilled) {
  pid_t postgres = 0;
  {
    BackgroundMosaic up(arguments(), {}, log("first.log"));
    ASSERT_TRUE(up.wait_for_output(block_ends)) << up.output();
    ASSERT_EQ(mosaic({"create", "user", "alice"}).exit_code, 0);
    postgres = PostmasterFile::read(embedded_data_folder(data_dir()))->pid;
    up.send(SIGKILL);
    EXPECT_EQ(up.wait_for_end(), 128 + SIGKILL);
  }
  EXPECT_EQ(mosaic({"get", "users", "alice"}).exit_code, 0) << "the database outlives us";
  BackgroundMosaic up(arguments(), {}, log("second.log"));
  ASSERT_TRUE(up.wait_for_output(block_ends)) << up.output();
  EXPECT_EQ(PostmasterFile::read(embedded_data_folder(data_dir()))->pid, postgres)
      << "it is adopted";
  EXPECT_EQ(mosaic({"get", "users", "alice"}).exit_code, 0);
  up.send(SIGINT);
  EXPECT_EQ(up.wait_for_end(), 0) << up.output();
}

TEST_F(Up, RefusesAnotherKeyThanTheDatabasesOwn) {
  {
    BackgroundMosaic up(arguments(), {}, log("first.log"));
    ASSERT_TRUE(up.wait_for_output(block_ends)) << up.output();
    up.send(SIGTERM);
    ASSERT_EQ(up.wait_for_end(), 0);
  }
  auto words = arguments();
  words.insert(words.end(), {"--log-level", "error"});
  const auto wrong = run_mosaic(words, {{"MOSAIC_SECRET_KEY", std::string(64, 'b')}});
  EXPECT_EQ(wrong.exit_code, 1) << wrong.output;
  EXPECT_NE(wrong.output.find("not the key of this database"), std::string::npos) << wrong.output;

  // A lost key file is not made up anew: that would be another wrong key, and look like the right
  // one.
  std::filesystem::remove(secret_key_file(data_dir()));
  const auto lost = run_mosaic(words);
  EXPECT_EQ(lost.exit_code, 1) << lost.output;
  EXPECT_NE(lost.output.find("secret.key"), std::string::npos) << lost.output;
  EXPECT_FALSE(std::filesystem::exists(secret_key_file(data_dir())));
}

TEST_F(Up, GoesOnServingWhileItsKeyIsRotated) {
  const auto key_file = secret_key_file(data_dir());
  const auto next_file = next_secret_key_file(data_dir());
  std::string token;
  std::string old_key;
  {
    BackgroundMosaic up(arguments(), {}, log("first.log"));
    ASSERT_TRUE(up.wait_for_output(block_ends)) << up.output();
    ASSERT_EQ(mosaic({"create", "user", "alice"}).exit_code, 0);
    token = mosaic({"admin", "agent-token", "user", "alice"}).output;
    old_key = read_secret_key_file(key_file);
    // What runs has the old key only; the new one is made, and nothing else happens.
    const auto refused = mosaic({"admin", "rotate-key"});
    EXPECT_EQ(refused.exit_code, 1) << refused.output;
    EXPECT_NE(refused.output.find("end mosaic up and start it again"), std::string::npos)
        << refused.output;
    EXPECT_EQ(read_secret_key_file(key_file), old_key);
    EXPECT_EQ(mosaic({"admin", "agent-token", "user", "alice"}).output, token);
    up.send(SIGTERM);
    ASSERT_EQ(up.wait_for_end(), 0);
  }
  const std::string new_key = read_secret_key_file(next_file);
  {
    BackgroundMosaic up(arguments(), {}, log("second.log"));
    ASSERT_TRUE(up.wait_for_output(block_ends)) << up.output();
    const auto rotated = mosaic({"admin", "rotate-key"});
    EXPECT_EQ(rotated.exit_code, 0) << rotated.output;
    EXPECT_NE(rotated.output.find("none is left under the old one"), std::string::npos)
        << rotated.output;
    EXPECT_EQ(mosaic({"admin", "agent-token", "user", "alice"}).output, token);
    up.send(SIGTERM);
    ASSERT_EQ(up.wait_for_end(), 0);
  }
  EXPECT_EQ(read_secret_key_file(key_file), new_key);
  EXPECT_FALSE(std::filesystem::exists(next_file));
  struct stat status {};
  ASSERT_EQ(::stat(key_file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  const auto old = run_mosaic(arguments(), {{"MOSAIC_SECRET_KEY", old_key}});
  EXPECT_EQ(old.exit_code, 1);
  EXPECT_NE(old.output.find("not the key of this database"), std::string::npos) << old.output;
  BackgroundMosaic up(arguments(), {}, log("third.log"));
  ASSERT_TRUE(up.wait_for_output(block_ends)) << up.output();
  EXPECT_EQ(mosaic({"admin", "agent-token", "user", "alice"}).output, token);
}

// An administrator who signed in, with what is kept of their requests.
class Administrator {
 public:
  Administrator(int port, const std::string& name, const std::string& password)
      : endpoint_(endpoint(port)),
        client_(endpoint_),
        origin_("http://127.0.0.1:" + std::to_string(port)) {
    const auto answer = post("/api/auth/sign-in", {{"username", name}, {"password", password}}, {});
    EXPECT_EQ(answer.status, 200) << answer.body;
    const std::string cookie(answer.field("Set-Cookie"));
    cookie_ = cookie.substr(0, cookie.find(';'));
  }

  // The answer to a request that makes something, or made it when it came before.
  std::string once(const std::string& key) {
    return post("/api/account/tokens", {{"name", key}, {"scopes", {"read"}}}, key).body;
  }

 private:
  static HttpEndpoint endpoint(int port) {
    HttpEndpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = static_cast<std::uint16_t>(port);
    endpoint.host_field = "127.0.0.1:" + std::to_string(port);
    return endpoint;
  }
  HttpAnswer post(const std::string& target, const nlohmann::json& body, const std::string& key) {
    HttpRequest request;
    request.method = "POST";
    request.target = target;
    request.body = body.dump();
    request.fields = {{"Origin", origin_}};
    if (!cookie_.empty()) request.fields.emplace_back("Cookie", cookie_);
    if (!key.empty()) request.fields.emplace_back("Idempotency-Key", key);
    return client_.call(request, WaitLimit::in(std::chrono::seconds(30)));
  }

  const HttpEndpoint endpoint_;
  HttpClient client_;
  const std::string origin_;
  std::string cookie_;
};

TEST_F(Up, WritesWithTheNewKeyOnceARotationHasBegunAndReadsBoth) {
  const std::string old_key(64, 'o');
  const std::string new_key(64, 'n');
  const Environment both{{"MOSAIC_SECRET_KEY", new_key}, {"MOSAIC_SECRET_KEY_PREVIOUS", old_key}};
  const auto password_file = (folder_.path() / "password").string();
  std::ofstream(password_file) << "a long password";
  {
    BackgroundMosaic up(arguments(), {{"MOSAIC_SECRET_KEY", old_key}}, log("first.log"));
    ASSERT_TRUE(up.wait_for_output(block_ends)) << up.output();
    up.send(SIGTERM);
    ASSERT_EQ(up.wait_for_end(), 0);
  }
  const int port = free_port();
  BackgroundMosaic up(arguments(port), both, log("second.log"));
  ASSERT_TRUE(up.wait_for_output(block_ends)) << up.output();
  ASSERT_EQ(mosaic({"admin", "create-breakglass", "root", "--password-file", password_file}, both)
                .exit_code,
            0);
  Administrator root(port, "root", "a long password");
  const std::string before = root.once("before");
  ASSERT_NE(before.find("\"token\""), std::string::npos) << before;
  const auto rotated = mosaic({"admin", "rotate-key"}, both);
  EXPECT_EQ(rotated.exit_code, 0) << rotated.output;
  EXPECT_NE(rotated.output.find("1 secret was put"), std::string::npos) << rotated.output;
  const std::string after = root.once("after");
  EXPECT_EQ(root.once("before"), before);
  EXPECT_EQ(root.once("after"), after);
  // The process has not been started anew, and has written nothing with the old key since.
  const auto again = mosaic({"admin", "rotate-key"}, both);
  EXPECT_NE(again.output.find("0 secrets were put"), std::string::npos) << again.output;
}

TEST_F(Up, TakesKeysOfVariablesAndFilesForARotationWhileNothingRuns) {
  const std::string old_key(64, 'o');
  const std::string new_key(64, 'n');
  const auto new_key_file = folder_.path() / "new.key";
  std::ofstream(new_key_file) << new_key << '\n';
  std::string token;
  {
    BackgroundMosaic up(arguments(), {{"MOSAIC_SECRET_KEY", old_key}}, log("first.log"));
    ASSERT_TRUE(up.wait_for_output(block_ends)) << up.output();
    const Environment old{{"MOSAIC_SECRET_KEY", old_key}};
    ASSERT_EQ(mosaic({"create", "user", "alice"}, old).exit_code, 0);
    token = mosaic({"admin", "agent-token", "user", "alice"}, old).output;
    up.send(SIGTERM);
    ASSERT_EQ(up.wait_for_end(), 0);
  }
  const std::vector<std::string> words{"admin", "rotate-key", "--new-key-file",
                                       new_key_file.string()};
  const auto one_missing = mosaic({"admin", "rotate-key"}, {{"MOSAIC_SECRET_KEY", old_key}});
  EXPECT_EQ(one_missing.exit_code, 2) << one_missing.output;
  const auto wrong = mosaic(words, {{"MOSAIC_SECRET_KEY", std::string(64, 'w')}});
  EXPECT_EQ(wrong.exit_code, 1) << wrong.output;
  EXPECT_NE(wrong.output.find("the old key is not the key of this database"), std::string::npos)
      << wrong.output;
  const auto rotated = mosaic(words, {{"MOSAIC_SECRET_KEY", old_key}});
  EXPECT_EQ(rotated.exit_code, 0) << rotated.output;
  EXPECT_EQ(rotated.output.find(old_key), std::string::npos);
  EXPECT_EQ(rotated.output.find(new_key), std::string::npos);
  const Environment after{{"MOSAIC_SECRET_KEY", new_key}};
  BackgroundMosaic up(arguments(), after, log("second.log"));
  ASSERT_TRUE(up.wait_for_output(block_ends)) << up.output();
  EXPECT_EQ(mosaic({"admin", "agent-token", "user", "alice"}, after).output, token);
  // A backup is sealed with the new key, and opens on a machine that knows nothing but that.
  const auto backup = (folder_.path() / "fleet.tar").string();
  const auto elsewhere = (folder_.path() / "elsewhere").string();
  const auto made = mosaic({"backup", backup}, after);
  ASSERT_EQ(made.exit_code, 0) << made.output;
  const std::vector<std::string> restore{"restore", backup, "--data-dir", elsewhere};
  EXPECT_EQ(run_mosaic(restore, {{"MOSAIC_SECRET_KEY", old_key}}).exit_code, 1);
  const auto restored = run_mosaic(restore, after);
  EXPECT_EQ(restored.exit_code, 0) << restored.output;
}

TEST_F(Up, LogsJsonWithoutATerminal) {
  BackgroundMosaic up(arguments(), {}, log("up.log"));
  ASSERT_TRUE(up.wait_for_output(block_ends)) << up.output();
  std::ifstream file(log("up.log"));
  int lines = 0;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with('{')) continue;
    const auto entry = nlohmann::json::parse(line, nullptr, false);
    EXPECT_FALSE(entry.is_discarded()) << line;
    EXPECT_TRUE(entry.contains("time")) << line;
    ++lines;
  }
  EXPECT_GT(lines, 0) << up.output();
}

}  // namespace
}  // namespace mosaic::cli
