#include "bench/bare_container.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <iostream>
#include <stdexcept>
#include <thread>

namespace mosaic::bench {
namespace {

using nlohmann::json;
using Steady = std::chrono::steady_clock;

constexpr std::uint16_t gateway_port = 18789;
constexpr std::chrono::seconds longest_call{60};
constexpr std::chrono::seconds longest_boot{120};
constexpr int probe_timeout_ms = 2000;
constexpr const char* version = "/v1.41";

bool wait_for(int socket, short events) {
  pollfd waiting{socket, events, 0};
  return ::poll(&waiting, 1, probe_timeout_ms) == 1 && (waiting.revents & events) != 0;
}

// One GET /readyz on a connection of its own; the status, or zero for anything else than an answer.
int probe_once(const sockaddr_in& address) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return 0;
  int status = 0;
  constexpr std::string_view request =
      "GET /readyz HTTP/1.1\r\nHost: agent\r\nConnection: close\r\n\r\n";
  char answer[64] = {};
  const bool sent =
      ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::send(socket, request.data(), request.size(), MSG_NOSIGNAL) > 0;
  if (sent && wait_for(socket, POLLIN) && ::recv(socket, answer, sizeof answer - 1, 0) >= 12) {
    status = std::atoi(answer + sizeof "HTTP/1.1");
  }
  ::close(socket);
  return status;
}

void probe_until_ready(const std::string& ip, std::chrono::microseconds period) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(gateway_port);
  if (::inet_pton(AF_INET, ip.c_str(), &address.sin_addr) != 1)
    throw std::runtime_error("no address: '" + ip + "'");
  const auto deadline = Steady::now() + longest_boot;
  while (probe_once(address) != 200) {
    if (Steady::now() > deadline)
      throw std::runtime_error("the bare container did not become ready");
    std::this_thread::sleep_for(period);
  }
}

// The API of another network's gateway is the same process, at another address.
json with_gateway(json environment, const std::string& gateway) {
  constexpr std::string_view name = "MOSAIC_API_URL=http://";
  for (auto& entry : environment) {
    const auto text = entry.get<std::string>();
    if (text.starts_with(name)) entry = std::string(name) + gateway + text.substr(text.rfind(':'));
  }
  return environment;
}

}  // namespace

BareEngine::BareEngine(const std::string& socket) : client_(HttpEndpoint{socket, {}, 0, {}}) {}

json BareEngine::call(const std::string& method, const std::string& target, const json& body) {
  HttpRequest request;
  request.method = method;
  request.target = version + target;
  if (!body.is_null()) request.body = body.dump();
  const HttpAnswer answer = client_.call(request, WaitLimit::in(longest_call));
  if (answer.status >= 300 && answer.status != 304) {
    throw std::runtime_error(method + " " + target + ": " + std::to_string(answer.status) + " " +
                             answer.body);
  }
  return answer.body.empty() ? json() : json::parse(answer.body);
}

BareContainer::BareContainer(BareEngine& engine, const std::string& agent,
                             const std::string& subnet, const std::string& gateway)
    : engine_(engine), name_("bare-" + agent) {
  const json model = engine_.call("GET", "/containers/" + agent + "/json");
  create_network(model.at("HostConfig").at("NetworkMode"), subnet, gateway);
  body_ = json::object();
  for (const char* kept : {"Image", "Hostname", "User", "Entrypoint", "Cmd", "StopSignal",
                           "StopTimeout", "Healthcheck"}) {
    if (model.at("Config").contains(kept)) body_[kept] = model.at("Config").at(kept);
  }
  body_["Env"] = with_gateway(model.at("Config").at("Env"), gateway);
  body_["HostConfig"] = model.at("HostConfig");
  body_["HostConfig"]["NetworkMode"] = network_;
  body_["NetworkingConfig"] = {{"EndpointsConfig", {{network_, json::object()}}}};
}

BareContainer::~BareContainer() {
  try {
    end();
    engine_.call("DELETE", "/networks/" + network_);
  } catch (const std::exception& error) {
    std::cerr << "left behind by the bare container " << name_ << ": " << error.what() << '\n';
  }
}

void BareContainer::create_network(const std::string& agent_network, const std::string& subnet,
                                   const std::string& gateway) {
  const json model = engine_.call("GET", "/networks/" + agent_network);
  json options = model.at("Options");
  // The same prefix, so that the same firewall rules stand around it.
  auto& bridge = options.at("com.docker.network.bridge.name").get_ref<std::string&>();
  bridge.replace(
      bridge.size() - 4, 4,
      "b" + gateway.substr(gateway.size() - 3, 1) + gateway.substr(gateway.size() - 1) + "e");
  network_ = "network-of-" + name_;
  engine_.call("POST", "/networks/create",
               json{{"Name", network_},
                    {"CheckDuplicate", true},
                    {"Driver", model.at("Driver")},
                    {"EnableIPv6", false},
                    {"IPAM",
                     {{"Driver", "default"},
                      {"Config", json::array({{{"Subnet", subnet}, {"Gateway", gateway}}})}}},
                    {"Options", options}});
}

BareWake BareContainer::wake(std::chrono::microseconds probe_period) {
  BareWake wake;
  const auto begun = Steady::now();
  const json created = engine_.call("POST", "/containers/create?name=" + name_, body_);
  const auto id = created.at("Id").get<std::string>();
  const auto created_at = Steady::now();
  engine_.call("POST", "/containers/" + id + "/start");
  const auto started_at = Steady::now();
  const json seen = engine_.call("GET", "/containers/" + id + "/json");
  probe_until_ready(seen.at("NetworkSettings").at("Networks").at(network_).at("IPAddress"),
                    probe_period);
  wake.create = created_at - begun;
  wake.start = started_at - created_at;
  wake.probe = Steady::now() - started_at;
  return wake;
}

void BareContainer::end() {
  try {
    engine_.call("POST", "/containers/" + name_ + "/stop?t=10");
  } catch (const std::runtime_error&) {
    return;  // there is none
  }
  engine_.call("DELETE", "/containers/" + name_);
}

}  // namespace mosaic::bench
