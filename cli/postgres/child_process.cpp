#include "cli/postgres/child_process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "cli/failure.hpp"
#include "cli/file_descriptor.hpp"

namespace mosaic::cli {
namespace {

constexpr std::size_t max_output_bytes = 64 * 1024;
constexpr int cannot_execute = 127;

// Everything that the child needs between fork and exec, made beforehand: nothing there may
// allocate.
struct Launch {
  std::vector<char*> argv;
  std::array<char*, 5> environment{};
  SystemUser user;
  bool drop_privileges = false;
  int input = -1;
  int output = -1;
  bool new_session = false;
};

Launch prepare(const std::vector<std::string>& arguments, const SystemUser& user) {
  static char path[] = "PATH=/usr/bin:/bin";
  static char locale[] = "LC_ALL=C";
  static char home[] = "HOME=/";
  static char zone[] = "TZ=UTC";
  Launch launch;
  for (const auto& argument : arguments) launch.argv.push_back(const_cast<char*>(argument.c_str()));
  launch.argv.push_back(nullptr);
  launch.environment = {path, locale, home, zone, nullptr};
  launch.user = user;
  launch.drop_privileges = !user.is_this_process();
  return launch;
}

void reset_signals() {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD})
    ::signal(number, SIG_DFL);
}

[[noreturn]] void become_program(const Launch& launch) {
  reset_signals();
  if (launch.new_session) ::setsid();
  const bool redirected = ::dup2(launch.input, STDIN_FILENO) >= 0 &&
                          ::dup2(launch.output, STDOUT_FILENO) >= 0 &&
                          ::dup2(launch.output, STDERR_FILENO) >= 0;
  ::syscall(SYS_close_range, 3U, ~0U, 0U);
  ::umask(077);
  if (!redirected || ::chdir("/") != 0) ::_exit(cannot_execute);
  if (launch.drop_privileges &&
      (::setgroups(1, &launch.user.gid) != 0 || ::setgid(launch.user.gid) != 0 ||
       ::setuid(launch.user.uid) != 0)) {
    ::_exit(cannot_execute);
  }
  ::execve(launch.argv[0], launch.argv.data(), launch.environment.data());
  ::_exit(cannot_execute);
}

pid_t fork_program(const Launch& launch) {
  const pid_t child = ::fork();
  if (child < 0)
    throw CommandError("cannot start " + std::string(launch.argv[0]) + ": " + std::strerror(errno));
  if (child == 0) become_program(launch);
  return child;
}

struct Pipe {
  FileDescriptor read_end;
  FileDescriptor write_end;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw CommandError(std::string("cannot make a pipe: ") + std::strerror(errno));
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

// False when the deadline passed before the program closed its output.
bool collect_output(int from, std::chrono::steady_clock::time_point deadline, std::string& output) {
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd readable{from, POLLIN, 0};
    const int ready = ::poll(&readable, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    const ssize_t bytes = ::read(from, buffer.data(), buffer.size());
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) return true;
    output.append(buffer.data(), static_cast<std::size_t>(bytes));
    if (output.size() > max_output_bytes) output.erase(0, output.size() - max_output_bytes);
  }
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

ProgramResult run_program(const ProgramCall& call, const SystemUser& user) {
  Pipe input = make_pipe();
  Pipe output = make_pipe();
  Launch launch = prepare(call.arguments, user);
  launch.input = input.read_end.get();
  launch.output = output.write_end.get();
  const pid_t child = fork_program(launch);
  output.write_end.close();
  // A pipe holds 64 KiB, so this neither blocks nor needs a thread; as long as we hold the read end
  // too, a program that ended at once costs us no SIGPIPE.
  const ssize_t written = ::write(input.write_end.get(), call.input.data(), call.input.size());
  input.read_end.close();
  input.write_end.close();

  ProgramResult result;
  result.timed_out = !collect_output(
      output.read_end.get(), std::chrono::steady_clock::now() + call.timeout, result.output);
  if (result.timed_out) ::kill(child, SIGKILL);
  result.exit_code = wait_for(child);
  if (result.exit_code == 0 && written != static_cast<ssize_t>(call.input.size()))
    result.exit_code = -1;
  return result;
}

pid_t start_daemon(const std::vector<std::string>& arguments, const SystemUser& user,
                   const std::filesystem::path& log_file) {
  const FileDescriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const FileDescriptor log(
      ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!nothing || !log)
    throw CommandError("cannot write " + log_file.string() + ": " + std::strerror(errno));
  Launch launch = prepare(arguments, user);
  launch.input = nothing.get();
  launch.output = log.get();
  launch.new_session = true;  // a Ctrl-C meant for us must not stop it before we have drained
  return fork_program(launch);
}

}  // namespace mosaic::cli
