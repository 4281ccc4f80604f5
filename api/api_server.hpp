// The API as the composition root sees it: which addresses are listened on, what each serves, and
// what the handlers need.
//
// start() and stop() once each, from any thread; the dependencies outlive the server.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/handlers/health_handler.hpp"
#include "api/people_api.hpp"
#include "api/provider_proxy/provider_proxy.hpp"
#include "api/server.hpp"
#include "api/web_pages.hpp"
#include "secrets/secret_box.hpp"
#include "store/store.hpp"
#include "telemetry/log.hpp"

namespace mosaic {

struct ApiListener {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;                  // 0: any free one
  bool serves_operators = true;            // /livez, /readyz, /metrics
  bool serves_agents = true;               // /api/internal
  bool serves_people = false;              // /api, /v1 and the pages; only with dependencies.people
  std::vector<std::string> allowed_peers;  // CIDR ranges; empty: everybody who can reach it
  TrustedProxies trusted_proxies;
};

struct ApiSettings {
  std::vector<ApiListener> listeners{ApiListener{}};
  ServerLimits limits;
};

struct ApiDependencies {
  AgentReader& agents;
  SettingsStore& settings;
  const SecretBox& secrets;
  std::vector<HealthCheck> readiness;
  std::function<std::string()> metrics_text;  // may be empty: then there is no /metrics
  Logger log;
  PeopleApi* people = nullptr;          // none: nobody but operators and agents is served
  const WebPages* web_pages = nullptr;  // none: people are served no pages; outlives the server
  // None: agents ask their providers by themselves. Outlives the server, which then has one I/O thread.
  const ProviderProxy* provider_proxy = nullptr;
};

class ApiServer {
 public:
  // Throws std::invalid_argument with one line when a range of allowed peers is malformed.
  ApiServer(const ApiSettings& settings, ApiDependencies dependencies);
  ~ApiServer();
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  // Throws std::runtime_error with one line that says what to do when an address cannot be listened
  // on.
  void start();

  // The ports in force, in the listeners' order. Valid after start().
  std::vector<std::uint16_t> ports() const;

  // What the listener at that place serves, made once more for another server, which this one outlives.
  std::shared_ptr<const Router> make_router(std::size_t listener) const;

  // Stops accepting, lets requests in flight finish within the drain timeout, closes everything.
  void stop();

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace mosaic
