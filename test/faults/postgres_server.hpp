// A Postgres of the test's own, which may be killed, run out of disk, and be followed by a standby that takes its place.
//
// Used from the test's main thread only, as every child process of these tests. Throws std::runtime_error when the
// programs of Postgres do not do what they are asked for.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "test/e2e/child_process.hpp"

namespace mosaic::faults {

class PostgresServer {
 public:
  // A new, empty one whose files are all below `folder`, which is made, or is an empty disk. It answers.
  explicit PostgresServer(const std::filesystem::path& folder);
  // A standby of `primary`: it has all that the primary has, and goes on following it.
  PostgresServer(const std::filesystem::path& folder, const PostgresServer& primary);
  ~PostgresServer();  // by force, and with its files
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  int port() const { return port_; }
  std::string url() const;  // of its database "postgres"

  bool running() { return server_->running(); }
  void start();      // once it has ended; it answers when this returns
  void kill_hard();  // SIGKILL

  // Of a standby: hears nothing more of its primary from now on, and is none any more.
  void stop_following();
  void promote();

 private:
  e2e::Command as_postgres(const std::string& program, std::vector<std::string> arguments) const;
  void run_to_end(const std::string& program, std::vector<std::string> arguments) const;
  void make_folder() const;
  std::string ask(const std::string& question) const;  // the first column of the first row

  const std::filesystem::path folder_;
  const int port_;
  std::optional<e2e::ChildProcess> server_;
};

}  // namespace mosaic::faults
