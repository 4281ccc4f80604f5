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
#include "http/outbound_client.hpp"

namespace mosaic {
namespace {

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

// A stream that looked again before the account was forgotten would be told what is remembered.
class ForgetThenRecheck final : public AccountListener {
 public:
  ForgetThenRecheck(AccountListener& remembered, AccountListener& streams)
      : remembered_(remembered), streams_(streams) {}

  void on_account_changed(const std::string& account_id) override {
    remembered_.on_account_changed(account_id);
    streams_.on_account_changed(account_id);
  }
  void on_accounts_missed() override {
    remembered_.on_accounts_missed();
    streams_.on_accounts_missed();
  }

 private:
  AccountListener& remembered_;
  AccountListener& streams_;
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
        gateway_(GatewayPartsNeeds{given_.clock, given_.agents, given_.desired, given_.settings,
                                   given_.accounts, given_.secrets,
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
    add_chat_routes(router,
                    ChatParts{authentication_.gatekeeper(), gateway_.desk(), gateway_.turns(),
                              given_.settings, given_.secrets, given_.chat_metrics});
  }

  void start() {
    gateway_.start();
    management_.start();
  }
  void stop() {
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
            given_.accounts,
            authentication_.remembered(),
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
  Idempotency idempotency_;
  HttpProviderProbe provider_probe_;
  HttpIssuerProbe issuer_probe_;
  ManagementRoutes management_;
  GatewayParts gateway_;
  ChatHistory history_;
  BothListeners statuses_{gateway_.status_listener(), management_.status_listener()};
  ForgetThenRecheck accounts_{authentication_.remembered(), management_.account_listener()};
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
