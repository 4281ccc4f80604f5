#include "test/e2e/child_process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "test/e2e/eventually.hpp"

namespace mosaic::e2e {
namespace {

std::vector<std::string> environment_of(const Command& command) {
  std::vector<std::string> lines;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string line = *entry;
    if (!command.environment.contains(line.substr(0, line.find('=')))) lines.push_back(line);
  }
  for (const auto& [name, value] : command.environment) {
    if (!value.empty()) lines.push_back(name + "=" + value);
  }
  return lines;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// What runs between fork and exec: only calls that are safe there.
[[noreturn]] void become(char* const* arguments, char* const* environment, int out, int err,
                         std::optional<uid_t> user) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  if (user) {
    const bool changed =
        ::setgroups(0, nullptr) == 0 && ::setgid(*user) == 0 && ::setuid(*user) == 0;
    if (!changed) ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // forgotten with the change of user
  }
  ::execvpe(arguments[0], arguments, environment);
  ::_exit(127);
}

int open_for_writing(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), file.string());
  return descriptor;
}

pid_t spawn(const Command& command, int out, int err) {
  auto arguments = command.arguments;
  auto environment = environment_of(command);
  const auto argument_pointers = pointers(arguments);
  const auto environment_pointers = pointers(environment);
  const pid_t pid = ::fork();
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid == 0)
    become(argument_pointers.data(), environment_pointers.data(), out, err, command.user);
  return pid;
}

std::filesystem::path scratch_file() {
  static std::atomic<int> number{0};
  return std::filesystem::temp_directory_path() /
         ("e2e-" + std::to_string(::getpid()) + "-" + std::to_string(++number) + ".out");
}

}  // namespace

ChildProcess::ChildProcess(const Command& command, const std::filesystem::path& log) : log_(log) {
  const int descriptor = open_for_writing(log);
  pid_ = spawn(command, descriptor, descriptor);
  ::close(descriptor);
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) kill_hard();
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(other.pid_), exit_code_(other.exit_code_), log_(std::move(other.log_)) {
  other.pid_ = -1;
}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this == &other) return *this;
  if (pid_ > 0) kill_hard();
  pid_ = other.pid_;
  exit_code_ = other.exit_code_;
  log_ = std::move(other.log_);
  other.pid_ = -1;
  return *this;
}

void ChildProcess::reap(int status) {
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool ChildProcess::running() {
  if (exit_code_) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == pid_) reap(status);
  return !exit_code_;
}

void ChildProcess::signal(int number) {
  if (running()) ::kill(pid_, number);
}

std::optional<int> ChildProcess::wait(std::chrono::milliseconds limit) {
  eventually(limit, [this] { return !running(); });
  return exit_code_;
}

void ChildProcess::kill_hard() {
  if (!running()) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  if (::waitpid(pid_, &status, 0) == pid_) reap(status);
}

std::string ChildProcess::log_text() const { return file_text(log_); }

Finished run(const Command& command, std::chrono::milliseconds limit) {
  const auto out = scratch_file();
  const auto err = scratch_file();
  const int out_descriptor = open_for_writing(out);
  const int err_descriptor = open_for_writing(err);
  const pid_t pid = spawn(command, out_descriptor, err_descriptor);
  ::close(out_descriptor);
  ::close(err_descriptor);
  int status = 0;
  const auto deadline = std::chrono::steady_clock::now() + limit;
  auto nap = std::chrono::microseconds(200);
  bool ended = false;
  while (!(ended = ::waitpid(pid, &status, WNOHANG) == pid) &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(nap);
    nap = std::min<std::chrono::microseconds>(nap * 2, std::chrono::milliseconds(20));
  }
  if (!ended) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, &status, 0);
  }
  Finished finished;
  finished.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  finished.out = file_text(out);
  finished.err = file_text(err);
  std::filesystem::remove(out);
  std::filesystem::remove(err);
  if (!ended) {
    throw std::runtime_error(command.arguments.front() + " did not end within " +
                             std::to_string(limit.count()) + " ms; it said: " + finished.out +
                             finished.err);
  }
  return finished;
}

std::string file_text(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace mosaic::e2e
