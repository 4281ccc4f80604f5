// gateway_client --do=latency --agent-port=N --port=N --token=T --rate=N --seconds=N --figures=FILE
//   asks at a fixed rate, in turn straight to the agent and through the gateway, and tells what the gateway adds.
// gateway_client --do=streams --port=N --token=T --pid=N --count=N --figures=FILE
//   opens that many streams, one connection each, and tells what each holds of the gateway's memory while it is open.
//
// One thread and blocking sockets: at these rates a request has been answered long before the next is due.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "bench/figure.hpp"
#include "bench/words.hpp"

namespace mosaic::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

class Client {
 public:
  explicit Client(int port) : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int yes = 1;
    setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("cannot connect to port " + std::to_string(port));
  }
  ~Client() { close(descriptor_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(const std::string& text) const {
    if (::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(text.size()))
      throw std::runtime_error("a request was not taken");
  }

  std::string receive_until(const std::string& end) const {
    std::string text;
    while (text.find(end) == std::string::npos) {
      std::array<char, 16 * 1024> piece;
      const auto received = recv(descriptor_, piece.data(), piece.size(), 0);
      if (received <= 0) throw std::runtime_error("the answer ended too early: " + text);
      text.append(piece.data(), static_cast<std::size_t>(received));
    }
    if (!text.starts_with("HTTP/1.1 200")) throw std::runtime_error("refused: " + text);
    return text;
  }

 private:
  int descriptor_;
};

std::string request(const std::string& token, bool stream) {
  const std::string body =
      stream ? R"({"model":"openclaw","stream":true,"messages":[]})"
             : R"({"model":"openclaw","messages":[{"role":"user","content":"hi"}]})";
  return "POST /v1/chat/completions HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer " + token +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

constexpr auto end_of_document = "\"total_tokens\":1}}";

// Microseconds from sending to the last byte.
double ask(const Client& client, const std::string& text) {
  const auto began = SteadyClock::now();
  client.send(text);
  client.receive_until(end_of_document);
  return std::chrono::duration<double, std::micro>(SteadyClock::now() - began).count();
}

// Both in turn, so that whatever else the machine does falls on both alike.
void measure_latency(const Words& words) {
  const Client straight(words.number("agent-port", 0));
  const Client through(words.number("port", 0));
  const auto text = request(words.text("token"), false);
  for (int i = 0; i < 100; ++i) ask(straight, text), ask(through, text);
  const auto gap = std::chrono::microseconds(1'000'000 / words.number("rate", 1'000));
  const auto end = SteadyClock::now() + std::chrono::seconds(words.number("seconds", 10));
  std::vector<double> straight_us;
  std::vector<double> through_us;
  for (auto due = SteadyClock::now(); due < end; due += gap) {
    std::this_thread::sleep_until(due);
    straight_us.push_back(ask(straight, text));
    through_us.push_back(ask(through, text));
  }
  for (const double share : {0.5, 0.99}) {
    Figure figure;
    figure.name = share < 0.9 ? "added to a small answer, p50" : "added to a small answer, p99";
    figure.unit = "ms";
    figure.ours = percentile(through_us, share) / 1'000;
    figure.reference = percentile(straight_us, share) / 1'000;
    figure.comparison = Comparison::difference;
    figure.result = *figure.ours - *figure.reference;
    if (share > 0.9) figure.target = 1.0;
    figure.note = std::to_string(through_us.size()) + " requests at " +
                  words.text_or("rate", "1000") + "/s, through the gateway and straight in turn";
    append_figure(words.text("figures"), figure);
  }
}

double resident_kb(const std::string& process) {
  std::ifstream status("/proc/" + process + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6));
  }
  throw std::runtime_error("no process " + process);
}

void measure_streams(const Words& words) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  const auto wanted = words.number("count", 10'000);
  const auto text = request(words.text("token"), true);
  const int port = words.number("port", 0);
  const auto open = [&] {
    auto client = std::make_unique<Client>(port);
    client->send(text);
    client->receive_until("delta");
    return client;
  };
  // What the first few need once is not what each of many holds.
  std::vector<std::unique_ptr<Client>> warm_up;
  for (int i = 0; i < 50; ++i) warm_up.push_back(open());
  const double before = resident_kb(words.text("pid"));
  std::vector<std::unique_ptr<Client>> clients;
  while (static_cast<int>(clients.size()) < wanted) clients.push_back(open());
  const double each = (resident_kb(words.text("pid")) - before) / wanted;
  append_figure(
      words.text("figures"),
      value_figure("memory of an open stream", "KB", each, 25.0,
                   std::to_string(wanted) + " streams open at once, each with its agent's "
                                            "connection"));
}

}  // namespace
}  // namespace mosaic::bench

int main(int count, char** arguments) {
  try {
    const mosaic::bench::Words words(
        count, arguments,
        {"do", "agent-port", "port", "token", "rate", "seconds", "figures", "pid", "count"});
    words.text("do") == "streams" ? mosaic::bench::measure_streams(words)
                                  : mosaic::bench::measure_latency(words);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "gateway_client: " << error.what() << '\n';
    return 1;
  }
}
