#include "api/people_api.hpp"

#include <utility>

#include "api/access.hpp"
#include "api/auth/authentication.hpp"
#include "api/auth/set_up_token.hpp"
#include "api/contract.hpp"
#include "api/gateway/chat_gateway.hpp"
#include "api/gateway/chat_history.hpp"
#include "api/gateway/gateway_parts.hpp"
#include "api/http_issuer_probe.hpp"
#include "api/http_provider_probe.hpp"
#include "api/idempotency.hpp"
#include "api/management_routes.hpp"
#include "api/standing_rights.hpp"
#include "api/worker_pool.hpp"
#include "http/outbound_client.hpp"

namespace mosaic {
namespace {

// For looks at the rights of those whose streams and chats go on: their own, so that a lost connection to the database,
// after which everybody's is looked at, keeps nobody else waiting.
constexpr std::size_t look_threads = 2;
constexpr std::size_t queued_looks = 4'096;
constexpr Duration rights_tick = std::chrono::seconds(1);

// Whoever waits for one agent, and whoever watches them all.
class BothListeners final : public StatusListener {
 public:
  BothListeners(StatusListener& first, StatusListener& second) : first_(first), second_(second) {}

  void on_status_moved(const ResourceKey& key) override {
    first_.on_status_moved(key);
    second_.on_status_moved(key);
  }
  void on_statuses_missed() override {
    first_.on_statuses_missed();
    second_.on_statuses_missed();
  }

 private:
  StatusListener& first_;
  StatusListener& second_;
};

// What goes on, and looked again before the account was forgotten would be told what is remembered.
class ForgetThenRecheck final : public AccountListener {
 public:
  ForgetThenRecheck(AccountListener& remembered, AccountListener& rights)
      : remembered_(remembered), rights_(rights) {}

  void on_account_changed(const std::string& account_id) override {
    remembered_.on_account_changed(account_id);
    rights_.on_account_changed(account_id);
  }
  void on_accounts_missed() override {
    remembered_.on_accounts_missed();
    rights_.on_accounts_missed();
  }

 private:
  AccountListener& remembered_;
  AccountListener& rights_;
};

void add_contract_route(Router& router) {
  router.add(
      "GET", "/api/openapi.yaml",
      [](const Request&) {
        return Response(200, "application/yaml", std::string(contract_yaml()));
      },
      RunsOn::io_thread);
}

}  // namespace
class PeopleApi::Parts {
 public:
  explicit Parts(PeopleDependencies given)
      : given_(std::move(given)),
        authentication_(
            given_.auth,
            AuthDependencies{given_.accounts, given_.settings, given_.clock, given_.secrets,
                             outbound_, given_.outbound, given_.count_sign_in, given_.log}),
        idempotency_(given_.accounts, given_.secrets, given_.clock),
        provider_probe_(outbound_, given_.outbound, given_.log),
        issuer_probe_(outbound_, given_.outbound, given_.log),
        management_(management_dependencies()),
        gateway_(GatewayPartsNeeds{given_.clock, given_.desired, given_.settings, given_.accounts,
                                   given_.secrets,
                                   [log = given_.log](const std::string& line) {
                                     log.warning("agents in use", {{Field::state, line}});
                                   }}),
        history_(given_.settings, given_.secrets) {}

  void add_routes(Router& router) {
    GuardedRoutes routes(router, authentication_.gatekeeper(), &idempotency_);
    authentication_.add_routes(routes);
    management_.add_routes(routes);
    history_.add_routes(routes);
    add_contract_route(router);
    add_chat_routes(router, ChatParts{rights_, gateway_.desk(), gateway_.turns(), given_.settings,
                                      given_.secrets, given_.chat_metrics});
  }

  void start() {
    gateway_.start();
    management_.start();
    rights_ticker_.start();
  }
  void stop() {
    rights_ticker_.stop();
    look_work_.stop();
    management_.stop();
    gateway_.stop();
  }

  AccountListener& account_listener() { return accounts_; }
  StatusListener& status_listener() { return statuses_; }

 private:
  ManagementDependencies management_dependencies() {
    return {given_.agents,
            given_.desired,
            given_.events,
            given_.settings,
            given_.questions,
            given_.accounts,
            accounts_,
            rights_,
            given_.secrets,
            given_.passwords,
            given_.clock,
            provider_probe_,
            issuer_probe_,
            [&settings = given_.settings](const Request& request) {
              const auto token = request.field(set_up_token_field);
              return token && check_set_up_token(settings, *token) == SetUpProof::right;
            },
            given_.fixed,
            given_.log};
  }

  const PeopleDependencies given_;
  GuardedOutboundClient outbound_;
  Authentication authentication_;
  StandingRights rights_{
      authentication_.gatekeeper(), given_.clock,
      [this](std::function<void()> look) { return look_work_.try_submit(std::move(look)); },
      given_.log};
  WorkerPool look_work_{look_threads, queued_looks};
  Ticker rights_ticker_{rights_tick, [this] { rights_.tick(); }};
  ForgetThenRecheck accounts_{authentication_.remembered(), rights_};
  Idempotency idempotency_;
  HttpProviderProbe provider_probe_;
  HttpIssuerProbe issuer_probe_;
  ManagementRoutes management_;
  GatewayParts gateway_;
  ChatHistory history_;
  BothListeners statuses_{gateway_.status_listener(), management_.status_listener()};
};

PeopleApi::PeopleApi(PeopleDependencies dependencies)
    : parts_(std::make_unique<Parts>(std::move(dependencies))) {}

PeopleApi::~PeopleApi() = default;

void PeopleApi::add_routes(Router& router) { parts_->add_routes(router); }

void PeopleApi::start() { parts_->start(); }

void PeopleApi::stop() { parts_->stop(); }

AccountListener& PeopleApi::account_listener() { return parts_->account_listener(); }

StatusListener& PeopleApi::status_listener() { return parts_->status_listener(); }

}  // namespace mosaic
