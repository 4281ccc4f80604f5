// One of the programs of images/link as a test runs it, until the end of the test.
//
// Thread-safety: one test thread.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include "test/checkout.hpp"

extern char** environ;

namespace mosaic::test {

class LinkProgram {
 public:
  // Where it listens its first line says.
  LinkProgram(const std::string& name, std::vector<std::string> arguments) {
    const std::string program = build_folder() + "/test/link/" + name;
    arguments.insert(arguments.begin(), program);
    std::vector<char*> words;
    words.reserve(arguments.size() + 1);
    for (std::string& word : arguments) words.push_back(word.data());
    words.push_back(nullptr);
    int pipe[2];
    if (::pipe2(pipe, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
    const int error =
        ::posix_spawn(&process_, program.c_str(), &actions, nullptr, words.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(pipe[1]);
    if (error != 0) throw std::runtime_error("cannot run " + program);
    FILE* lines = ::fdopen(pipe[0], "r");
    if (std::fscanf(lines, "listening on %hu", &port_) != 1) port_ = 0;
    std::fclose(lines);
  }
  ~LinkProgram() {
    if (process_ > 0) ::kill(process_, SIGKILL);
    wait();
  }
  LinkProgram(const LinkProgram&) = delete;
  LinkProgram& operator=(const LinkProgram&) = delete;

  std::uint16_t port() const { return port_; }
  void terminate() const { ::kill(process_, SIGTERM); }
  // Its exit code; -1 when a signal ended it.
  int wait() {
    if (process_ <= 0) return code_;
    int status = 0;
    ::waitpid(process_, &status, 0);
    process_ = -1;
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return code_;
  }

 private:
  pid_t process_ = -1;
  std::uint16_t port_ = 0;
  int code_ = -1;
};

}  // namespace mosaic::test
