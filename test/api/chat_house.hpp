// The whole chat gateway over real sockets: our server with its chat routes, an agent per person, rows in memory.
//
// People are called by their bearer token: "Bearer ada" is ada. Time is the machine's; nothing here waits for it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "api/gateway/chat_gateway.hpp"
#include "api/gateway/ticker.hpp"
#include "api/problem.hpp"
#include "api/worker_pool.hpp"
#include "telemetry/metrics.hpp"
#include "test/api/fake_agent.hpp"
#include "test/api/gateway_doubles.hpp"
#include "test/api/raw_client.hpp"
#include "test/api/running_server.hpp"
#include "test/fakes/fake_settings_store.hpp"

namespace mosaic::test {

// "nobody" and whoever brings no token are turned away, and everybody once all is revoked.
class NamesGatekeeper final : public Gatekeeper {
 public:
  std::variant<Caller, Response> admit(const Request& request, const AccessRule& rule) override {
    const auto header = request.field("authorization").value_or("");
    if (store_away) throw StoreError("away");
    if (!header.starts_with("Bearer ") || header == "Bearer nobody" || revoked)
      return problem(401, problem_type::sign_in_required, "The token is not known.",
                     "Make another.");
    if (rule.scope != Scope::chat) return not_found_response();
    Caller caller;
    caller.via = Via::token;
    caller.account.id = header.substr(7);
    return caller;
  }
  std::optional<std::variant<Caller, Response>> admit_remembered(const Request& request,
                                                                 const AccessRule& rule) override {
    if (!remembers) return std::nullopt;
    return admit(request, rule);
  }

  std::atomic<bool> remembers = true;
  std::atomic<bool> revoked = false;
  std::atomic<bool> store_away = false;
};

inline const std::string gateway_token = "token-of-the-agent-0123456789abcdef0123456789abcdef";

class ChatHouse {
 public:
  explicit ChatHouse(ChatSettings settings = {}, ServerLimits limits = quick_limits(),
                     StandingRightLimits right_limits = {})
      : workers(2, 100'000), rights(gatekeeper, clock, executor(), Logger::silent(), right_limits) {
    term = *store.acquire_lease("controller", std::chrono::minutes(600), "");
    Router router = echo_router();
    add_chat_routes(router, ChatParts{rights, desk, turns, people, box, metrics.chat()}, settings);
    server.emplace(std::move(router), limits);
    ticker.start();
  }
  ~ChatHouse() {
    server->server().stop();
    ticker.stop();
    desk.close();
    workers.stop();
  }

  ResourceKey key_of(const std::string& who) const {
    return ResourceKey(ResourceKind::user_container, "agent-" + who);
  }

  // That person's agent, in that phase, as the controller would have it.
  void put_agent(const std::string& who, Phase phase, const std::string& endpoint = "") {
    give_provider(store, who);
    AgentRow row;
    row.key = key_of(who);
    row.owner = who;
    row.container_name = "mosaic-user-" + who;
    row.gateway_token = box.encrypt(gateway_token);
    store.put_agent(row);
    set_status(who, phase, endpoint);
  }

  void set_status(const std::string& who, Phase phase, const std::string& endpoint = "",
                  const std::function<void(AgentStatus&)>& edit = {}) {
    AgentStatus status = store.find_agent(key_of(who))->status;
    status.phase = phase;
    status.endpoint = endpoint;
    status.container_id = "container-" + std::to_string(++processes_);
    status.started_at =
        phase == Phase::running ? std::optional(clock.now() + Duration(processes_)) : std::nullopt;
    if (edit) edit(status);
    EXPECT_TRUE(store.write_status(key_of(who), status, term));
    desk.on_status_moved(key_of(who));
  }

  std::uint16_t port() const { return server->port(); }

  static std::string request(const std::string& body, const std::string& who = "ada",
                             const std::string& more_fields = "") {
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: mosaic\r\nAuthorization: Bearer " + who +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n" + more_fields + "\r\n" + body;
  }

  SystemClock clock;
  FakeStore store{clock};
  FakeAccountStore accounts{clock};
  FakeSettingsStore people{store, accounts};
  SecretBox box{"this-is-a-test-secret-key-with-32+chars"};
  Metrics metrics;
  NamesGatekeeper gatekeeper;
  Term term = 0;
  WorkerPool workers;
  StandingRights rights;
  ActivityLedger ledger{clock, store, "api"};
  ChatTurns turns{accounts, box, clock, executor()};
  AgentDesk desk{DeskDependencies{clock, people, box, ledger, executor()}};
  Ticker ticker{std::chrono::milliseconds(20), [this] {
                  ledger.tick();
                  desk.tick();
                  turns.tick();
                  rights.tick();
                }};
  std::optional<RunningServer> server;

 private:
  BlockingExecutor executor() {
    return [this](std::function<void()> work) { return workers.try_submit(std::move(work)); };
  }

  int processes_ = 0;
};

}  // namespace mosaic::test
