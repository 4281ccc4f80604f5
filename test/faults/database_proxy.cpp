#include "test/faults/database_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace mosaic::faults {
namespace {

constexpr std::size_t most_held_back = 256 * 1024;
constexpr std::chrono::milliseconds look_around{20};
constexpr int tls_request = 80877103;
constexpr int gss_request = 80877104;

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

std::size_t number_at(const std::string& bytes, std::size_t at) {
  std::size_t number = 0;
  for (std::size_t i = at; i < at + 4; ++i)
    number = number << 8 | static_cast<unsigned char>(bytes[i]);
  return number;
}

// The length of the whole message that `bytes` begin with; 0 while it is not complete.
std::size_t whole_message(const std::string& bytes, std::size_t type_bytes) {
  if (bytes.size() < type_bytes + 4) return 0;
  const std::size_t size = type_bytes + number_at(bytes, type_bytes);
  return bytes.size() >= size ? size : 0;
}

std::string take(std::string& bytes, std::size_t size) {
  std::string message = bytes.substr(0, size);
  bytes.erase(0, size);
  return message;
}

bool send_all(int socket, const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const auto count = ::send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

bool receive(int socket, std::string& into) {
  char buffer[16 * 1024];
  const auto count = ::recv(socket, buffer, sizeof buffer, 0);
  if (count <= 0) return false;
  into.append(buffer, static_cast<std::size_t>(count));
  return true;
}

// What a message of the client runs: "Q" has its text, "B" the prepared statement's name after the portal's.
std::string statement_of(const std::string& message) {
  const char* text = message.c_str() + 5;
  if (message[0] == 'Q') return text;
  return message.c_str() + 5 + std::char_traits<char>::length(text) + 1;
}

int port_of(const std::string& url) {
  const auto colon = url.rfind(':');
  return std::stoi(url.substr(colon + 1));
}

}  // namespace

struct DatabaseProxy::Connection {
  int client = -1;
  int server = -1;
  bool listens = false;
  bool in_call = false;
  DatabaseCall call;
  std::string from_client;
  std::string from_server;
  std::string held_forth;  // of a statement, until it is complete
  std::string held_back;   // of the answer, until it is complete
  std::thread thread;
};

DatabaseProxy::DatabaseProxy(const std::string& server)
    : server_(server), server_port_(port_of(server)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  const bool listens =
      ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      ::listen(listener_, 64) == 0 &&
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (!listens) throw std::runtime_error("the proxy of the database cannot listen");
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread([this] { accept_all(); });
}

DatabaseProxy::~DatabaseProxy() {
  ending_.raise();
  accepting_.join();
  for (auto& connection : connections_) connection->thread.join();
  ::close(listener_);
}

std::string DatabaseProxy::url() const {
  const auto at = server_.find('@');
  return server_.substr(0, at + 1) + "127.0.0.1:" + std::to_string(port_) +
         server_.substr(server_.find('/', at));
}

void DatabaseProxy::before(Judge judge) {
  const std::lock_guard lock(mutex_);
  before_ = std::move(judge);
}

void DatabaseProxy::after(Judge judge) {
  const std::lock_guard lock(mutex_);
  after_ = std::move(judge);
}

void DatabaseProxy::leave_out_rows_with(const std::string& text) {
  const std::lock_guard lock(mutex_);
  left_out_ = text;
}

void DatabaseProxy::pass_everything() {
  before({});
  after({});
  leave_out_rows_with("");
  drop_notifications(false);
  refuse(false);
  freeze(false);
}

void DatabaseProxy::cut_those(const std::function<bool(const Connection&)>& chosen) {
  const std::lock_guard lock(mutex_);
  for (const auto& connection : connections_) {
    if (connection->client >= 0 && chosen(*connection)) ::shutdown(connection->client, SHUT_RDWR);
  }
}

void DatabaseProxy::cut() {
  cut_those([](const Connection&) { return true; });
}

void DatabaseProxy::cut_listeners() {
  cut_those([](const Connection& connection) { return connection.listens; });
}

void DatabaseProxy::refuse(bool refuse) {
  refusing_ = refuse;
  if (refuse) cut();
}

void DatabaseProxy::freeze(bool freeze) { frozen_ = freeze; }

void DatabaseProxy::move_to(int port) {
  server_port_ = port;
  cut();
}

void DatabaseProxy::accept_all() {
  for (;;) {
    const WaitLimit limit = WaitLimit::in(std::chrono::hours(1), &ending_);
    if (wait_for_socket(listener_, POLLIN, limit) != WaitOutcome::ready) return;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    if (refusing_) {
      ::close(client);
      continue;
    }
    auto connection = std::make_unique<Connection>();
    connection->client = client;
    Connection& served = *connection;
    const std::lock_guard lock(mutex_);
    connections_.push_back(std::move(connection));
    served.thread = std::thread([this, &served] { serve(served); });
  }
}

void DatabaseProxy::serve(Connection& connection) {
  bool goes_on = greet(connection);
  while (goes_on && !ending_.raised()) {
    if (frozen_) {
      ending_.wait_for(look_around);
      continue;
    }
    pollfd sockets[] = {{connection.client, POLLIN, 0}, {connection.server, POLLIN, 0}};
    if (::poll(sockets, 2, static_cast<int>(look_around.count())) <= 0) continue;
    if (frozen_) continue;
    if (sockets[0].revents != 0) goes_on = take_from_client(connection);
    if (goes_on && sockets[1].revents != 0) goes_on = take_from_server(connection);
  }
  const std::lock_guard lock(mutex_);
  ::close(std::exchange(connection.client, -1));
  if (connection.server >= 0) ::close(std::exchange(connection.server, -1));
}

// Until the first message that is not a wish for encryption; that one goes on.
bool DatabaseProxy::greet(Connection& connection) {
  for (;;) {
    std::size_t size = 0;
    while ((size = whole_message(connection.from_client, 0)) == 0) {
      const WaitLimit limit = WaitLimit::in(std::chrono::seconds(30), &ending_);
      if (wait_for_socket(connection.client, POLLIN, limit) != WaitOutcome::ready ||
          !receive(connection.client, connection.from_client))
        return false;
    }
    const std::string message = take(connection.from_client, size);
    const int code = size >= 8 ? static_cast<int>(number_at(message, 4)) : 0;
    if (code == tls_request || code == gss_request) {
      if (!send_all(connection.client, "N")) return false;
      continue;
    }
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    {
      const std::lock_guard lock(mutex_);
      connection.server = server;
    }
    const sockaddr_in address = loopback(server_port_);
    return ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
           send_all(server, message);
  }
}

bool DatabaseProxy::take_from_client(Connection& connection) {
  if (!receive(connection.client, connection.from_client)) return false;
  while (const std::size_t size = whole_message(connection.from_client, 1)) {
    const std::string message = take(connection.from_client, size);
    const char type = message[0];
    if (type == 'Q' || type == 'B') connection.call.statement = statement_of(message);
    if (type == 'Q' && connection.call.is("LISTEN")) {
      const std::lock_guard lock(mutex_);
      connection.listens = true;
    }
    if (type == 'Q' || type == 'S') {
      connection.call.number = ++calls_;
      connection.in_call = true;
      if (!judge_call(connection, &DatabaseProxy::before_)) return false;
    }
    connection.held_forth += message;
    // The parts of one statement wait for its end: the server would begin with the first of them.
    if (std::string("PBDEC").find(type) != std::string::npos) continue;
    if (!send_all(connection.server, std::exchange(connection.held_forth, {}))) return false;
  }
  return true;
}

bool DatabaseProxy::take_from_server(Connection& connection) {
  if (!receive(connection.server, connection.from_server)) return false;
  while (const std::size_t size = whole_message(connection.from_server, 1)) {
    const std::string message = take(connection.from_server, size);
    const char type = message[0];
    if (is_left_out(type, message)) continue;
    if (type == 'C') connection.call.outcome = message.c_str() + 5;
    connection.held_back += message;
    if (type == 'Z' && std::exchange(connection.in_call, false)) {
      if (!judge_call(connection, &DatabaseProxy::after_)) return false;
      // The next one may be a preparation, which names and changes nothing.
      connection.call = {};
    }
  }
  const bool waits = connection.in_call && connection.held_back.size() < most_held_back;
  return waits || send_all(connection.client, std::exchange(connection.held_back, {}));
}

bool DatabaseProxy::judge_call(Connection& connection, const Judge DatabaseProxy::*judge) {
  Judge asked;
  {
    const std::lock_guard lock(mutex_);
    asked = this->*judge;
  }
  return !asked || asked(connection.call) == Fate::pass;
}

bool DatabaseProxy::is_left_out(char type, const std::string& message) {
  if (type == 'A' && dropping_notifications_) {
    ++notifications_dropped_;
    return true;
  }
  if (type != 'D' && type != 'd') return false;
  const std::lock_guard lock(mutex_);
  return !left_out_.empty() && message.find(left_out_) != std::string::npos;
}

}  // namespace mosaic::faults
