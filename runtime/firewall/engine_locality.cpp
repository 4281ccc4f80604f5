#include "runtime/firewall/engine_locality.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <system_error>

namespace mosaic {

namespace {

constexpr std::string_view unix_scheme = "unix://";

EngineLocality elsewhere(std::string reason) {
  return {EngineLocality::Place::elsewhere, std::move(reason)};
}

EngineLocality unknown(const std::string& path, int error) {
  return {EngineLocality::Place::unknown, "the engine's socket " + path + " does not answer: " +
                                              std::generic_category().message(error)};
}

bool same_namespace(pid_t process, const char* kind) {
  struct stat theirs {};
  struct stat ours {};
  const auto folder = "/proc/" + std::to_string(process) + "/ns/";
  if (::stat((folder + kind).c_str(), &theirs) != 0) return false;
  if (::stat((std::string("/proc/self/ns/") + kind).c_str(), &ours) != 0) return false;
  return theirs.st_ino == ours.st_ino && theirs.st_dev == ours.st_dev;
}

// The process that listens on the socket, as our process namespace sees it; 0 when it cannot be seen from here.
std::optional<pid_t> listening_process(const std::string& path, int& error) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) {
    error = errno;
    return std::nullopt;
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  ucred credentials{};
  socklen_t size = sizeof credentials;
  std::optional<pid_t> process;
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0) {
    process = credentials.pid;
  } else {
    error = errno;
  }
  ::close(socket);
  return process;
}

}  // namespace

EngineLocality locate_engine(const std::string& engine_url) {
  if (!engine_url.starts_with(unix_scheme))
    return elsewhere("the engine at " + engine_url + " is not on this machine");
  const auto path = engine_url.substr(unix_scheme.size());
  int error = 0;
  const auto process = listening_process(path, error);
  if (!process) return unknown(path, error);
  if (*process == 0) {
    return elsewhere(
        "the engine's processes cannot be seen from here: run Mosaic Fleet on the engine's host, "
        "not in a "
        "container of its own");
  }
  if (!same_namespace(*process, "net")) {
    return elsewhere(
        "the engine has another network namespace than Mosaic Fleet, or only root can tell: run it "
        "as root "
        "on the engine's host");
  }
  return {EngineLocality::Place::here, {}};
}

}  // namespace mosaic
