#include "test/runtime/firewall_network.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "runtime/firewall/child_process.hpp"

namespace mosaic {

namespace {

constexpr int moment_ms = 300;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void write_text(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path);
}

// IPv4 addresses as mapped ones, so that one kind of socket does for both.
sockaddr_in6 socket_address(const std::string& address, int port,
                            const std::string& interface = "") {
  sockaddr_in6 result{};
  result.sin6_family = AF_INET6;
  result.sin6_port = htons(static_cast<std::uint16_t>(port));
  const auto text = address.find(':') == std::string::npos ? "::ffff:" + address : address;
  if (inet_pton(AF_INET6, text.c_str(), &result.sin6_addr) != 1)
    throw std::runtime_error("bad address " + address);
  if (!interface.empty()) result.sin6_scope_id = if_nametoindex(interface.c_str());
  return result;
}

}  // namespace

std::string run_tool(const std::vector<std::string>& arguments) {
  ChildCommand command;
  command.arguments = arguments;
  const auto result = run_child(command);
  if (!result.succeeded()) {
    std::string line;
    for (const auto& argument : arguments) line += argument + " ";
    throw std::runtime_error(line + "failed: " + result.errors);
  }
  return result.output;
}

NetworkSpace::NetworkSpace() {
  std::array<int, 2> ready{};
  if (::pipe2(ready.data(), O_CLOEXEC) != 0) fail("pipe");
  process_ = ::fork();
  if (process_ < 0) fail("fork");
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const char result = ::unshare(CLONE_NEWNET) == 0 ? 'y' : 'n';
    static_cast<void>(!::write(ready[1], &result, 1));
    while (true) ::pause();
  }
  ::close(ready[1]);
  char result = 'n';
  const bool made = ::read(ready[0], &result, 1) == 1 && result == 'y';
  ::close(ready[0]);
  if (!made) throw std::runtime_error("no network namespace can be made");
  run({"ip", "link", "set", "lo", "up"});
}

NetworkSpace::~NetworkSpace() {
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

std::string NetworkSpace::run(const std::vector<std::string>& arguments) const {
  const InsideSpace inside(this);
  return run_tool(arguments);
}

InsideSpace::InsideSpace(const NetworkSpace* space) {
  if (space == nullptr) return;
  back_ = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  const auto path = "/proc/" + std::to_string(space->process()) + "/ns/net";
  const int there = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool entered = back_ >= 0 && there >= 0 && ::setns(there, CLONE_NEWNET) == 0;
  const int error = errno;
  if (there >= 0) ::close(there);
  if (!entered) throw std::system_error(error, std::generic_category(), "setns");
}

InsideSpace::~InsideSpace() {
  if (back_ < 0) return;
  // Going on in the wrong namespace would make every later answer a lie.
  if (::setns(back_, CLONE_NEWNET) != 0) std::abort();
  ::close(back_);
}

TestListener::TestListener(const NetworkSpace* space, int type, int port,
                           const std::string& address) {
  const InsideSpace inside(space);
  socket_ = ::socket(AF_INET6, type | SOCK_CLOEXEC, 0);
  const int off = 0;
  ::setsockopt(socket_, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  const auto local = socket_address(address, port);
  if (::bind(socket_, reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0)
    fail("bind " + address);
  if (type == SOCK_STREAM && ::listen(socket_, 64) != 0) fail("listen");
}

TestListener::~TestListener() { ::close(socket_); }

bool TestListener::receives() const {
  pollfd polled{socket_, POLLIN, 0};
  if (::poll(&polled, 1, moment_ms) != 1) return false;
  std::array<char, 64> buffer;
  return ::recv(socket_, buffer.data(), buffer.size(), 0) > 0;
}

namespace {

bool answers_within(int limit_ms, const NetworkSpace* space, const std::string& address, int port,
                    const std::string& interface) {
  const InsideSpace inside(space);
  const int socket = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const auto target = socket_address(address, port, interface);
  int error =
      ::connect(socket, reinterpret_cast<const sockaddr*>(&target), sizeof target) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    pollfd polled{socket, POLLOUT, 0};
    socklen_t size = sizeof error;
    if (::poll(&polled, 1, limit_ms) == 0) {
      error = ETIMEDOUT;
    } else {
      ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
    }
  }
  ::close(socket);
  if (error == 0 || error == ECONNREFUSED) return true;
  if (error == ETIMEDOUT) return false;
  throw std::system_error(error, std::generic_category(),
                          "the test's own network has no way to " + address);
}

}  // namespace

bool answers(const NetworkSpace* space, const std::string& address, int port,
             const std::string& interface) {
  return answers_within(10'000, space, address, port, interface);
}

bool silent(const NetworkSpace* space, const std::string& address, int port,
            const std::string& interface) {
  return !answers_within(moment_ms, space, address, port, interface);
}

void send_datagram(const NetworkSpace* space, const std::string& address, int port) {
  const InsideSpace inside(space);
  const int socket = ::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const auto target = socket_address(address, port);
  const auto sent =
      ::sendto(socket, "?", 1, 0, reinterpret_cast<const sockaddr*>(&target), sizeof target);
  ::close(socket);
  if (sent != 1) fail("sendto " + address);
}

HostNetwork::HostNetwork() {
  const auto user = ::geteuid();
  const auto group = ::getegid();
  if (::unshare(CLONE_NEWNET | (user == 0 ? 0 : CLONE_NEWUSER)) != 0) {
    fail("this test needs root, or user namespaces allowed to everybody: unshare");
  }
  if (user != 0) {
    write_text("/proc/self/setgroups", "deny");
    write_text("/proc/self/uid_map", "0 " + std::to_string(user) + " 1");
    write_text("/proc/self/gid_map", "0 " + std::to_string(group) + " 1");
  }
  run_tool({"ip", "link", "set", "lo", "up"});
  write_text("/proc/sys/net/ipv4/ip_forward", "1");
}

std::unique_ptr<NetworkSpace> HostNetwork::attach(const std::string& bridge,
                                                  const std::string& host_address,
                                                  const std::string& peer_address, int bits) {
  auto space = std::make_unique<NetworkSpace>();
  const auto wire = "wire" + std::to_string(next_wire_++);
  const auto suffix = "/" + std::to_string(bits);
  run_tool({"ip", "link", "add", bridge, "type", "bridge"});
  run_tool({"ip", "address", "add", host_address + suffix, "dev", bridge});
  run_tool({"ip", "-6", "address", "add", "fe80::1/64", "dev", bridge, "nodad"});
  run_tool({"ip", "link", "add", wire, "type", "veth", "peer", "name", "eth0", "netns",
            std::to_string(space->process())});
  run_tool({"ip", "link", "set", wire, "master", bridge, "up"});
  run_tool({"ip", "link", "set", bridge, "up"});
  space->run({"ip", "address", "add", peer_address + suffix, "dev", "eth0"});
  space->run({"ip", "-6", "address", "add", "fe80::2/64", "dev", "eth0", "nodad"});
  space->run({"ip", "link", "set", "eth0", "up"});
  space->run({"ip", "route", "add", "default", "via", host_address});
  return space;
}

}  // namespace mosaic
