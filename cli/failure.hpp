// How a command ends: the exit codes that scripts rely on, and the exceptions that lead to them.
//
// what() of each is one line for people and says what to do; main() prints it and nothing else.
#pragma once

#include <stdexcept>
#include <string>

namespace mosaic::cli {

enum class ExitCode : int {
  success = 0,
  failure = 1,
  usage = 2,      // the command line or a setting is wrong; nothing was done
  not_found = 3,  // no such user, system agent …
  timeout = 4,    // --wait gave up; what was asked for stays asked for
};

class CommandError : public std::runtime_error {
 public:
  explicit CommandError(const std::string& message, ExitCode code = ExitCode::failure)
      : std::runtime_error(message), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

class UsageError : public CommandError {
 public:
  explicit UsageError(const std::string& message) : CommandError(message, ExitCode::usage) {}
};

class NotFoundError : public CommandError {
 public:
  explicit NotFoundError(const std::string& message) : CommandError(message, ExitCode::not_found) {}
};

class WaitTimeoutError : public CommandError {
 public:
  explicit WaitTimeoutError(const std::string& message)
      : CommandError(message, ExitCode::timeout) {}
};

}  // namespace mosaic::cli
