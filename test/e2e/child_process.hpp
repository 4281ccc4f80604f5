// Programs that the tests run: short ones to their end, long ones beside the test.
//
// Used from the test's main thread only: a child is killed by the kernel when the thread that made it ends, so that
// no test leaves a process behind, however it ends itself.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mosaic::e2e {

struct Command {
  std::vector<std::string> arguments;  // the program first, looked up in PATH
  std::map<std::string, std::string>
      environment;            // over our own; an empty value takes a variable away
  std::optional<uid_t> user;  // run as this user, without supplementary groups
};

struct Finished {
  int exit_code = -1;  // 128 + signal for one that was killed
  std::string out;
  std::string err;
};

class ChildProcess {
 public:
  // Standard output and error go to `log`, appended.
  ChildProcess(const Command& command, const std::filesystem::path& log);
  ~ChildProcess();  // SIGKILL when it still runs
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number);
  // The exit code as in Finished; nothing when it still runs at the end of `limit`.
  std::optional<int> wait(std::chrono::milliseconds limit);
  void kill_hard();  // SIGKILL, and waits for the end
  std::string log_text() const;
  const std::filesystem::path& log() const { return log_; }

 private:
  void reap(int status);

  pid_t pid_ = -1;
  std::optional<int> exit_code_;
  std::filesystem::path log_;
};

// Runs to the end; a program that takes longer than `limit` is killed and throws.
Finished run(const Command& command, std::chrono::milliseconds limit = std::chrono::seconds(60));

std::string file_text(const std::filesystem::path& file);

}  // namespace mosaic::e2e
