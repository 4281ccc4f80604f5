// mosaic-link: forwards TCP connections between the networks that it is attached to, which is how an agent on an overlay
// network of its own is reached, and reaches the API, without sharing a network with anybody.
//
//   mosaic-link [--resolver ADDRESS:PORT] PORT=HOST:PORT...
//
// Each PORT is listened on (0: a free one, which is told on standard output); every connection to it is joined with one to HOST:PORT. HOST is an IPv4 address or a name,
// which is asked for anew at each connection (an agent's address changes with every start), by default at the engine's
// own resolver 127.0.0.11:53. Bytes pass unread; each direction has a buffer of 64 KiB and then makes its sender wait; the
// end of one direction is passed on alone. TERM ends it at once. Exit 2: the arguments make no sense; 1: cannot listen.
//
// One thread, one epoll set. Static, and needs no configuration of the container that it runs in.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "names.hpp"

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t buffer_bytes = 64 * 1024;
constexpr std::size_t most_connections = 256;
constexpr auto connect_limit = std::chrono::seconds(5);
constexpr auto ask_again = std::chrono::seconds(1);
constexpr int look_ms = 250;
constexpr int keepalive_s = 60;

struct Route {
  std::uint16_t port = 0;
  std::string host;
  std::uint16_t host_port = 0;
};

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  void reset(int number) {
    close();
    number_ = number;
  }
  void close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }
  int get() const { return number_; }
  bool open() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

// What one side has sent and the other has not taken yet.
struct Flow {
  std::array<char, buffer_bytes> bytes;
  std::size_t begin = 0;
  std::size_t end = 0;
  bool ended = false;   // the sender has
  bool passed = false;  // and the receiver was told

  bool empty() const { return begin == end; }
  bool full() const { return end == bytes.size(); }
};

// --- one joined connection ---

enum Side : int { client = 0, target = 1, resolver = 2 };

struct Joint;
struct Watch {
  Joint* joint = nullptr;  // null: a listener
  int which = 0;           // a side, or the route of a listener
};

struct Joint {
  const Route* route = nullptr;
  std::array<Descriptor, 3> sockets;
  std::array<std::optional<std::uint32_t>, 3> interest;  // nothing: not in the set yet
  std::array<Flow, 2> flows;                             // flows[side]: from that side
  std::array<Watch, 3> watches;
  std::uint16_t question_id = 0;
  Clock::time_point give_up_at;
  Clock::time_point ask_at;
  bool connected = false;
  bool dead = false;
};

class Forwarder {
 public:
  Forwarder(std::vector<Route> routes, sockaddr_in resolver_address)
      : routes_(std::move(routes)),
        resolver_(resolver_address),
        set_(::epoll_create1(EPOLL_CLOEXEC)) {}

  bool listen();
  [[noreturn]] void run();

 private:
  void accept(int route);
  void begin(Joint& joint);
  void ask(Joint& joint);
  void hear(Joint& joint);
  void connect(Joint& joint, in_addr address);
  void connected(Joint& joint);
  void pass(Joint& joint, int from);
  void take(Joint& joint, int from);
  void give(Joint& joint, int from);
  void watch(Joint& joint, int which, std::uint32_t events);
  void watch_flows(Joint& joint);
  void on_event(const Watch& watch, std::uint32_t events);
  void watch_listeners(bool on);
  void look_at_waiting(Clock::time_point now);
  void bury();

  const std::vector<Route> routes_;
  const sockaddr_in resolver_;
  const Descriptor set_;
  std::vector<std::unique_ptr<Descriptor>> listeners_;
  std::vector<std::unique_ptr<Watch>> listener_watches_;
  std::list<Joint> joints_;
  bool accepting_ = true;
};

void set_option(int descriptor, int level, int option, int value) {
  ::setsockopt(descriptor, level, option, &value, sizeof value);
}

bool Forwarder::listen() {
  for (std::size_t index = 0; index < routes_.size(); ++index) {
    auto listener = std::make_unique<Descriptor>(
        ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(routes_[index].port);
    set_option(listener->get(), SOL_SOCKET, SO_REUSEADDR, 1);
    if (::bind(listener->get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener->get(), static_cast<int>(most_connections)) != 0)
      return false;
    listener_watches_.push_back(std::make_unique<Watch>(Watch{nullptr, static_cast<int>(index)}));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = listener_watches_.back().get();
    ::epoll_ctl(set_.get(), EPOLL_CTL_ADD, listener->get(), &event);
    socklen_t size = sizeof address;
    ::getsockname(listener->get(), reinterpret_cast<sockaddr*>(&address), &size);
    std::printf("listening on %d for %s\n", ntohs(address.sin_port), routes_[index].host.c_str());
    listeners_.push_back(std::move(listener));
  }
  std::fflush(stdout);
  return true;
}

// Whoever is too many waits in the kernel's queue until somebody has left.
void Forwarder::watch_listeners(bool on) {
  if (accepting_ == on) return;
  accepting_ = on;
  for (std::size_t index = 0; index < listeners_.size(); ++index) {
    epoll_event event{};
    event.events = on ? EPOLLIN : 0U;
    event.data.ptr = listener_watches_[index].get();
    ::epoll_ctl(set_.get(), EPOLL_CTL_MOD, listeners_[index]->get(), &event);
  }
}

void Forwarder::run() {
  std::array<epoll_event, 64> events;
  for (;;) {
    const int count =
        ::epoll_wait(set_.get(), events.data(), static_cast<int>(events.size()), look_ms);
    for (int index = 0; index < count; ++index)
      on_event(*static_cast<Watch*>(events[static_cast<std::size_t>(index)].data.ptr),
               events[static_cast<std::size_t>(index)].events);
    look_at_waiting(Clock::now());
    bury();
    watch_listeners(joints_.size() < most_connections);
  }
}

void Forwarder::on_event(const Watch& watch, std::uint32_t events) {
  if (watch.joint == nullptr) return accept(watch.which);
  Joint& joint = *watch.joint;
  if (joint.dead) return;
  if (watch.which == resolver) return hear(joint);
  // Of the client nothing is wanted before there is somebody to hand it to.
  if (!joint.connected) return connected(joint);
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) take(joint, watch.which);
  if (!joint.dead) pass(joint, client);
  if (!joint.dead) pass(joint, target);
  if (!joint.dead) watch_flows(joint);
}

void Forwarder::accept(int route) {
  if (joints_.size() >= most_connections) return;
  const int accepted = ::accept4(listeners_[static_cast<std::size_t>(route)]->get(), nullptr,
                                 nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (accepted < 0) return;
  Joint& joint = joints_.emplace_back();
  joint.route = &routes_[static_cast<std::size_t>(route)];
  for (int side = client; side <= resolver; ++side)
    joint.watches[static_cast<std::size_t>(side)] = Watch{&joint, side};
  joint.sockets[client].reset(accepted);
  joint.give_up_at = Clock::now() + connect_limit;
  begin(joint);
}

void Forwarder::begin(Joint& joint) {
  in_addr address{};
  if (::inet_pton(AF_INET, joint.route->host.c_str(), &address) == 1)
    return connect(joint, address);
  joint.sockets[resolver].reset(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const bool made =
      joint.sockets[resolver].open() &&
      ::connect(joint.sockets[resolver].get(), reinterpret_cast<const sockaddr*>(&resolver_),
                sizeof resolver_) == 0 &&
      ::getrandom(&joint.question_id, sizeof joint.question_id, 0) == sizeof joint.question_id;
  if (!made) {
    joint.dead = true;
    return;
  }
  watch(joint, resolver, EPOLLIN);
  ask(joint);
}

// A question that is lost is asked again; so is one about an agent that has no address yet.
void Forwarder::ask(Joint& joint) {
  joint.ask_at = Clock::now() + ask_again;
  const std::string question = dns_question(joint.route->host, joint.question_id);
  if (::send(joint.sockets[resolver].get(), question.data(), question.size(), 0) < 0 &&
      errno != ECONNREFUSED)
    joint.dead = true;
}

void Forwarder::hear(Joint& joint) {
  std::string answer(2048, '\0');
  const ssize_t length = ::recv(joint.sockets[resolver].get(), answer.data(), answer.size(), 0);
  if (length < 0) return;
  answer.resize(static_cast<std::size_t>(length));
  const std::optional<in_addr> address = dns_address(answer, joint.question_id);
  if (!address) return;
  joint.sockets[resolver].close();
  connect(joint, *address);
}

void Forwarder::connect(Joint& joint, in_addr address) {
  joint.sockets[target].reset(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_in destination{};
  destination.sin_family = AF_INET;
  destination.sin_port = htons(joint.route->host_port);
  destination.sin_addr = address;
  const int done = ::connect(joint.sockets[target].get(), reinterpret_cast<sockaddr*>(&destination),
                             sizeof destination);
  if (done != 0 && errno != EINPROGRESS) {
    joint.dead = true;
    return;
  }
  watch(joint, target, EPOLLOUT);
}

void Forwarder::connected(Joint& joint) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(joint.sockets[target].get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    joint.dead = true;
    return;
  }
  joint.connected = true;
  for (const int side : {client, target}) {
    const int descriptor = joint.sockets[static_cast<std::size_t>(side)].get();
    set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    // A peer that has gone without a word is noticed, or it would hold a place for ever.
    set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, keepalive_s);
    set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, keepalive_s / 4);
  }
  watch_flows(joint);
}

void Forwarder::take(Joint& joint, int from) {
  Flow& flow = joint.flows[static_cast<std::size_t>(from)];
  if (flow.ended || flow.full()) return;
  const ssize_t count = ::recv(joint.sockets[static_cast<std::size_t>(from)].get(),
                               flow.bytes.data() + flow.end, flow.bytes.size() - flow.end, 0);
  if (count > 0) {
    flow.end += static_cast<std::size_t>(count);
  } else if (count == 0) {
    flow.ended = true;
  } else if (errno != EAGAIN && errno != EINTR) {
    joint.dead = true;
  }
}

void Forwarder::pass(Joint& joint, int from) {
  give(joint, from);
  Flow& flow = joint.flows[static_cast<std::size_t>(from)];
  if (joint.dead || !flow.empty()) return;
  flow.begin = flow.end = 0;
  if (flow.ended && !flow.passed) {
    flow.passed = true;
    ::shutdown(joint.sockets[static_cast<std::size_t>(1 - from)].get(), SHUT_WR);
  }
  joint.dead = joint.flows[client].passed && joint.flows[target].passed;
}

void Forwarder::give(Joint& joint, int from) {
  Flow& flow = joint.flows[static_cast<std::size_t>(from)];
  if (flow.empty()) return;
  const ssize_t count = ::send(joint.sockets[static_cast<std::size_t>(1 - from)].get(),
                               flow.bytes.data() + flow.begin, flow.end - flow.begin, MSG_NOSIGNAL);
  if (count > 0) {
    flow.begin += static_cast<std::size_t>(count);
  } else if (errno != EAGAIN && errno != EINTR) {
    joint.dead = true;
  }
}

void Forwarder::watch_flows(Joint& joint) {
  for (const int side : {client, target}) {
    const Flow& mine = joint.flows[static_cast<std::size_t>(side)];
    const Flow& others = joint.flows[static_cast<std::size_t>(1 - side)];
    std::uint32_t events = 0;
    if (!mine.ended && !mine.full()) events |= EPOLLIN;
    if (!others.empty()) events |= EPOLLOUT;
    watch(joint, side, events);
  }
}

// A socket that nothing is wanted of is out of the set: in it, one whose peer has gone would be told again and again.
void Forwarder::watch(Joint& joint, int which, std::uint32_t events) {
  const auto index = static_cast<std::size_t>(which);
  std::optional<std::uint32_t>& interest = joint.interest[index];
  if (interest == events || (!interest && events == 0)) return;
  epoll_event event{};
  event.events = events;
  event.data.ptr = &joint.watches[index];
  const int operation = !interest ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
  if (::epoll_ctl(set_.get(), operation, joint.sockets[index].get(), &event) != 0)
    joint.dead = true;
  interest.reset();
  if (events != 0) interest = events;
}

void Forwarder::look_at_waiting(Clock::time_point now) {
  for (Joint& joint : joints_) {
    if (joint.connected || joint.dead) continue;
    if (now >= joint.give_up_at) {
      joint.dead = true;
    } else if (joint.sockets[resolver].open() && now >= joint.ask_at) {
      ask(joint);
    }
  }
}

// After a round of events, because a later one of the same round may name the joint.
void Forwarder::bury() {
  joints_.remove_if([](const Joint& joint) { return joint.dead; });
}

// --- arguments ---

std::optional<Route> route_of(const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::size_t colon = text.rfind(':');
  if (equals == std::string::npos || colon == std::string::npos || colon < equals)
    return std::nullopt;
  const auto port = port_of(text.substr(0, equals));
  const auto host_port = port_of(text.substr(colon + 1));
  Route route;
  route.host = text.substr(equals + 1, colon - equals - 1);
  if (!port || !host_port || *host_port == 0 || route.host.size() > 253 ||
      dns_question(route.host, 0).empty())
    return std::nullopt;
  route.port = *port;
  route.host_port = *host_port;
  return route;
}

int usage() {
  std::fprintf(stderr, "usage: mosaic-link [--resolver ADDRESS:PORT] PORT=HOST:PORT...\n");
  return 2;
}

void end_at_once(int) { ::_exit(0); }

}  // namespace

int main(int count, char** arguments) {
  std::vector<std::string> words(arguments + 1, arguments + count);
  std::optional<sockaddr_in> resolver_address = resolver_of(engines_resolver);
  if (words.size() >= 2 && words.front() == "--resolver") {
    resolver_address = resolver_of(words[1]);
    words.erase(words.begin(), words.begin() + 2);
  }
  std::vector<Route> routes;
  for (const std::string& word : words) {
    const std::optional<Route> route = route_of(word);
    if (!route) return usage();
    routes.push_back(*route);
  }
  if (routes.empty() || !resolver_address) return usage();
  ::signal(SIGTERM, end_at_once);
  ::signal(SIGPIPE, SIG_IGN);
  Forwarder forwarder(std::move(routes), *resolver_address);
  if (!forwarder.listen()) {
    std::perror("mosaic-link: cannot listen");
    return 1;
  }
  forwarder.run();
}
