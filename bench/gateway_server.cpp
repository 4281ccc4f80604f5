// gateway_server --agent=ADDRESS:PORT --io-threads=N: our server with the chat routes, the real gatekeeper and the real
// desk, rows in memory: what stands between a client and an agent, without the database, which the hot path never asks.
//
// Prints its port and an API token. Ends when its standard input does.
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "api/auth/api_token.hpp"
#include "api/auth/gatekeeper.hpp"
#include "api/gateway/chat_gateway.hpp"
#include "api/gateway/gateway_parts.hpp"
#include "api/server.hpp"
#include "bench/words.hpp"
#include "secrets/token.hpp"
#include "telemetry/metrics.hpp"
#include "test/api/gateway_doubles.hpp"
#include "test/auth/tiny_stores.hpp"
#include "test/fakes/fake_account_store.hpp"
#include "test/fakes/fake_settings_store.hpp"

namespace mosaic::bench {
namespace {

const std::string person = "ada";

void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void put_running_agent(FakeStore& store, const SecretBox& box, const std::string& endpoint,
                       const Clock& clock) {
  AgentRow row;
  row.key = ResourceKey(ResourceKind::user_container, "agent-" + person);
  row.owner = person;
  row.container_name = "mosaic-user-" + person;
  row.gateway_token = box.encrypt(generate_token());
  store.put_agent(row);
  AgentStatus status;
  status.phase = Phase::running;
  status.endpoint = endpoint;
  status.container_id = "container-1";
  status.started_at = clock.now();
  const auto term = *store.acquire_lease("bench", std::chrono::hours(10), "");
  store.write_status(row.key, status, term);
}

std::string put_token(test::TinyAccounts& accounts) {
  Account account;
  account.id = person;
  account.name = person;
  accounts.put(account);
  const auto text = new_api_token();
  ApiTokenRow token;
  token.id = text.id;
  token.account_id = person;
  token.scopes.add(Scope::chat);
  token.secret_hash = sha256_hex(text.secret);
  accounts.tokens[token.id] = token;
  return to_string(text);
}

int run(const Words& words) {
  raise_descriptor_limit();
  SystemClock clock;
  FakeStore store(clock);
  FakeAccountStore breakglass(clock);
  FakeSettingsStore people(store, breakglass);
  give_provider(store, person);
  test::TinyAccounts accounts;
  const SecretBox box("this-is-a-bench-secret-key-with-32+chars");
  put_running_agent(store, box, words.text("agent"), clock);
  const auto token = put_token(accounts);
  const PublicOrigin origin("", true);
  StoreGatekeeper gatekeeper(accounts, people, clock, origin);
  GatewayParts parts(GatewayPartsNeeds{clock, store, people, accounts, box, {}});
  StandingRights rights(gatekeeper, clock, parts.executor(), Logger::silent());
  Metrics metrics;
  auto router = std::make_shared<Router>();
  add_chat_routes(*router,
                  ChatParts{rights, parts.desk(), parts.turns(), people, box, metrics.chat()});
  ServerLimits limits;
  limits.io_threads = static_cast<std::size_t>(words.number("io-threads", 1));
  limits.connections_per_address = limits.connections;
  limits.drain_timeout = std::chrono::milliseconds(100);
  Listener listener;
  listener.router = router;
  LogOptions options;
  options.level = LogLevel::warning;  // as nginx without an access log
  HttpServer server(limits, {listener}, Logger::to_stderr(options));
  parts.start();
  server.start();
  std::cout << server.ports().front() << ' ' << token << std::endl;
  char byte = 0;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  server.stop();
  parts.stop();
  return 0;
}

}  // namespace
}  // namespace mosaic::bench

int main(int count, char** arguments) {
  try {
    return mosaic::bench::run({count, arguments, {"agent", "io-threads"}});
  } catch (const std::exception& error) {
    std::cerr << "gateway_server: " << error.what() << '\n';
    return 1;
  }
}
