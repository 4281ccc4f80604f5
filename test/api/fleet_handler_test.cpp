// What admins do: the fleet, system agents, limits, people, the identity provider.
#include <gmock/gmock.h>

#include "test/api/management_house.hpp"

namespace mosaic::test {
namespace {

using Fleet = ManagementHouse;
using SystemAgents = ManagementHouse;
using Limits = ManagementHouse;
using People = ManagementHouse;
using OidcRoutes = ManagementHouse;

TEST_F(Fleet, IsHiddenFromUsers) {
  const auto key = run_agent("alice");
  const auto path = "/api/fleet/user/" + key.name;
  for (const auto& [method, target] :
       std::vector<std::pair<std::string, std::string>>{{"GET", "/api/fleet"},
                                                        {"GET", path},
                                                        {"GET", path + "/events"},
                                                        {"GET", path + "/wakes"},
                                                        {"GET", "/api/system-agents/choices"},
                                                        {"PATCH", path},
                                                        {"DELETE", path},
                                                        {"POST", path + "/stop"},
                                                        {"POST", path + "/rotate-token"},
                                                        {"POST", path + "/move"},
                                                        {"POST", "/api/fleet/stop-all"},
                                                        {"GET", "/api/users"},
                                                        {"GET", "/api/audit"},
                                                        {"GET", "/api/settings/limits"},
                                                        {"PUT", "/api/settings/limits"},
                                                        {"GET", "/api/settings/oidc"},
                                                        {"POST", "/api/system-agents"}}) {
    EXPECT_EQ(call("alice", method, target, Json::object()).status, 404) << method << target;
    EXPECT_EQ(call("", method, target, Json::object()).status, 401) << method << target;
  }
  EXPECT_EQ(rows.find_agent(key)->desired_state, DesiredState::automatic);
}

TEST_F(Fleet, ComesInPages) {
  for (const auto* id : {"a", "b", "c", "d", "e"}) {
    AgentRow row;
    row.key = {ResourceKind::user_container, id};
    row.owner = std::string("owner-") + id;
    rows.put_agent(row);
  }
  AgentRow system;
  system.key = {ResourceKind::system_container, "s"};
  system.owner = system.container_name = "mosaic-main";
  rows.put_agent(system);
  std::vector<std::string> seen;
  std::string after;
  for (int pages = 0; pages < 10; ++pages) {
    const auto page =
        call("root", "GET", "/api/fleet?limit=2" + (after.empty() ? "" : "&after=" + after));
    ASSERT_EQ(page.status, 200) << page.body;
    for (const auto& item : page.body["items"]) seen.push_back(item["id"]);
    if (page.body["next"].is_null()) break;
    after = page.body["next"];
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"a", "b", "c", "d", "e", "s"}));
  EXPECT_EQ(call("root", "GET", "/api/fleet?search=OWNER-C").body["items"].size(), 1U);
  EXPECT_EQ(call("root", "GET", "/api/fleet?kind=system").body["items"][0]["owner"], "mosaic-main");
  EXPECT_EQ(call("root", "GET", "/api/fleet?phase=running").body["items"].size(), 0U);
  for (const auto* wrong : {"kind=x", "phase=x", "limit=0", "limit=201", "after=x", "other=1",
                            "limit=1&limit=2", "search=%zz"}) {
    EXPECT_EQ(call("root", "GET", std::string("/api/fleet?") + wrong).status, 422) << wrong;
  }
}

TEST_F(Fleet, ShowsStatusAndNeverContents) {
  add_provider("alice");
  call("alice", "PUT", "/api/agent-config", {{"personality", "my-private-thoughts"}});
  const auto key = run_agent("alice");
  const auto answer = call("root", "GET", "/api/fleet/user/" + key.name);
  EXPECT_EQ(answer.body["phase"], "running");
  EXPECT_EQ(answer.body["effective"]["memoryMb"], 1536);
  for (const auto* secret : {"private-thoughts", "sentinel", "enc:", "gatewayToken"})
    EXPECT_THAT(answer.response.body, testing::Not(testing::HasSubstr(secret)));
}

TEST_F(Fleet, PurgesOnlyWhatIsNamedAgain) {
  const auto key = run_agent("alice");
  const auto path = "/api/fleet/user/" + key.name + "?purge=true";
  EXPECT_EQ(call("root", "DELETE", path, {{"confirm", "bob"}}).status, 422);
  EXPECT_FALSE(rows.find_agent(key)->deletion_requested_at);
  EXPECT_EQ(call("root", "DELETE", path, {{"confirm", "alice"}}).status, 202);
  EXPECT_TRUE(rows.find_agent(key)->purge);
}

TEST_F(Fleet, StopsAllOfItAtOnce) {
  const auto key = run_agent("alice");
  const auto answer = call("root", "POST", "/api/fleet/stop-all", Json::object());
  EXPECT_EQ(answer.body["stopped"], 1);
  EXPECT_EQ(rows.find_agent(key)->desired_state, DesiredState::stopped);
}

TEST_F(Fleet, GivesAnyAgentAnotherTokenAndSaysItToNobody) {
  AgentRow system;
  system.key = {ResourceKind::system_container, "s"};
  system.owner = system.container_name = "mosaic-main";
  rows.put_agent(system);
  for (const auto& [key, path] : {std::pair{run_agent("alice"), std::string("/api/fleet/user/")},
                                  {system.key, "/api/fleet/system/"}}) {
    const auto before = rows.find_agent(key)->gateway_token;
    const auto answer = call("root", "POST", path + key.name + "/rotate-token", Json::object());
    EXPECT_EQ(answer.status, 202) << answer.body;
    EXPECT_EQ(rows.find_agent(key)->gateway_token, before);
    const auto next = box.decrypt(rows.find_agent(key)->next_gateway_token);
    EXPECT_EQ(answer.response.body.find(next), std::string::npos);
  }
  EXPECT_EQ(call("root", "GET", "/api/audit?action=fleet.").body["items"].size(), 2U);
  EXPECT_EQ(call("root", "POST", "/api/fleet/user/nobody/rotate-token", Json::object()).status,
            404);
}

TEST_F(Fleet, AsksForAMoveAndNotesWhoDid) {
  const auto key = run_agent("alice");
  const auto path = "/api/fleet/user/" + key.name + "/move";
  EXPECT_EQ(call("root", "POST", path, Json::object()).status, 422);
  EXPECT_EQ(call("root", "POST", path, {{"node", "n2"}, {"force", true}}).status, 422);
  EXPECT_EQ(call("root", "POST", path, {{"node", "n2"}}).status, 202);
  EXPECT_EQ(rows.find_agent(key)->move_to_node, "n2");
  EXPECT_FALSE(rows.find_agent(key)->move_without_state);
  EXPECT_EQ(call("root", "POST", path, {{"node", "n3"}, {"withoutState", true}}).status, 202);
  EXPECT_EQ(rows.find_agent(key)->move_to_node, "n3");
  EXPECT_TRUE(rows.find_agent(key)->move_without_state);
  const auto audit = call("root", "GET", "/api/audit?action=fleet.move").body["items"];
  ASSERT_EQ(audit.size(), 2U);
  EXPECT_EQ(audit[0]["detail"], "alice to n3 without its state");
  rows.request_deletion(key, false, clock.now());
  EXPECT_EQ(call("root", "POST", path, {{"node", "n2"}}).type(), "/problems/refused-by-rule");
  EXPECT_EQ(call("root", "POST", "/api/fleet/user/nobody/move", {{"node", "n2"}}).status, 404);
}

TEST_F(Fleet, SaysThatOtherLimitsRestartARunningAgent) {
  const auto key = run_agent("alice");
  const auto path = "/api/fleet/user/" + key.name;
  const auto dry = call("root", "PATCH", path + "?dryRun=true", {{"memoryMb", 4096}});
  EXPECT_EQ(dry.body["affects"][0]["effect"], "restart") << dry.body;
  EXPECT_FALSE(rows.find_agent(key)->memory_mb);
  const auto real = call("root", "PATCH", path, {{"memoryMb", 4096}, {"idleTimeoutMin", 5}});
  EXPECT_EQ(real.body["effects"], dry.body["affects"]);
  EXPECT_EQ(real.body["memoryMb"], 4096);
  const auto back = call("root", "PATCH", path, {{"memoryMb", nullptr}});
  EXPECT_EQ(back.body["memoryMb"], nullptr);
  EXPECT_EQ(call("root", "PATCH", path, {{"idleTimeoutMin", 6}}, {{"if-match", "\"1\""}}).status,
            412);
}

TEST_F(Fleet, ShowsOlderEventsInPagesAndHowLongStartsTook) {
  const auto key = run_agent("alice");
  for (const auto* reason : {"NeverUsed", "Starting", "Ready", "Idle"}) {
    Event event;
    event.at = clock.now();
    event.key = key;
    event.reason = reason;
    rows.append_event(event);
    clock.advance(std::chrono::seconds(10));
  }
  const auto path = "/api/fleet/user/" + key.name;
  const auto first = call("root", "GET", path + "/events?limit=3");
  ASSERT_EQ(first.body["items"].size(), 3U) << first.body;
  EXPECT_EQ(first.body["items"][0]["reason"], "Idle");
  const auto second =
      call("root", "GET", path + "/events?limit=3&after=" + first.body["next"].get<std::string>());
  ASSERT_EQ(second.body["items"].size(), 1U) << second.body;
  EXPECT_EQ(second.body["items"][0]["reason"], "NeverUsed");
  EXPECT_EQ(second.body["next"], nullptr);
  EXPECT_EQ(call("root", "GET", path + "/events?after=x").status, 422);
  const auto wakes = call("root", "GET", path + "/wakes");
  ASSERT_EQ(wakes.body["items"].size(), 1U) << wakes.body;
  EXPECT_EQ(wakes.body["items"][0]["tookMs"], 10000);
  EXPECT_EQ(wakes.body["items"][0]["start"], "cold");
  EXPECT_EQ(call("root", "GET", "/api/fleet/user/none/wakes").status, 404);
}

TEST_F(Fleet, GivesAUserAnAgentOnce) {
  const Json wanted{{"owner", "carl"}, {"memoryMb", 2048}, {"idleTimeoutMin", 5}};
  EXPECT_EQ(call("root", "POST", "/api/user-agents?dryRun=true", wanted).status, 200);
  EXPECT_EQ(call("root", "GET", "/api/fleet?search=carl").body["items"].size(), 0U);
  const auto made = call("root", "POST", "/api/user-agents", wanted);
  ASSERT_EQ(made.status, 201) << made.body;
  const auto seen =
      call("root", "GET", "/api/fleet/user/" + made.body["id"].get<std::string>()).body;
  EXPECT_EQ(seen["owner"], "carl");
  EXPECT_EQ(seen["memoryMb"], 2048);
  EXPECT_EQ(seen["idleTimeoutMin"], 5);
  EXPECT_EQ(call("root", "POST", "/api/user-agents", wanted).status, 409);
  EXPECT_EQ(call("alice", "POST", "/api/user-agents", wanted).status, 404);
}

TEST_F(Fleet, KeepsLabelsOfWhatThereIs) {
  const auto key = run_agent("alice");
  const auto path = "/api/labels/user/" + key.name;
  EXPECT_EQ(call("root", "PUT", path, {{"labels", {{"app", "fleet"}}}}).status, 200);
  const auto items = call("root", "GET", "/api/labels").body["items"];
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0], (Json{{"kind", "user"}, {"id", key.name}, {"labels", {{"app", "fleet"}}}}));
  EXPECT_EQ(call("root", "PUT", path, {{"labels", {{"a,b", "x"}}}}).status, 422);
  EXPECT_EQ(call("root", "PUT", path, {{"labels", {{"a", 1}}}}).status, 422);
  EXPECT_EQ(call("root", "PUT", path, Json::object()).status, 422);
  EXPECT_EQ(call("root", "PUT", "/api/labels/user/nobody", {{"labels", Json::object()}}).status,
            404);
  EXPECT_EQ(call("alice", "PUT", path, {{"labels", Json::object()}}).status, 404);
  EXPECT_EQ(call("root", "PUT", path, {{"labels", Json::object()}}).status, 200);
  EXPECT_EQ(call("root", "GET", "/api/labels").body["items"].size(), 0U);
}

TEST_F(SystemAgents, AreMadeOfWhatAdminsShareAndKeysStayOut) {
  settings.upsert_breakglass("root", "root", "hash");
  add_provider("alice", "hers");
  const auto id = add_provider("root");
  const auto choices = call("root", "GET", "/api/system-agents/choices");
  ASSERT_EQ(choices.status, 200) << choices.body;
  EXPECT_EQ(choices.body["models"], (Json{"first/gpt-5"}));
  EXPECT_EQ(choices.body["providers"], (Json{{{"id", id}, {"name", "first"}}}));
  EXPECT_EQ(choices.body["agents"].size(), 4U);
  EXPECT_EQ(choices.body["agents"][0]["name"], "mosaic-main");
  EXPECT_THAT(choices.response.body, testing::Not(testing::HasSubstr("sentinel")));
}

TEST_F(SystemAgents, AreOfferedEachModelOnceHoweverManyAdminsShareIt) {
  for (const auto* admin : {"root", "second"}) {
    settings.upsert_breakglass(admin, admin, "hash");
    add_account(admin, Role::admin);
    add_provider(admin);
  }
  auto other = provider();
  other["models"] = {{{"id", "only-the-second-has-it"}, {"name", "x"}}};
  call("second", "PUT", "/api/providers/" + settings.list_providers("second")[0].id, other);
  EXPECT_EQ(call("root", "GET", "/api/system-agents/choices").body["models"].size(), 1U);
}

TEST_F(SystemAgents, UseTheProvidersOfAdmins) {
  settings.upsert_breakglass("root", "root", "hash");
  add_provider("alice", "hers");
  const Json agent{{"name", "mosaic-x"}, {"role", "x"}, {"primaryModel", "first/gpt-5"}};
  EXPECT_EQ(call("root", "POST", "/api/system-agents", agent).status, 422);
  add_provider("root");
  const auto made = call("root", "POST", "/api/system-agents", agent);
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(call("root", "POST", "/api/system-agents", agent).type(), "/problems/name-taken");
  const auto id = made.body["id"].get<std::string>();
  EXPECT_EQ(call("root", "GET", "/api/fleet/system/" + id).body["primaryModel"], "first/gpt-5");
  const auto hers = settings.list_providers("alice")[0].id;
  EXPECT_EQ(call("root", "PUT", "/api/system-agents/" + id,
                 {{"role", "x"}, {"primaryModel", "gpt-5"}, {"providerId", hers}})
                .status,
            422);
  EXPECT_EQ(call("root", "PUT", "/api/system-agents/" + id,
                 {{"role", "y"}, {"primaryModel", "gpt-5"}, {"isActive", false}})
                .status,
            200);
  EXPECT_EQ(call("root", "POST", "/api/fleet/system/" + id + "/start", Json::object()).type(),
            "/problems/refused-by-rule");
}

TEST_F(Limits, ChangeWhatIsNamedAndLeaveTheRest) {
  const auto answer = call("root", "PUT", "/api/settings/limits",
                           {{"maxRunningAgents", 5},
                            {"sleep.pause", true},
                            {"providerKeys", "injected"},
                            {"egress.userAgents", "listed"},
                            {"egress.hosts", {"api.example.com", "*.example.org:8443"}},
                            {"providerPrivateRanges", {"192.168.1.0/24", "10.1.0.0/16"}}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body["maxRunningAgents"], 5);
  EXPECT_EQ(settings.read_config("fleet.").at("fleet.providerPrivateRanges").value,
            "192.168.1.0/24 10.1.0.0/16");
  EXPECT_EQ(answer.body["providerKeys"], "injected");
  EXPECT_EQ(answer.body["egress.userAgents"], "listed");
  EXPECT_EQ(answer.body["egress.systemAgents"], "internet");
  EXPECT_EQ(settings.read_config("fleet.").at("fleet.egress.hosts").value,
            "api.example.com *.example.org:8443");
  const auto seen = answer.tag();
  const auto next =
      call("root", "PUT", "/api/settings/limits", {{"maxRunningAgents", 7}}, {{"if-match", seen}});
  EXPECT_EQ(next.body["maxRunningAgents"], 7);
  EXPECT_TRUE(next.body["sleep.pause"].get<bool>());
  EXPECT_EQ(
      call("root", "PUT", "/api/settings/limits", Json::object(), {{"if-match", seen}}).status,
      412);
  call("root", "PUT", "/api/settings/limits", {{"maxRunningAgents", nullptr}});
  EXPECT_FALSE(settings.read_config("fleet.").contains("fleet.maxRunningAgents"));
}

TEST_F(Limits, RefuseWhatTheControllerWouldNotHeed) {
  for (const auto& wrong : {Json{{"memoryMb", 1}}, Json{{"pids", "many"}}, Json{{"sleep.pause", 1}},
                            Json{{"providerPrivateRanges", {"not-a-range"}}}, Json{{"unknown", 1}},
                            Json{{"egress.userAgents", "some"}}, Json{{"providerKeys", "kept"}},
                            Json{{"egress.hosts", {"*"}}},
                            Json{{"idleTimeoutMinMin", 100}, {"idleTimeoutMinMax", 50}}}) {
    EXPECT_EQ(call("root", "PUT", "/api/settings/limits", wrong).status, 422) << wrong;
  }
  EXPECT_TRUE(settings.read_config("fleet.").empty());
}

TEST_F(Limits, ShowWhatTheEnvironmentFixesAndRefuseToChangeIt) {
  rebuild({.agent_image = "registry.example/agent:1"});
  const auto shown = call("root", "GET", "/api/settings/limits");
  EXPECT_EQ(shown.body["image"], "registry.example/agent:1");
  EXPECT_EQ(shown.body["fixed"], (Json{"image"}));
  EXPECT_EQ(call("root", "PUT", "/api/settings/limits", {{"image", "other:1"}}).status, 422);
}

TEST_F(Limits, SayWhomTheyRestart) {
  run_agent("alice");
  const auto dry = call("root", "PUT", "/api/settings/limits?dryRun=true", {{"memoryMb", 2048}});
  EXPECT_EQ(dry.body["affects"][0]["effect"], "restart") << dry.body;
  EXPECT_TRUE(settings.read_config("fleet.").empty());
  EXPECT_EQ(call("root", "PUT", "/api/settings/limits?dryRun=true", {{"maxRunningAgents", 3}})
                .body["affects"],
            Json::array());
}

TEST_F(People, KeepAnAdminAmongThem) {
  const auto refused = call("root", "PATCH", "/api/users/root", {{"role", "user"}});
  EXPECT_EQ(refused.type(), "/problems/refused-by-rule");
  EXPECT_EQ(call("root", "PATCH", "/api/users/alice", {{"role", "admin"}}).body["role"], "admin");
  EXPECT_EQ(call("root", "PATCH", "/api/users/root", {{"role", "user"}}).status, 200);
  EXPECT_EQ(call("root", "GET", "/api/users").status, 404);
  EXPECT_EQ(remembered.changed, (std::vector<std::string>{"alice", "root"}));
}

TEST_F(People, WhoMayHaveNoAgentHasNoneThatRuns) {
  const auto key = run_agent("alice");
  call("root", "PATCH", "/api/users/alice", {{"agentAllowed", false}});
  EXPECT_EQ(rows.find_agent(key)->desired_state, DesiredState::stopped);
  call("root", "PATCH", "/api/users/alice", {{"agentAllowed", true}});
  EXPECT_EQ(rows.find_agent(key)->desired_state, DesiredState::automatic);
}

TEST_F(People, ChangesStandInTheAuditLogInPages) {
  call("root", "PATCH", "/api/users/alice", {{"disabled", true}});
  call("root", "PATCH", "/api/users/alice", {{"disabled", false}});
  const auto first = call("root", "GET", "/api/audit?limit=1&action=user.");
  EXPECT_EQ(first.body["items"][0]["detail"], "enabled");
  const auto next = first.body["next"].get<std::string>();
  const auto second = call("root", "GET", "/api/audit?limit=1&after=" + next);
  EXPECT_EQ(second.body["items"][0]["detail"], "disabled");
  EXPECT_EQ(second.body["next"], nullptr);
}

TEST_F(People, BreakglassPasswordsAreSetHashed) {
  accounts.upsert_breakglass("root", "root", "old");
  EXPECT_EQ(call("root", "POST", "/api/settings/breakglass/nobody/password",
                 {{"password", "correct horse battery"}})
                .status,
            404);
  EXPECT_EQ(call("root", "POST", "/api/settings/breakglass/root/password",
                 {{"password", "correct horse battery"}})
                .status,
            204);
  EXPECT_TRUE(passwords.verify_password("correct horse battery",
                                        accounts.find_breakglass("root")->password_hash));
}

TEST_F(OidcRoutes, KeepTheSecretOnlyForTheSameIssuerAndClient) {
  Json oidc{{"issuerUrl", "https://id.example"}, {"clientId", "m"}, {"clientSecret", "sentinel"}};
  const auto put = call("root", "PUT", "/api/settings/oidc", oidc);
  ASSERT_EQ(put.status, 200) << put.body;
  EXPECT_THAT(put.response.body, testing::Not(testing::HasSubstr("sentinel")));
  oidc.erase("clientSecret");
  EXPECT_TRUE(call("root", "PUT", "/api/settings/oidc", oidc).body["hasSecret"].get<bool>());
  oidc["issuerUrl"] = "https://other.example";
  EXPECT_FALSE(call("root", "PUT", "/api/settings/oidc", oidc).body["hasSecret"].get<bool>());
  EXPECT_FALSE(call("root", "DELETE", "/api/settings/oidc").body["configured"].get<bool>());
}

TEST_F(OidcRoutes, TestTheIssuer) {
  EXPECT_EQ(call("root", "POST", "/api/settings/oidc/test", Json::object()).status, 422);
  probes.issuer_outcome = IssuerOutcome::other_issuer;
  const auto answer =
      call("root", "POST", "/api/settings/oidc/test", {{"issuerUrl", "https://id.example/"}});
  EXPECT_EQ(answer.body["outcome"], "other-issuer");
  EXPECT_EQ(probes.issuer, "https://id.example/");
  EXPECT_EQ(judge_issuer("https://a", 200, R"({"issuer":"https://a"})"), IssuerOutcome::reachable);
  EXPECT_EQ(judge_issuer("https://a/", 200, R"({"issuer":"https://a"})"),
            IssuerOutcome::other_issuer);
  EXPECT_EQ(judge_issuer("https://a", 302, ""), IssuerOutcome::not_found);
}

}  // namespace
}  // namespace mosaic::test
