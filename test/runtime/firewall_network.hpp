// A small network of the test's own: a network namespace for the host, one for every agent and peer, bridges and
// wires between them. Nothing of it touches the machine's network; it is gone with the test's process.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

namespace mosaic {

// Runs a program in the current network namespace; throws with its complaint when it fails. Returns its output.
std::string run_tool(const std::vector<std::string>& arguments);

// A network namespace kept alive by a sleeping process.
class NetworkSpace {
 public:
  NetworkSpace();
  ~NetworkSpace();
  NetworkSpace(const NetworkSpace&) = delete;
  NetworkSpace& operator=(const NetworkSpace&) = delete;

  pid_t process() const { return process_; }
  std::string run(const std::vector<std::string>& arguments) const;

 private:
  pid_t process_ = -1;
};

// Moves the calling thread into `space` for a scope; nullptr: stays where it is.
class InsideSpace {
 public:
  explicit InsideSpace(const NetworkSpace* space);
  ~InsideSpace();
  InsideSpace(const InsideSpace&) = delete;
  InsideSpace& operator=(const InsideSpace&) = delete;

 private:
  int back_ = -1;
};

// A socket that answers in `space` (nullptr: the host). TCP connections are answered by the kernel.
class TestListener {
 public:
  TestListener(const NetworkSpace* space, int type, int port, const std::string& address = "::");
  ~TestListener();
  TestListener(const TestListener&) = delete;
  TestListener& operator=(const TestListener&) = delete;

  // UDP: whether a datagram arrives within a moment.
  bool receives() const;

 private:
  int socket_ = -1;
};

// Whether anything answers a TCP connection from `space`; a refusal is an answer, too. answers() waits for seconds,
// since a new wire takes its time; silent() only for a moment: it is asked of ways that are known to work.
bool answers(const NetworkSpace* space, const std::string& address, int port,
             const std::string& interface = "");
bool silent(const NetworkSpace* space, const std::string& address, int port,
            const std::string& interface = "");
void send_datagram(const NetworkSpace* space, const std::string& address, int port);

class HostNetwork {
 public:
  // Puts the calling process into a new network namespace that plays the host (root, or an own user namespace).
  HostNetwork();

  // A peer behind `bridge`, which is made with `host_address`/`bits`; its default route goes to the host.
  std::unique_ptr<NetworkSpace> attach(const std::string& bridge, const std::string& host_address,
                                       const std::string& peer_address, int bits);

 private:
  int next_wire_ = 0;
};

}  // namespace mosaic
