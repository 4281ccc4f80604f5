// A whole house in memory for the handlers of settings, fleet, people and onboarding: the stores' fakes, and a gatekeeper
// that believes what the header x-caller says.
//
// For one thread.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "api/idempotency.hpp"
#include "api/management_routes.hpp"
#include "api/problem.hpp"
#include "api/standing_rights.hpp"
#include "secrets/token.hpp"
#include "test/fakes/fake_account_store.hpp"
#include "test/fakes/fake_clock.hpp"
#include "test/fakes/fake_question_store.hpp"
#include "test/fakes/fake_settings_store.hpp"
#include "test/fakes/fake_store.hpp"

namespace mosaic::test {

// x-caller: "alice" (a user), "root" (an admin), "setup"; nothing: nobody.
class HouseGatekeeper final : public Gatekeeper {
 public:
  explicit HouseGatekeeper(AccountStore& accounts) : accounts_(accounts) {}

  std::variant<Caller, Response> admit(const Request& request, const AccessRule& rule) override {
    Caller caller;
    const auto name = std::string(request.field("x-caller").value_or(""));
    if (name == "setup") caller.via = Via::set_up;
    if (const auto account = accounts_.find_account(name)) {
      caller.via = Via::session;
      caller.account = *account;
      caller.scopes = Scopes::all();
    }
    if (rule.admission == Admission::anonymous) return caller;
    if (rule.admission == Admission::set_up)
      return caller.via == Via::set_up || caller.is_admin() ? caller : refusal();
    if (caller.account.id.empty()) return refusal();
    if (rule.admission == Admission::admin && !caller.is_admin()) return not_found_response();
    return caller;
  }
  std::optional<std::variant<Caller, Response>> admit_remembered(const Request&,
                                                                 const AccessRule&) override {
    return std::nullopt;
  }

 private:
  static std::variant<Caller, Response> refusal() {
    return problem(401, problem_type::sign_in_required, "Who is there?", "Sign in.");
  }
  AccountStore& accounts_;
};

class HouseMemory final : public AccountListener {
 public:
  std::vector<std::string> changed;

  void on_account_changed(const std::string& id) override { changed.push_back(id); }
  void on_accounts_missed() override {}
};

class HouseProbes final : public ProviderProbe, public IssuerProbe {
 public:
  ProbeTarget target;  // the last one
  ProbeResult result{ProbeOutcome::reachable, {{"m1", "Model 1"}}};
  std::string issuer;
  IssuerOutcome issuer_outcome = IssuerOutcome::reachable;

  ProbeResult probe(const ProbeTarget& asked) override {
    target = asked;
    return result;
  }
  IssuerOutcome probe(const std::string& asked, bool) override {
    issuer = asked;
    return issuer_outcome;
  }
};

struct Answer {
  int status = 0;
  nlohmann::json body;
  Response response;

  std::string tag() const {
    const auto* tag = response.find_field("etag");
    return tag == nullptr ? "" : *tag;
  }
  std::string type() const { return body.value("type", ""); }
};

class ManagementHouse : public testing::Test {
 protected:
  using Json = nlohmann::json;
  using Fields = std::vector<HttpField>;

  ManagementHouse() {
    add_account("root", Role::admin);
    add_account("alice", Role::user);
    add_account("bob", Role::user);
    rebuild({});
  }

  void rebuild(FixedSettings fixed) {
    router = Router();
    management = std::make_unique<ManagementRoutes>(ManagementDependencies{
        rows, rows, rows, settings, questions, accounts, remembered, rights, box, passwords, clock,
        probes, probes, [](const Request& request) { return request.field("x-caller") == "setup"; },
        std::move(fixed), Logger::silent()});
    GuardedRoutes routes(router, gatekeeper, &idempotency);
    management->add_routes(routes);
  }

  void add_account(const std::string& id, Role role) {
    OidcIdentity identity;
    identity.new_id = identity.subject = identity.name = id;
    identity.issuer = "https://id.example";
    identity.claimed_role = role;
    accounts.sign_in_oidc(identity, clock.now());
  }

  ProviderRow provider_row(const std::string& owner, const std::string& id) {
    return settings.find_provider(owner, id).value_or(ProviderRow());
  }

  Answer call(const std::string& who, const std::string& method, const std::string& target,
              const Json& body = {}, const Fields& fields = {}) {
    Request request;
    request.method = method;
    const auto question = target.find('?');
    request.path = target.substr(0, question);
    if (question != std::string::npos) request.query = target.substr(question + 1);
    request.id = "id";
    request.fields = fields;
    if (!who.empty()) request.fields.push_back({"x-caller", who});
    if (!body.is_null()) {
      request.fields.push_back({"content-type", "application/json"});
      request.body = body.dump();
    }
    const auto found = router.find(request);
    const auto response = std::holds_alternative<Response>(found)
                              ? std::get<Response>(found)
                              : std::get<const Route*>(found)->handler(request);
    return {response.status, Json::parse(response.body, nullptr, false), response};
  }

  // A provider that is complete; returns its id.
  std::string add_provider(const std::string& who, const std::string& name = "first") {
    const auto answer = call(who, "POST", "/api/providers", provider(name));
    EXPECT_EQ(answer.status, 201) << answer.body;
    return answer.body.value("id", "");
  }

  static Json provider(const std::string& name = "first") {
    return {{"name", name},
            {"type", "openai"},
            {"apiKey", "sk-sentinel-1234"},
            {"models", {{{"id", "gpt-5"}, {"name", "GPT-5"}}}}};
  }

  // The owner's agent, as if the controller had it running.
  ResourceKey run_agent(const std::string& owner) {
    call(owner, "POST", "/api/container/start", Json::object());
    const auto row = settings.find_user_agent(owner);
    AgentStatus status = row->status;
    status.phase = Phase::running;
    status.ready_at = clock.now();
    rows.write_status(row->key, status, term());
    return row->key;
  }

  Term term() {
    return rows.acquire_lease("test", std::chrono::hours(1), "").value_or(rows.lease().term);
  }

  FakeClock clock;
  HouseMemory remembered;
  FakeStore rows{clock};
  FakeAccountStore accounts{clock};
  FakeSettingsStore settings{rows, accounts};
  FakeQuestionStore questions{rows, clock};
  HouseGatekeeper gatekeeper{accounts};
  StandingRights rights{gatekeeper, clock, [](const std::function<void()>&) { return false; },
                        Logger::silent()};
  HouseProbes probes;
  const SecretBox box{"a secret of at least thirty-two characters"};
  const PasswordHasher passwords{PasswordHasher::min_cost};
  Idempotency idempotency{accounts, box, clock};
  Router router;
  std::unique_ptr<ManagementRoutes> management;
};

}  // namespace mosaic::test
