// mosaic-move: takes folders from one machine to another through one TCP connection, and says by its exit code whether
// what arrived is what was sent.
//
//   mosaic-move receive PORT FOLDER...
//   mosaic-move send [--resolver ADDRESS:PORT] HOST:PORT FOLDER...
//   mosaic-move empty FOLDER...
//
// receive listens (0: on a free port, which is told on standard output), takes what the first caller sends who knows the
// word in MOSAIC_MOVE_WORD, into folders that it empties before; reads all of it again from the disk and tells the sender
// only then. Both exit 0 when both hold the same: names, contents, owners, modes, times, links, extended attributes
// (tree_stream.hpp). Else, with one line on standard error: 2 the arguments make no sense; 3 no way to the other end, or
// it ended; 4 what is on the disk is not what was sent; 5 the disk is full; 6 a file could not be read or written.
//
// Static, one thread, and needs no configuration of the container that it runs in.
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <chrono>

#include "names.hpp"
#include "tree_stream.hpp"

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view greeting = "mosaic-move 1\n";
constexpr char all_is_well = 'K';
// However long the other end's node takes to begin.
constexpr auto peer_limit = std::chrono::minutes(3);
constexpr auto try_again = std::chrono::milliseconds(300);
constexpr int greeting_limit_s = 10;
constexpr int silence_limit_s = 60;

void set_option(int descriptor, int level, int option, int value) {
  ::setsockopt(descriptor, level, option, &value, sizeof value);
}

// A peer that has gone without a word is noticed; one that is busy with its disk is not cut off.
void notice_a_lost_peer(int descriptor) {
  set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, silence_limit_s / 4);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, silence_limit_s / 8);
  set_option(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, silence_limit_s * 1000);
}

bool send_all(int descriptor, const void* data, std::size_t size) {
  const auto* bytes = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t count = ::send(descriptor, bytes, size, MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

bool receive_all(int descriptor, void* data, std::size_t size) {
  auto* bytes = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t count = ::recv(descriptor, bytes, size, 0);
    if (count == 0) errno = ECONNRESET;
    if (count <= 0) return false;
    bytes += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

class SocketSink final : public Sink {
 public:
  explicit SocketSink(int descriptor) : descriptor_(descriptor) {}
  void flush() {
    if (!send_all(descriptor_, buffer_.data(), held_)) give_up(exit_peer, "send");
    held_ = 0;
  }

 private:
  void write(const void* data, std::size_t size) override {
    const auto* bytes = static_cast<const char*>(data);
    while (size > 0) {
      if (held_ == buffer_.size()) flush();
      const std::size_t taken = std::min(size, buffer_.size() - held_);
      std::memcpy(buffer_.data() + held_, bytes, taken);
      held_ += taken;
      bytes += taken;
      size -= taken;
    }
  }

  const int descriptor_;
  std::array<char, 256 * 1024> buffer_;
  std::size_t held_ = 0;
};

class SocketSource final : public Source {
 public:
  explicit SocketSource(int descriptor) : descriptor_(descriptor) {}

 private:
  void read(void* data, std::size_t size) override {
    auto* bytes = static_cast<char*>(data);
    while (size > 0) {
      if (at_ == held_) fill();
      const std::size_t taken = std::min(size, held_ - at_);
      std::memcpy(bytes, buffer_.data() + at_, taken);
      at_ += taken;
      bytes += taken;
      size -= taken;
    }
  }
  void fill() {
    const ssize_t count = ::recv(descriptor_, buffer_.data(), buffer_.size(), 0);
    if (count == 0) errno = ECONNRESET;
    if (count <= 0) give_up(exit_peer, "receive");
    at_ = 0;
    held_ = static_cast<std::size_t>(count);
  }

  const int descriptor_;
  std::array<char, 256 * 1024> buffer_;
  std::size_t at_ = 0;
  std::size_t held_ = 0;
};

// --- who talks to whom ---

std::string word() {
  const char* text = std::getenv("MOSAIC_MOVE_WORD");
  return text == nullptr ? std::string() : std::string(text);
}

bool is_the_sender(int descriptor) {
  const timeval limit{greeting_limit_s, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const std::string expected = std::string(greeting) + word();
  std::string heard(expected.size(), '\0');
  if (!receive_all(descriptor, heard.data(), heard.size())) return false;
  unsigned char difference = 0;
  for (std::size_t index = 0; index < heard.size(); ++index)
    difference = static_cast<unsigned char>(difference | (heard[index] ^ expected[index]));
  const timeval none{0, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none);
  return difference == 0;
}

int await_sender(std::uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  set_option(listener, SOL_SOCKET, SO_REUSEADDR, 1);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, 4) != 0)
    give_up(exit_peer, "listen");
  socklen_t size = sizeof address;
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  std::printf("listening on %d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  const auto limit = Clock::now() + peer_limit;
  while (Clock::now() < limit) {
    pollfd polled{listener, POLLIN, 0};
    if (::poll(&polled, 1, 1000) <= 0) continue;
    const int caller = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (caller < 0) continue;
    if (is_the_sender(caller)) {
      ::close(listener);
      return caller;
    }
    ::close(caller);
  }
  errno = ETIMEDOUT;
  give_up(exit_peer, "wait for the sender");
}

std::optional<in_addr> ask(const std::string& host, const sockaddr_in& resolver) {
  in_addr address{};
  if (::inet_pton(AF_INET, host.c_str(), &address) == 1) return address;
  const int asking = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const timeval limit{1, 0};
  ::setsockopt(asking, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  std::uint16_t id = 0;
  std::optional<in_addr> found;
  if (::connect(asking, reinterpret_cast<const sockaddr*>(&resolver), sizeof resolver) == 0 &&
      ::getrandom(&id, sizeof id, 0) == sizeof id) {
    const std::string question = dns_question(host, id);
    std::string answer(2048, '\0');
    ::send(asking, question.data(), question.size(), 0);
    const ssize_t length = ::recv(asking, answer.data(), answer.size(), 0);
    answer.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
    found = dns_address(answer, id);
  }
  ::close(asking);
  return found;
}

int reach(const std::string& host, std::uint16_t port, const sockaddr_in& resolver) {
  const auto limit = Clock::now() + peer_limit;
  const std::string hello = std::string(greeting) + word();
  const timespec pause{0, std::chrono::nanoseconds(try_again).count()};
  for (; Clock::now() < limit; ::nanosleep(&pause, nullptr)) {
    const std::optional<in_addr> address = ask(host, resolver);
    if (!address) continue;
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    set_option(socket, IPPROTO_TCP, TCP_SYNCNT, 3);
    sockaddr_in destination{};
    destination.sin_family = AF_INET;
    destination.sin_port = htons(port);
    destination.sin_addr = *address;
    if (::connect(socket, reinterpret_cast<sockaddr*>(&destination), sizeof destination) == 0 &&
        send_all(socket, hello.data(), hello.size()))
      return socket;
    ::close(socket);
  }
  errno = ETIMEDOUT;
  give_up(exit_peer, "reach " + host);
}

// --- what is done ---

int send(const std::string& host, std::uint16_t port, const sockaddr_in& resolver,
         const std::vector<std::string>& folders) {
  const int socket = reach(host, port, resolver);
  notice_a_lost_peer(socket);
  SocketSink sink(socket);
  TreeReader reader(sink);
  for (const std::string& folder : folders) reader.tree(folder);
  reader.end();
  sink.flush();
  const Sha256::Digest digest = sink.hash.digest();
  char answer = 0;
  if (!send_all(socket, digest.data(), digest.size()) || !receive_all(socket, &answer, 1))
    give_up(exit_peer, "hear how it went");
  return answer == all_is_well ? 0 : exit_differs;
}

Sha256::Digest digest_of(const std::vector<std::string>& folders) {
  Sink nowhere;
  TreeReader reader(nowhere);
  for (const std::string& folder : folders) reader.tree(folder);
  reader.end();
  return nowhere.hash.digest();
}

int receive(std::uint16_t port, const std::vector<std::string>& folders) {
  const int socket = await_sender(port);
  notice_a_lost_peer(socket);
  SocketSource source(socket);
  TreeWriter(source).trees(folders);
  const Sha256::Digest received = source.hash.digest();
  Sha256::Digest sent{};
  source.get(sent.data(), sent.size());
  errno = EBADMSG;
  if (received != sent) give_up(exit_differs, "compare what came with what was sent");
  if (digest_of(folders) != sent) give_up(exit_differs, "compare what is on the disk");
  if (!send_all(socket, &all_is_well, 1)) give_up(exit_peer, "say that all is well");
  return 0;
}

int empty(const std::vector<std::string>& folders) {
  for (const std::string& path : folders) {
    const int folder = need(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), path);
    empty_folder(folder);
    need(::syncfs(folder), path);
    ::close(folder);
  }
  return 0;
}

int usage() {
  std::fprintf(stderr,
               "usage: mosaic-move receive PORT FOLDER...\n"
               "       mosaic-move send [--resolver ADDRESS:PORT] HOST:PORT FOLDER...\n"
               "       mosaic-move empty FOLDER...\n");
  return exit_usage;
}

std::string take_first(std::vector<std::string>& words) {
  if (words.empty()) return {};
  std::string first = words.front();
  words.erase(words.begin());
  return first;
}

int send_by(std::vector<std::string> words) {
  std::optional<sockaddr_in> resolver = resolver_of(engines_resolver);
  if (!words.empty() && words.front() == "--resolver") {
    take_first(words);
    resolver = resolver_of(take_first(words));
  }
  const std::string target = take_first(words);
  const std::size_t colon = target.rfind(':');
  if (!resolver || words.empty() || colon == std::string::npos) return usage();
  const std::string host = target.substr(0, colon);
  const auto port = port_of(target.substr(colon + 1));
  if (!port || *port == 0 || dns_question(host, 0).empty()) return usage();
  return send(host, *port, *resolver, words);
}

}  // namespace

int main(int count, char** arguments) {
  std::vector<std::string> words(arguments + 1, arguments + count);
  const std::string verb = take_first(words);
  ::signal(SIGPIPE, SIG_IGN);
  if (verb == "send") return send_by(std::move(words));
  if (verb == "receive") {
    const auto port = port_of(take_first(words));
    return !port || words.empty() ? usage() : receive(*port, words);
  }
  if (verb == "empty" && !words.empty()) return empty(words);
  return usage();
}
