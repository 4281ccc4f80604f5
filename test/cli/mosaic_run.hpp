// Runs the built `mosaic` command with an environment of the test's making, to its end or in the
// background.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/postgres/child_process.hpp"
#include "cli/postgres/system_user.hpp"

namespace mosaic::cli {

using Environment = std::map<std::string, std::string>;

SystemUser this_user();
SystemUser nobody();  // throws when we are not root, who alone can become it

std::vector<std::string> mosaic_command(const std::vector<std::string>& arguments,
                                        const Environment& environment);

ProgramResult run_mosaic(const std::vector<std::string>& arguments,
                         const Environment& environment = {}, const SystemUser& user = this_user());

// A port of the loopback that was free a moment ago.
int free_port();

// `mosaic up` of that folder, on free ports, beside an engine that does not answer: it starts without one.
std::vector<std::string> up_without_engine(const std::filesystem::path& data_dir,
                                           int port = free_port());

// A program in the background, with its output in a file; ended with its object.
class BackgroundProgram {
 public:
  BackgroundProgram(const std::vector<std::string>& command, std::filesystem::path log_file);
  ~BackgroundProgram();
  BackgroundProgram(const BackgroundProgram&) = delete;
  BackgroundProgram& operator=(const BackgroundProgram&) = delete;

  // False when it ended, or `text` did not come within 60 s.
  bool wait_for_output(const std::string& text);
  std::string output() const;
  void send(int signal);
  // The exit code, or 128 + signal; nothing when it does not end within 60 s.
  std::optional<int> wait_for_end();

 private:
  const std::filesystem::path log_file_;
  pid_t process_ = 0;
};

class BackgroundMosaic : public BackgroundProgram {
 public:
  BackgroundMosaic(const std::vector<std::string>& arguments, const Environment& environment,
                   std::filesystem::path log_file)
      : BackgroundProgram(mosaic_command(arguments, environment), std::move(log_file)) {}
};

}  // namespace mosaic::cli
