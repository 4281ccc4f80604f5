// A whole house in memory for the handlers of settings, fleet, people and onboarding: the rows in a FakeStore, what
// people set beside it, and a gatekeeper that believes what the header x-caller says.
//
// For one thread. The stores themselves are tested where they are; here they keep just the rules that handlers rely on.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "api/idempotency.hpp"
#include "api/management_routes.hpp"
#include "api/problem.hpp"
#include "secrets/token.hpp"
#include "test/fakes/fake_clock.hpp"
#include "test/fakes/fake_store.hpp"

namespace mosaic::test {

class HouseSettings final : public SettingsStore {
 public:
  explicit HouseSettings(FakeStore& rows) : rows_(rows) {}

  std::map<std::string, ProviderRow> providers;
  std::map<std::string, AgentPreferences> preferences;
  std::map<std::string, std::string> user_agents;  // owner to row id
  std::map<std::string, ConfigValue> config;
  std::vector<BreakglassUser> breakglass;
  std::map<std::string, std::string> passwords;

  std::vector<ProviderRow> list_providers(const std::string& owner) override {
    std::vector<ProviderRow> found;
    for (const auto& [id, row] : providers) {
      if (row.owner == owner) found.push_back(row);
    }
    return found;
  }
  std::optional<ProviderRow> find_provider(const std::string& owner,
                                           const std::string& id) override {
    const auto found = providers.find(id);
    if (found == providers.end() || found->second.owner != owner) return std::nullopt;
    return found->second;
  }
  WriteOutcome create_provider(const ProviderRow& row) override {
    for (const auto& other : list_providers(row.owner)) {
      if (other.name == row.name) return WriteOutcome::taken;
    }
    keep(row);
    return WriteOutcome::done;
  }
  WriteOutcome update_provider(const ProviderRow& row, IfGeneration seen) override {
    const auto present = find_provider(row.owner, row.id);
    if (!present) return WriteOutcome::not_found;
    if (seen && *seen != present->generation) return WriteOutcome::stale;
    auto next = row;
    next.generation = present->generation + 1;
    keep(next);
    return WriteOutcome::done;
  }
  WriteOutcome delete_provider(const std::string& owner, const std::string& id,
                               IfGeneration seen) override {
    const auto present = find_provider(owner, id);
    if (!present) return WriteOutcome::not_found;
    if (seen && *seen != present->generation) return WriteOutcome::stale;
    providers.erase(id);
    rows_.delete_provider(id);
    return WriteOutcome::done;
  }
  std::optional<AgentPreferences> find_preferences(const std::string& owner) override {
    const auto found = preferences.find(owner);
    return found == preferences.end() ? std::nullopt : std::optional(found->second);
  }
  WriteOutcome put_preferences(const AgentPreferences& wanted, IfGeneration seen) override {
    auto& stored = preferences[wanted.user_id];
    if (seen && *seen != stored.generation) return WriteOutcome::stale;
    const auto generation = stored.generation + 1;
    stored = wanted;
    stored.generation = generation;
    rows_.put_user_config(wanted.user_id, {wanted.primary_model, wanted.fallback_models,
                                           wanted.personality, wanted.provider_id});
    return WriteOutcome::done;
  }
  std::optional<AgentRow> find_user_agent(const std::string& owner) override {
    const auto found = user_agents.find(owner);
    if (found == user_agents.end()) return std::nullopt;
    return rows_.find_agent({ResourceKind::user_container, found->second});
  }
  WriteOutcome create_user_agent(const NewUserContainer& agent) override {
    if (!user_agents.emplace(agent.user_id, agent.id).second) return WriteOutcome::taken;
    AgentRow row;
    row.key = {ResourceKind::user_container, agent.id};
    row.owner = agent.user_id;
    row.container_name = agent.container_name;
    row.gateway_token = agent.gateway_token;
    rows_.put_agent(row);
    return WriteOutcome::done;
  }
  WriteOutcome update_user_agent(const std::string& id, const UserAgentChange& change,
                                 IfGeneration seen) override {
    return edit({ResourceKind::user_container, id}, seen, [&](AgentRow& row) {
      if (change.idle_timeout_min)
        row.idle_timeout = std::chrono::minutes(*change.idle_timeout_min);
      apply_limits(row, change);
    });
  }
  WriteOutcome create_system_agent(const NewSystemContainer& agent) override {
    for (const auto& row : list_agents({ResourceKind::system_container})) {
      if (row.owner == agent.name) return WriteOutcome::taken;
    }
    AgentRow row;
    row.key = {ResourceKind::system_container, agent.id};
    row.owner = row.container_name = agent.name;
    row.role = agent.role;
    row.gateway_token = agent.gateway_token;
    row.memory_mb = agent.options.memory_mb;
    row.active = agent.active;
    rows_.put_agent(row);
    rows_.put_system_config(agent.id, {agent.primary_model, {}, "", agent.provider_id});
    return WriteOutcome::done;
  }
  WriteOutcome update_system_agent(const std::string& id, const SystemAgentChange& change,
                                   IfGeneration seen) override {
    const auto outcome = edit({ResourceKind::system_container, id}, seen, [&](AgentRow& row) {
      if (change.role) row.role = *change.role;
      if (change.active) row.active = *change.active;
      apply_limits(row, change);
    });
    if (outcome == WriteOutcome::done && change.primary_model)
      rows_.put_system_config(id, {*change.primary_model, {}, "", change.provider_id.value_or("")});
    return outcome;
  }
  std::vector<AgentRow> list_agents(const AgentListQuery& query) override {
    std::vector<AgentRow> found;
    rows_.for_each_agent([&](AgentRow&& row) {
      const bool fits = row.key.kind == query.kind && row.key.name > query.after_id &&
                        (!query.phase || *query.phase == row.status.phase);
      if (fits && found.size() < static_cast<std::size_t>(query.limit))
        found.push_back(std::move(row));
    });
    return found;
  }
  int stop_all(ResourceKind kind) override {
    int stopped = 0;
    for (const auto& row : list_agents({kind})) {
      if (row.desired_state == DesiredState::stopped) continue;
      rows_.set_desired_state(row.key, DesiredState::stopped);
      ++stopped;
    }
    return stopped;
  }
  std::map<std::string, ConfigValue> read_config(const std::string& prefix) override {
    std::map<std::string, ConfigValue> found;
    for (const auto& [key, value] : config) {
      if (key.starts_with(prefix)) found.emplace(key, value);
    }
    return found;
  }
  void write_config(const std::vector<ConfigChange>& changes) override {
    for (const auto& change : changes) {
      config.erase(change.key);
      if (!change.value) continue;
      config[change.key] = *change.value;
      if (!change.value->encrypted) rows_.put_setting(change.key, change.value->value);
    }
  }
  BreakglassResult upsert_breakglass(const std::string& id, const std::string& username,
                                     const std::string& hash) override {
    passwords[username] = hash;
    for (const auto& user : breakglass) {
      if (user.username == username) return {user.id, false};
    }
    breakglass.push_back({id, username, true});
    rows_.put_breakglass_user(id, true);
    return {id, true};
  }
  std::vector<BreakglassUser> list_breakglass() override { return breakglass; }

 private:
  void keep(const ProviderRow& row) {
    providers[row.id] = row;
    rows_.put_provider(row);
  }
  template <typename Change>
  static void apply_limits(AgentRow& row, const Change& change) {
    if (change.image) row.image = *change.image;
    if (change.memory_mb) row.memory_mb = *change.memory_mb;
    if (change.cpu_milli) row.cpu_milli = *change.cpu_milli;
  }
  WriteOutcome edit(const ResourceKey& key, IfGeneration seen,
                    const std::function<void(AgentRow&)>& change) {
    const auto row = rows_.find_agent(key);
    if (!row) return WriteOutcome::not_found;
    if (seen && *seen != row->generation) return WriteOutcome::stale;
    rows_.edit_agent(key, change);
    return WriteOutcome::done;
  }

  FakeStore& rows_;
};

class HouseAccounts final : public AccountStore {
 public:
  std::map<std::string, Account> accounts;
  std::map<std::string, BreakglassCredential> breakglass;
  std::vector<AuditEntry> entries;
  std::map<std::string, IdempotencyRecord> records;

  std::optional<Account> find_account(const std::string& id) override {
    const auto found = accounts.find(id);
    return found == accounts.end() ? std::nullopt : std::optional(found->second);
  }
  std::vector<Account> list_accounts(const AccountQuery& query) override {
    std::vector<Account> found;
    for (const auto& [id, account] : accounts) {
      const bool fits = id > query.after_id && account.name.find(query.search) != std::string::npos;
      if (fits && found.size() < static_cast<std::size_t>(query.limit)) found.push_back(account);
    }
    return found;
  }
  WriteOutcome update_account(const std::string& id, const AccountChange& change,
                              std::optional<std::int64_t> seen) override {
    const auto found = accounts.find(id);
    if (found == accounts.end()) return WriteOutcome::not_found;
    if (seen && *seen != found->second.generation) return WriteOutcome::stale;
    auto next = found->second;
    if (change.granted_role) {
      next.granted_role = *change.granted_role;
      next.role = next.granted_role.value_or(Role::user);
    }
    if (change.disabled) next.disabled = *change.disabled;
    if (change.agent_allowed) next.agent_allowed = *change.agent_allowed;
    ++next.generation;
    auto after = accounts;
    after[id] = next;
    const bool admin_left = std::any_of(after.begin(), after.end(), [](const auto& entry) {
      return entry.second.role == Role::admin && !entry.second.disabled;
    });
    if (!admin_left) return WriteOutcome::refused;
    accounts = std::move(after);
    return WriteOutcome::done;
  }
  std::optional<BreakglassCredential> find_breakglass(const std::string& username) override {
    const auto found = breakglass.find(username);
    return found == breakglass.end() ? std::nullopt : std::optional(found->second);
  }
  WriteOutcome set_breakglass_password(const std::string& username,
                                       const std::string& hash) override {
    breakglass.at(username).password_hash = hash;
    return WriteOutcome::done;
  }
  void append_audit(const AuditEntry& entry) override {
    entries.push_back(entry);
    entries.back().id = static_cast<std::int64_t>(entries.size());
  }
  std::vector<AuditEntry> audit(const AuditQuery& query) override {
    std::vector<AuditEntry> found;
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
      const bool fits = (query.before_id == 0 || entry->id < query.before_id) &&
                        entry->action.starts_with(query.action);
      if (fits && found.size() < static_cast<std::size_t>(query.limit)) found.push_back(*entry);
    }
    return found;
  }
  IdempotencyBegin begin_idempotent(IdempotencyRecord& record) override {
    const auto [found, fresh] = records.emplace(record.account_id + "/" + record.key, record);
    if (fresh) return IdempotencyBegin::fresh;
    if (found->second.fingerprint != record.fingerprint) return IdempotencyBegin::other_request;
    record = found->second;
    return record.finished ? IdempotencyBegin::finished : IdempotencyBegin::running;
  }
  void finish_idempotent(const IdempotencyRecord& record) override {
    records[record.account_id + "/" + record.key] = record;
  }
  void abandon_idempotent(const std::string& account_id, const std::string& key) override {
    records.erase(account_id + "/" + key);
  }

  // Sign-in is not behind these handlers.
  Account sign_in_breakglass(const BreakglassCredential&, TimePoint) override { return {}; }
  Account sign_in_oidc(const OidcIdentity&, TimePoint) override { return {}; }
  decltype(std::declval<AccountStore>().create_session(std::declval<const SessionRow&>()))
  create_session(const SessionRow&) override {
    return decltype(create_session(std::declval<const SessionRow&>()))();
  }
  std::optional<KnownSession> find_session(const std::string&) override { return std::nullopt; }
  void touch_session(const std::string&, TimePoint) override {}
  void delete_session(const std::string&) override {}
  int delete_sessions(const std::string&) override { return 0; }
  void create_token(const ApiTokenRow&) override {}
  std::vector<ApiTokenRow> list_tokens(const std::string&) override { return {}; }
  std::optional<KnownToken> find_token(const std::string&) override { return std::nullopt; }
  WriteOutcome revoke_token(const std::string&, const std::string&, TimePoint) override {
    return WriteOutcome::not_found;
  }
  void note_token_use(const std::vector<std::string>&, TimePoint) override {}
  bool consume_once(const std::string&, TimePoint) override { return true; }
  int prune_accounts(TimePoint, TimePoint) override { return 0; }
};

// x-caller: "alice" (a user), "root" (an admin), "setup"; nothing: nobody.
class HouseGatekeeper final : public Gatekeeper {
 public:
  explicit HouseGatekeeper(HouseAccounts& accounts) : accounts_(accounts) {}

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
  HouseAccounts& accounts_;
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
        rows, rows, rows, settings, accounts, remembered, box, passwords, clock, probes, probes,
        [](const Request& request) { return request.field("x-caller") == "setup"; },
        std::move(fixed), Logger::silent()});
    GuardedRoutes routes(router, gatekeeper, &idempotency);
    management->add_routes(routes);
  }

  void add_account(const std::string& id, Role role) {
    Account account;
    account.id = account.name = id;
    account.role = role;
    accounts.accounts[id] = account;
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
  HouseSettings settings{rows};
  HouseAccounts accounts;
  HouseGatekeeper gatekeeper{accounts};
  HouseProbes probes;
  const SecretBox box{"a secret of at least thirty-two characters"};
  const PasswordHasher passwords{PasswordHasher::min_cost};
  Idempotency idempotency{accounts, box, clock};
  Router router;
  std::unique_ptr<ManagementRoutes> management;
};

}  // namespace mosaic::test
