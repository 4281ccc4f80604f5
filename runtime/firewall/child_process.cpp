#include "runtime/firewall/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace mosaic {

namespace {

using SteadyClock = std::chrono::steady_clock;

[[noreturn]] void throw_error(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    reset();
    value_ = std::exchange(other.value_, -1);
    return *this;
  }
  int get() const { return value_; }
  bool is_open() const { return value_ >= 0; }
  void reset() {
    if (value_ >= 0) ::close(value_);
    value_ = -1;
  }

 private:
  int value_ = -1;
};

struct Pipe {
  Descriptor reader;
  Descriptor writer;

  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_error(errno, "pipe");
    reader = Descriptor(ends[0]);
    writer = Descriptor(ends[1]);
  }
};

void set_non_blocking(const Descriptor& descriptor) {
  if (::fcntl(descriptor.get(), F_SETFL, O_NONBLOCK) != 0) throw_error(errno, "fcntl");
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const auto& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// The program's path, searched as a shell would, in the child's own PATH; nothing when it is not there.
std::optional<std::string> find_program(const ChildCommand& command) {
  const auto& name = command.arguments.at(0);
  if (name.find('/') != std::string::npos) return name;
  for (const auto& variable : command.environment) {
    if (!variable.starts_with("PATH=")) continue;
    auto rest = std::string_view(variable).substr(5);
    while (!rest.empty()) {
      const auto folder = rest.substr(0, rest.find(':'));
      rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
      const auto path = std::string(folder) + "/" + name;
      if (::access(path.c_str(), X_OK) == 0) return path;
    }
  }
  return std::nullopt;
}

pid_t spawn(const std::string& program, const ChildCommand& command, const Pipe& input,
            const Pipe& output, const Pipe& errors) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, input.reader.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.writer.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors.writer.get(), STDERR_FILENO);
  // Our own masks and handlers are no business of the child; a group of its own keeps a terminal's ^C from it.
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  const auto arguments = pointers_to(command.arguments);
  const auto environment = pointers_to(command.environment);
  pid_t process = -1;
  const int error = posix_spawn(&process, program.c_str(), &actions, &attributes, arguments.data(),
                                environment.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw_error(error, "cannot run " + command.arguments.at(0));
  return process;
}

// Reads what is there; closes at the end.
void drain(Descriptor& from, std::string& into, std::size_t limit, bool& truncated) {
  std::array<char, 65536> buffer;
  while (true) {
    const auto count = ::read(from.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return from.reset();
    const auto kept = std::min(static_cast<std::size_t>(count), limit - into.size());
    into.append(buffer.data(), kept);
    if (kept < static_cast<std::size_t>(count)) truncated = true;
  }
}

// Writes what fits; closes at the end, or when the child does not want it.
void feed(Descriptor& to, const std::string& text, std::size_t& written) {
  while (written < text.size()) {
    const auto count = ::write(to.get(), text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) break;
    written += static_cast<std::size_t>(count);
  }
  to.reset();
}

// SIGPIPE would end this whole process when a child does not read its input.
class IgnoredPipeSignal {
 public:
  IgnoredPipeSignal() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &previous_);
  }
  ~IgnoredPipeSignal() {
    const timespec now{};
    while (sigtimedwait(&pipe_, nullptr, &now) > 0) {
    }
    pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
  }
  IgnoredPipeSignal(const IgnoredPipeSignal&) = delete;
  IgnoredPipeSignal& operator=(const IgnoredPipeSignal&) = delete;

 private:
  sigset_t pipe_;
  sigset_t previous_;
};

int wait_for(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0) {
    if (errno != EINTR) throw_error(errno, "waitpid");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// One round of waiting for the pipes and the end of the process; false once both are over or time is up.
class Conversation {
 public:
  Conversation(const ChildCommand& command, pid_t process, Descriptor input, Descriptor output,
               Descriptor errors)
      : command_(command),
        ended_(static_cast<int>(::syscall(SYS_pidfd_open, process, 0))),
        input_(std::move(input)),
        output_(std::move(output)),
        errors_(std::move(errors)),
        deadline_(SteadyClock::now() + command.limit) {}

  // Returns false when the deadline passed before the process ended.
  bool run(ChildResult& result) {
    if (!ended_.is_open()) return false;
    while (true) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - SteadyClock::now())
              .count();
      if (left <= 0) return false;
      std::array<pollfd, 4> polled = {
          pollfd{ended_.get(), POLLIN, 0}, pollfd{input_.get(), POLLOUT, 0},
          pollfd{output_.get(), POLLIN, 0}, pollfd{errors_.get(), POLLIN, 0}};
      if (::poll(polled.data(), polled.size(), static_cast<int>(left) + 1) < 0 && errno != EINTR)
        return false;
      if (polled[1].revents != 0) feed(input_, command_.input, written_);
      if (polled[2].revents != 0)
        drain(output_, result.output, command_.output_limit, result.truncated);
      if (polled[3].revents != 0)
        drain(errors_, result.errors, command_.output_limit, result.truncated);
      if (polled[0].revents == 0) continue;
      // What it wrote last is in the pipes; a grandchild that holds them open is not waited for.
      if (output_.is_open()) drain(output_, result.output, command_.output_limit, result.truncated);
      if (errors_.is_open()) drain(errors_, result.errors, command_.output_limit, result.truncated);
      return true;
    }
  }

 private:
  const ChildCommand& command_;
  Descriptor ended_;
  Descriptor input_;
  Descriptor output_;
  Descriptor errors_;
  const SteadyClock::time_point deadline_;
  std::size_t written_ = 0;
};

}  // namespace

ChildResult run_child(const ChildCommand& command) {
  ChildResult result;
  const auto program = find_program(command);
  if (!program) {
    result.exit_code = 127;
    result.errors = command.arguments.at(0) + ": not found";
    return result;
  }
  const IgnoredPipeSignal ignored;
  Pipe input;
  Pipe output;
  Pipe errors;
  const auto process = spawn(*program, command, input, output, errors);
  input.reader.reset();
  output.writer.reset();
  errors.writer.reset();
  set_non_blocking(input.writer);
  set_non_blocking(output.reader);
  set_non_blocking(errors.reader);
  Conversation conversation(command, process, std::move(input.writer), std::move(output.reader),
                            std::move(errors.reader));
  if (!conversation.run(result)) {
    result.timed_out = true;
    ::kill(-process, SIGKILL);
  }
  result.exit_code = wait_for(process);
  return result;
}

}  // namespace mosaic
