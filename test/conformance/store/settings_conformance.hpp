// The rules of SettingsStore, tried on every implementation: include this in a test source and write
//   INSTANTIATE_TYPED_TEST_SUITE_P(<Name>, SettingsConformance, <Harness>);
// where Harness is a PeopleHarness that can be made without arguments.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/conformance/store/people_harness.hpp"

namespace mosaic::conformance {

template <typename Harness>
class SettingsConformance : public testing::Test {
 protected:
  SettingsStore& store() { return harness.settings(); }

  static NewUserContainer user_agent(const std::string& owner) {
    NewUserContainer agent;
    agent.id = "agent-" + owner;
    agent.user_id = owner;
    agent.container_name = "mosaic-user-" + owner;
    agent.gateway_token = "enc:t";
    return agent;
  }
  static NewSystemContainer system_agent(const std::string& name) {
    NewSystemContainer agent;
    agent.id = "agent-" + name;
    agent.name = name;
    agent.role = "operations";
    agent.gateway_token = "enc:t";
    agent.primary_model = "a/m";
    return agent;
  }

  Harness harness;
};

TYPED_TEST_SUITE_P(SettingsConformance);

TYPED_TEST_P(SettingsConformance, ShowsProvidersToTheirOwnerAlone) {
  auto& store = this->store();
  EXPECT_EQ(store.create_provider(provider("p1", "alice", "b")), WriteOutcome::done);
  EXPECT_EQ(store.create_provider(provider("p2", "alice", "a")), WriteOutcome::done);
  EXPECT_EQ(store.create_provider(provider("p3", "bob", "a")), WriteOutcome::done);
  const auto rows = store.list_providers("alice");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].id, "p2");
  EXPECT_EQ(rows[0].generation, 1);
  EXPECT_EQ(rows[1].base_url, provider("p1", "alice", "b").base_url);
  EXPECT_EQ(store.find_provider("alice", "p1")->api_key, "enc:key");
  EXPECT_FALSE(store.find_provider("bob", "p1").has_value());
  EXPECT_EQ(store.update_provider(provider("p1", "bob", "stolen"), {}), WriteOutcome::not_found);
  EXPECT_EQ(store.delete_provider("bob", "p1", {}), WriteOutcome::not_found);
  EXPECT_EQ(store.find_provider("alice", "p1")->name, "b");
}

TYPED_TEST_P(SettingsConformance, RefusesAnEditOfAProviderThatTheWriterHasNotSeen) {
  auto& store = this->store();
  store.create_provider(provider("p1", "alice", "a"));
  auto row = provider("p1", "alice", "a");
  EXPECT_EQ(store.update_provider(row, 1), WriteOutcome::done);
  EXPECT_EQ(store.find_provider("alice", "p1")->generation, 1);  // nothing changed
  row.active = false;
  row.api_key = "";
  EXPECT_EQ(store.update_provider(row, 1), WriteOutcome::done);
  EXPECT_EQ(store.update_provider(row, 1), WriteOutcome::stale);
  EXPECT_EQ(store.delete_provider("alice", "p1", 1), WriteOutcome::stale);
  EXPECT_EQ(store.find_provider("alice", "p1")->generation, 2);
  EXPECT_FALSE(store.find_provider("alice", "p1")->active);
  EXPECT_EQ(store.find_provider("alice", "p1")->api_key, "");
  EXPECT_EQ(store.delete_provider("alice", "p1", 2), WriteOutcome::done);
  EXPECT_EQ(store.delete_provider("alice", "p1", {}), WriteOutcome::not_found);
}

TYPED_TEST_P(SettingsConformance, GivesANameOfAnOwnersProvidersOnce) {
  auto& store = this->store();
  store.create_provider(provider("p1", "alice", "a"));
  store.create_provider(provider("p2", "alice", "b"));
  EXPECT_EQ(store.create_provider(provider("p3", "alice", "a")), WriteOutcome::taken);
  EXPECT_EQ(store.create_provider(provider("p1", "bob", "a")), WriteOutcome::taken);
  EXPECT_EQ(store.update_provider(provider("p2", "alice", "a"), {}), WriteOutcome::taken);
  EXPECT_EQ(store.list_providers("alice").size(), 2u);
}

TYPED_TEST_P(SettingsConformance, LetsOneOfTwoEditorsWin) {
  auto& store = this->store();
  store.create_provider(provider("p1", "alice", "a"));
  std::atomic<int> writer{0};
  EXPECT_EQ(count_of_threads(4,
                             [&] {
                               auto row = provider("p1", "alice", "a");
                               row.base_url = "http://" + std::to_string(writer++);
                               return store.update_provider(row, 1) == WriteOutcome::done;
                             }),
            1);
}

TYPED_TEST_P(SettingsConformance, TellsTheAgentOfItsProvidersAndPreferences) {
  auto& store = this->store();
  store.create_user_agent(this->user_agent("alice"));
  store.create_provider(provider("p1", "alice", "a"));
  AgentPreferences preferences;
  preferences.id = "c1";
  preferences.user_id = "alice";
  preferences.primary_model = "a/m";
  preferences.fallback_models = {"a/n", "b\"c"};
  store.put_preferences(preferences, {});
  const auto source = this->harness.store().find_config_source(alice).value();
  ASSERT_EQ(source.providers.size(), 1u);
  EXPECT_EQ(source.primary_model, "a/m");
  EXPECT_EQ(source.fallback_models, preferences.fallback_models);
}

TYPED_TEST_P(SettingsConformance, BeginsPreferencesAtGenerationZero) {
  auto& store = this->store();
  EXPECT_FALSE(store.find_preferences("alice").has_value());
  AgentPreferences preferences;
  preferences.id = "c1";
  preferences.user_id = "alice";
  preferences.personality = "kind";
  EXPECT_EQ(store.put_preferences(preferences, 1), WriteOutcome::stale);
  EXPECT_EQ(store.put_preferences(preferences, 0), WriteOutcome::done);
  EXPECT_EQ(store.put_preferences(preferences, 0), WriteOutcome::stale);
  preferences.id = "c2";
  preferences.personality = "terse";
  EXPECT_EQ(store.put_preferences(preferences, 1), WriteOutcome::done);
  const auto kept = store.find_preferences("alice").value();
  EXPECT_EQ(kept.id, "c1");
  EXPECT_EQ(kept.personality, "terse");
  EXPECT_EQ(kept.generation, 2);
  EXPECT_FALSE(store.find_preferences("bob").has_value());
}

TYPED_TEST_P(SettingsConformance, MakesOneAgentPerUserAndChangesOnlyWhatIsSaid) {
  auto& store = this->store();
  auto agent = this->user_agent("alice");
  agent.options.memory_mb = 2048;
  EXPECT_EQ(store.create_user_agent(agent), WriteOutcome::done);
  agent.id = "another";
  EXPECT_EQ(store.create_user_agent(agent), WriteOutcome::taken);
  EXPECT_FALSE(store.find_user_agent("bob").has_value());
  UserAgentChange change;
  change.idle_timeout_min = 5;
  change.image = "image:2";
  EXPECT_EQ(store.update_user_agent("alice", "agent-alice", change, 1), WriteOutcome::done);
  EXPECT_EQ(store.update_user_agent("alice", "agent-alice", change, 1), WriteOutcome::stale);
  EXPECT_EQ(store.update_user_agent("alice", "nobody", change, {}), WriteOutcome::not_found);
  auto row = store.find_user_agent("alice").value();
  EXPECT_EQ(row.key, alice);
  EXPECT_EQ(row.generation, 2);
  EXPECT_EQ(row.idle_timeout, std::chrono::minutes(5));
  EXPECT_EQ(row.image, "image:2");
  EXPECT_EQ(row.memory_mb, 2048);
  change = {};
  change.image = "";
  change.memory_mb.emplace(std::nullopt);
  change.desired_state = DesiredState::stopped;
  store.update_user_agent("alice", "agent-alice", change, {});
  row = store.find_user_agent("alice").value();
  EXPECT_EQ(row.image, "");
  EXPECT_EQ(row.memory_mb, std::nullopt);
  EXPECT_EQ(row.desired_state, DesiredState::stopped);
  EXPECT_EQ(row.idle_timeout, std::chrono::minutes(5));
}

TYPED_TEST_P(SettingsConformance, ChangesASystemAgentInOneGeneration) {
  auto& store = this->store();
  EXPECT_EQ(store.create_system_agent(this->system_agent("operations")), WriteOutcome::done);
  EXPECT_EQ(store.create_system_agent(this->system_agent("operations")), WriteOutcome::taken);
  EXPECT_EQ(this->harness.store().find_agent(operations)->generation, 1);
  SystemAgentChange change;
  change.primary_model = "b/m";
  change.provider_id = "p1";
  change.active = false;
  EXPECT_EQ(store.update_system_agent("agent-operations", change, 1), WriteOutcome::done);
  EXPECT_EQ(store.update_system_agent("agent-operations", change, 1), WriteOutcome::stale);
  const auto row = this->harness.store().find_agent(operations).value();
  EXPECT_EQ(row.generation, 2);
  EXPECT_FALSE(row.active);
  EXPECT_EQ(row.role, "operations");
  change = {};
  change.provider_id = "";
  EXPECT_EQ(store.update_system_agent("agent-operations", change, 2), WriteOutcome::done);
  const auto source = this->harness.store().find_config_source(operations).value();
  EXPECT_EQ(source.primary_model, "b/m");
  EXPECT_EQ(source.provider_id, "");
}

TYPED_TEST_P(SettingsConformance, ListsAgentsPageByPage) {
  auto& store = this->store();
  for (int index = 0; index < 25; ++index)
    store.create_user_agent(this->user_agent("u" + std::to_string(100 + index)));
  AgentListQuery query;
  query.limit = 10;
  std::vector<std::string> seen;
  for (auto page = store.list_agents(query); !page.empty(); page = store.list_agents(query)) {
    for (const auto& row : page) seen.push_back(row.key.name);
    query.after_id = seen.back();
  }
  EXPECT_EQ(seen.size(), 25u);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  AgentListQuery filtered;
  filtered.phase = Phase::running;
  EXPECT_TRUE(store.list_agents(filtered).empty());
  filtered.phase = Phase::stopped;
  filtered.owner = "u101";
  EXPECT_EQ(store.list_agents(filtered).size(), 1u);
}

TYPED_TEST_P(SettingsConformance, DoesWithAUsersAgentWhatItsOwnerAsksAndNobodyElse) {
  auto& store = this->store();
  store.create_user_agent(this->user_agent("alice"));
  store.create_provider(provider("p1", "alice", "a"));
  EXPECT_TRUE(store.touch_user_agent("alice", at(50)));
  EXPECT_TRUE(store.touch_user_agent("alice", at(40)));
  EXPECT_TRUE(store.set_user_agent_state("alice", DesiredState::stopped));
  EXPECT_TRUE(store.restart_user_agent("alice", at(60)));
  const auto row = store.find_user_agent("alice").value();
  EXPECT_EQ(row.last_active_at, at(50));
  EXPECT_EQ(row.desired_state, DesiredState::stopped);
  EXPECT_EQ(row.restarted_at, at(60));
  EXPECT_TRUE(store.replace_user_agent_token("alice", "enc:next"));
  const auto renewed = store.find_user_agent("alice").value();
  EXPECT_EQ(renewed.next_gateway_token, "enc:next");
  EXPECT_EQ(renewed.gateway_token, row.gateway_token) << "the container that is there has it";
  EXPECT_FALSE(store.touch_user_agent("bob", at(50)));
  EXPECT_FALSE(store.set_user_agent_state("bob", DesiredState::stopped));
  EXPECT_FALSE(store.restart_user_agent("bob", at(60)));
  EXPECT_FALSE(store.replace_user_agent_token("bob", "enc:next"));
  UserAgentChange change;
  change.idle_timeout_min = 5;
  EXPECT_EQ(store.update_user_agent("bob", "agent-alice", change, {}), WriteOutcome::not_found);
  EXPECT_EQ(store.find_user_agent("alice")->generation, renewed.generation);
  const auto source = store.find_config_source("alice", alice).value();
  EXPECT_EQ(source.owner, "alice");
  EXPECT_EQ(source.providers.size(), 1u);
  EXPECT_FALSE(store.find_config_source("bob", alice).has_value());
  EXPECT_FALSE(store.find_config_source("alice", operations).has_value());
}

TYPED_TEST_P(SettingsConformance, StopsAllAgentsOfOneKind) {
  auto& store = this->store();
  store.create_user_agent(this->user_agent("alice"));
  store.create_user_agent(this->user_agent("bob"));
  store.create_system_agent(this->system_agent("operations"));
  UserAgentChange stopped;
  stopped.desired_state = DesiredState::stopped;
  store.update_user_agent("bob", "agent-bob", stopped, {});
  EXPECT_EQ(store.stop_all(ResourceKind::user_container), 1);
  EXPECT_EQ(store.stop_all(ResourceKind::user_container), 0);
  EXPECT_EQ(store.find_user_agent("alice")->desired_state, DesiredState::stopped);
  EXPECT_EQ(this->harness.store().find_agent(operations)->desired_state, DesiredState::automatic);
  EXPECT_EQ(store.stop_all(ResourceKind::system_container), 1);
}

TYPED_TEST_P(SettingsConformance, WritesPlainAndEncryptedSettingsTogether) {
  auto& store = this->store();
  store.write_config({{"oidc.issuer", ConfigValue{"https://i", false}},
                      {"oidc.secret", ConfigValue{"enc:s", true}},
                      {"oidc.gone", ConfigValue{"x", false}},
                      {"other", ConfigValue{"\"\\{},", false}}});
  store.write_config({{"oidc.gone", std::nullopt},
                      {"oidc.issuer", ConfigValue{"first", false}},
                      {"oidc.issuer", ConfigValue{"last", false}},
                      {"oidc.never", std::nullopt}});
  store.write_config({});
  const auto config = store.read_config("oidc.");
  ASSERT_EQ(config.size(), 2u);
  EXPECT_EQ(config.at("oidc.issuer").value, "last");
  EXPECT_TRUE(config.at("oidc.secret").encrypted);
  EXPECT_EQ(store.read_config("other").at("other").value, "\"\\{},");
  EXPECT_EQ(this->harness.store().settings("oidc."),
            (std::map<std::string, std::string>{{"oidc.issuer", "last"}}));
}

TYPED_TEST_P(SettingsConformance, KnowsItsBreakglassUsers) {
  auto& store = this->store();
  EXPECT_TRUE(store.upsert_breakglass("b1", "root", "one").created);
  EXPECT_TRUE(store.upsert_breakglass("b2", "admin", "one").created);
  this->harness.set_breakglass_active("root", false);
  EXPECT_FALSE(store.list_breakglass().at(1).active);
  EXPECT_FALSE(store.upsert_breakglass("b3", "root", "two").created);
  const auto users = store.list_breakglass();
  ASSERT_EQ(users.size(), 2u);
  EXPECT_EQ(users[0].username, "admin");
  EXPECT_EQ(users[1].id, "b1");
  EXPECT_TRUE(users[1].active);
}

TYPED_TEST_P(SettingsConformance, BreaksOnNoTextThatPeopleMaySend) {
  auto& store = this->store();
  store.create_provider(provider("p1", "alice", "a"));
  for (const std::string& odd : odd_texts()) {
    SCOPED_TRACE(odd.substr(0, 10));
    EXPECT_TRUE(store.list_providers(odd).empty());
    EXPECT_FALSE(store.find_provider("alice", odd).has_value());
    EXPECT_EQ(store.delete_provider(odd, odd, {}), WriteOutcome::not_found);
    EXPECT_FALSE(store.find_preferences(odd).has_value());
    EXPECT_FALSE(store.find_user_agent(odd).has_value());
    EXPECT_EQ(store.update_user_agent(odd, odd, {}, {}), WriteOutcome::not_found);
    EXPECT_EQ(store.update_system_agent(odd, {}, {}), WriteOutcome::not_found);
    auto row = provider("p1", "alice", "a");
    row.display_name = odd;
    EXPECT_EQ(store.update_provider(row, {}), WriteOutcome::done);
    AgentPreferences preferences;
    preferences.id = "c1";
    preferences.user_id = "alice";
    preferences.personality = odd;
    preferences.fallback_models = {odd};
    EXPECT_EQ(store.put_preferences(preferences, {}), WriteOutcome::done);
    store.write_config({{"x", ConfigValue{odd, false}}});
  }
}

REGISTER_TYPED_TEST_SUITE_P(SettingsConformance, ShowsProvidersToTheirOwnerAlone,
                            RefusesAnEditOfAProviderThatTheWriterHasNotSeen,
                            GivesANameOfAnOwnersProvidersOnce, LetsOneOfTwoEditorsWin,
                            TellsTheAgentOfItsProvidersAndPreferences,
                            BeginsPreferencesAtGenerationZero,
                            MakesOneAgentPerUserAndChangesOnlyWhatIsSaid,
                            ChangesASystemAgentInOneGeneration, ListsAgentsPageByPage,
                            DoesWithAUsersAgentWhatItsOwnerAsksAndNobodyElse,
                            StopsAllAgentsOfOneKind, WritesPlainAndEncryptedSettingsTogether,
                            KnowsItsBreakglassUsers, BreaksOnNoTextThatPeopleMaySend);

}  // namespace mosaic::conformance
