#include "test/cli/mosaic_run.hpp"

#include <arpa/inet.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

#include "cli/file_descriptor.hpp"
#include "test/checkout.hpp"

namespace mosaic::cli {
namespace {

using namespace std::chrono_literals;

// Looks every 10 ms whether it is so, at most for a minute.
template <typename Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (std::chrono::steady_clock::now() < deadline) {
    if (condition()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return condition();
}

std::optional<int> exit_code(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

SystemUser this_user() { return {::geteuid(), ::getegid(), "this user"}; }

SystemUser nobody() {
  const passwd* entry = ::getpwnam("nobody");
  if (entry == nullptr || ::geteuid() != 0)
    throw std::runtime_error("this test needs root: run ./dev test");
  return {entry->pw_uid, entry->pw_gid, entry->pw_name};
}

std::vector<std::string> mosaic_command(const std::vector<std::string>& arguments,
                                        const Environment& environment) {
  std::vector<std::string> command{"/usr/bin/env"};
  for (const auto& [name, value] : environment) command.push_back(name + "=" + value);
  command.push_back(mosaic::test::build_folder() + "/cli/mosaic");
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

ProgramResult run_mosaic(const std::vector<std::string>& arguments, const Environment& environment,
                         const SystemUser& user) {
  ProgramCall call;
  call.arguments = mosaic_command(arguments, environment);
  return run_program(call, user);
}

int free_port() {
  const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (::bind(socket.get(), generic, size) != 0 ||
      ::getsockname(socket.get(), generic, &size) != 0) {
    throw std::runtime_error("no free port");
  }
  return ntohs(address.sin_port);
}

std::vector<std::string> up_without_engine(const std::filesystem::path& data_dir, int port) {
  return {"up",
          "--data-dir",
          data_dir.string(),
          "--listen",
          "127.0.0.1:" + std::to_string(port),
          "--agent-listen",
          "127.0.0.1:" + std::to_string(free_port()),
          "--engine",
          "unix://" + (data_dir.parent_path() / "no-engine.sock").string(),
          "--firewall",
          "off"};
}

BackgroundProgram::BackgroundProgram(const std::vector<std::string>& command,
                                     std::filesystem::path log_file)
    : log_file_(std::move(log_file)), process_(start_daemon(command, this_user(), log_file_)) {}

BackgroundProgram::~BackgroundProgram() {
  if (process_ == 0) return;
  ::kill(process_, SIGTERM);
  if (wait_for_end()) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

std::string BackgroundProgram::output() const {
  std::ifstream file(log_file_);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool BackgroundProgram::wait_for_output(const std::string& text) {
  const auto has_text = [&] { return output().find(text) != std::string::npos; };
  eventually([&] {
    siginfo_t info{};
    const bool ended =
        ::waitid(P_PID, static_cast<id_t>(process_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid != 0;
    return ended || has_text();
  });
  return has_text();
}

void BackgroundProgram::send(int signal) { ::kill(process_, signal); }

std::optional<int> BackgroundProgram::wait_for_end() {
  int status = 0;
  if (!eventually([&] { return ::waitpid(process_, &status, WNOHANG) == process_; }))
    return std::nullopt;
  process_ = 0;
  return exit_code(status);
}

}  // namespace mosaic::cli
