// The rules of Store, tried on every implementation: include this in a test source and write
//   INSTANTIATE_TYPED_TEST_SUITE_P(<Name>, StoreConformance, <Harness>);
// where Harness is a StoreHarness that can be made without arguments.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "test/conformance/store/store_harness.hpp"

namespace mosaic::conformance {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

template <typename Harness>
class StoreConformance : public testing::Test {
 protected:
  Store& store() { return harness.store(); }
  AgentRow read(const ResourceKey& key) { return store().find_agent(key).value(); }
  void insert_alice() { harness.insert_agent(user_row(alice, "alice")); }
  void insert_operations() { harness.insert_agent(system_row()); }
  // Of alice, as her row is now.
  bool finish_deletion(Term term) {
    return store().finish_deletion(alice, read(alice).generation, term);
  }
  std::string version(const ResourceKey& key) { return store().find_config_source(key)->version; }

  // What is heard between now and the end of `action`, in order.
  template <typename Action>
  std::vector<std::string> heard_during(Action action) {
    RecordingListener listener;
    harness.listen(listener);
    action();
    // Notifications arrive in order, so once this one is here, the earlier ones are.
    store().put_setting("fleet.marker", std::to_string(++markers));
    EXPECT_TRUE(listener.wait_for("settings"));
    auto heard = listener.take();
    std::erase(heard, "settings");
    harness.listen(silent);
    return heard;
  }

  // From which nothing is seen but what comes now: a look may overlap with the one before while other transactions are
  // under way.
  std::string settled_cursor() {
    std::string cursor = store().changes_since("").cursor;
    const auto patience = real_now() + std::chrono::seconds(60);
    for (bool settled = false; !settled && real_now() < patience;) {
      const ChangeBatch batch = store().changes_since(cursor);
      cursor = batch.cursor;
      settled = batch.keys.empty() && !batch.relist;
    }
    return cursor;
  }

  RecordingListener silent;
  Harness harness;
  int markers = 0;
};

TYPED_TEST_SUITE_P(StoreConformance);

TYPED_TEST_P(StoreConformance, ReadsBackEveryColumnOfAUserAgent) {
  AgentRow row = user_row(alice, "al\tice\\N \n\"'é");
  row.desired_state = DesiredState::stopped;
  row.image = "image:1";
  row.memory_mb = 2048;
  row.cpu_milli = 500;
  row.last_active_at = at(1);
  row.busy_until = at(2);
  row.restarted_at = at(3);
  row.idle_timeout = std::chrono::minutes(5);
  this->harness.insert_agent(row);
  const AgentRow found = this->read(alice);
  EXPECT_EQ(found.key, alice);
  EXPECT_EQ(found.owner, row.owner);
  EXPECT_EQ(found.container_name, row.container_name);
  EXPECT_EQ(found.gateway_token, row.gateway_token);
  EXPECT_EQ(found.desired_state, row.desired_state);
  EXPECT_TRUE(found.active);
  EXPECT_EQ(found.generation, 1);
  EXPECT_EQ(found.image, row.image);
  EXPECT_EQ(found.memory_mb, row.memory_mb);
  EXPECT_EQ(found.cpu_milli, row.cpu_milli);
  EXPECT_EQ(found.last_active_at, row.last_active_at);
  EXPECT_EQ(found.busy_until, row.busy_until);
  EXPECT_EQ(found.restarted_at, row.restarted_at);
  EXPECT_EQ(found.deletion_requested_at, std::nullopt);
  EXPECT_FALSE(found.purge);
  EXPECT_EQ(found.idle_timeout, row.idle_timeout);
  EXPECT_EQ(found.status, AgentStatus{});
}

TYPED_TEST_P(StoreConformance, ReadsBackEveryColumnOfASystemAgent) {
  AgentRow row = system_row();
  row.active = false;
  this->harness.insert_agent(row);
  const AgentRow found = this->read(operations);
  EXPECT_EQ(found.owner, row.owner);
  EXPECT_EQ(found.container_name, row.owner);
  EXPECT_EQ(found.role, "operations");
  EXPECT_FALSE(found.active);
  EXPECT_EQ(found.last_active_at, std::nullopt);
  EXPECT_EQ(found.status, AgentStatus{});
}

TYPED_TEST_P(StoreConformance, FindsNothingUnderAnyOtherKey) {
  this->insert_alice();
  EXPECT_EQ(this->store().find_agent(bob).has_value(), false);
  EXPECT_FALSE(this->store()
                   .find_agent(ResourceKey(ResourceKind::system_container, alice.name))
                   .has_value());
  EXPECT_FALSE(this->store().find_agent(ResourceKey(ResourceKind::orphan, alice.name)).has_value());
  EXPECT_FALSE(
      this->store()
          .find_agent(ResourceKey(ResourceKind::user_container, alice.name + std::string(1, '\0')))
          .has_value());
  EXPECT_FALSE(
      this->store().find_agent(ResourceKey(ResourceKind::user_container, "\xff")).has_value());
}

TYPED_TEST_P(StoreConformance, KeepsATombstoneUntilItIsOld) {
  this->insert_alice();
  this->harness.delete_agent(alice);
  EXPECT_EQ(this->store().prune_tombstones(real_now() - std::chrono::hours(1)), 0);
  EXPECT_TRUE(this->store().was_deleted(alice));
  EXPECT_EQ(this->store().prune_tombstones(real_now() + std::chrono::hours(1)), 1);
  EXPECT_FALSE(this->store().was_deleted(alice));
}

TYPED_TEST_P(StoreConformance, FindsAnIdWhateverItsKind) {
  this->insert_alice();
  AgentRow row = system_row();
  row.key.name = alice.name;
  this->harness.insert_agent(row);
  EXPECT_THAT(this->store().find_keys(alice.name), UnorderedElementsAre(alice, row.key));
  EXPECT_THAT(this->store().find_keys("nobody"), IsEmpty());
}

TYPED_TEST_P(StoreConformance, VisitsEveryRowOfBothKindsOnce) {
  this->insert_operations();
  std::map<ResourceKey, AgentRow> wanted;
  for (int index = 0; index < 300; ++index) {
    const std::string name = "user\t\\" + std::to_string(index) + "\n";
    AgentRow row = user_row(ResourceKey(ResourceKind::user_container, name), name);
    if (index % 2 == 0) row.last_active_at = at(index);
    this->harness.insert_agent(row);
    wanted.emplace(row.key, row);
  }
  ASSERT_TRUE(this->store().write_status(wanted.begin()->first, full_status(), 0));
  std::map<ResourceKey, AgentRow> seen;
  this->store().for_each_agent(
      [&](AgentRow&& row) { EXPECT_TRUE(seen.emplace(row.key, row).second); });
  ASSERT_EQ(seen.size(), wanted.size() + 1);
  EXPECT_EQ(seen.at(operations).role, "operations");
  EXPECT_EQ(seen.at(wanted.begin()->first).status, full_status());
  for (const auto& [key, row] : wanted) {
    EXPECT_EQ(seen.at(key).owner, row.owner);
    EXPECT_EQ(seen.at(key).last_active_at, row.last_active_at);
    EXPECT_EQ(seen.at(key).image, "");
  }
}

TYPED_TEST_P(StoreConformance, GivesSettingsByPrefix) {
  this->store().put_setting("fleet.image", "one");
  this->store().put_setting("fleet.image", "two");
  this->store().put_setting("fleetx", "other");
  EXPECT_EQ(this->store().settings("fleet."),
            (std::map<std::string, std::string>{{"fleet.image", "two"}}));
}

TYPED_TEST_P(StoreConformance, ConfiguresAUserAgentFromItsOwnersRows) {
  this->insert_alice();
  this->harness.put_provider(provider("p2", "alice", "zed"));
  this->harness.put_provider(provider("p1", "alice", "Beta"));
  this->harness.put_provider(provider("p3", "bob", "alpha"));
  ProviderRow inactive = provider("p4", "alice", "alpha");
  inactive.active = false;
  this->harness.put_provider(inactive);
  auto source = this->store().find_config_source(alice).value();
  EXPECT_EQ(source.primary_model, "");
  EXPECT_THAT(source.fallback_models, IsEmpty());
  this->harness.put_user_settings("alice",
                                  {"zed/model", {"Beta/one", "zed/two"}, "be \"kind\"\n", "p2"});
  source = this->store().find_config_source(alice).value();
  EXPECT_EQ(source.key, alice);
  EXPECT_EQ(source.owner, "alice");
  EXPECT_EQ(source.gateway_token, "enc:token");
  EXPECT_EQ(source.primary_model, "zed/model");
  EXPECT_THAT(source.fallback_models, ElementsAre("Beta/one", "zed/two"));
  EXPECT_EQ(source.personality, "be \"kind\"\n");
  EXPECT_EQ(source.provider_id, "p2");
  ASSERT_EQ(source.providers.size(), 2u);
  EXPECT_EQ(source.providers[0].id, "p1");
  EXPECT_EQ(source.providers[0].name, "Beta");
  EXPECT_EQ(source.providers[0].base_url, "http://127.0.0.1:1/v1");
  EXPECT_EQ(source.providers[0].api_key, "enc:key");
  EXPECT_EQ(source.providers[1].id, "p2");
  EXPECT_FALSE(this->store().find_config_source(bob).has_value());
}

TYPED_TEST_P(StoreConformance, ConfiguresASystemAgentFromItsProvidersOwner) {
  this->insert_operations();
  this->harness.put_provider(provider("p1", "admin", "b"));
  this->harness.put_provider(provider("p2", "admin", "a"));
  this->harness.put_provider(provider("p3", "alice", "c"));
  this->harness.put_system_settings(operations.name, {"b/model", {}, "", "p1"});
  const auto source = this->store().find_config_source(operations).value();
  EXPECT_EQ(source.role, "operations");
  EXPECT_EQ(source.primary_model, "b/model");
  EXPECT_EQ(source.provider_id, "p1");
  ASSERT_EQ(source.providers.size(), 2u);
  EXPECT_EQ(source.providers[0].id, "p2");
  EXPECT_EQ(source.providers[1].id, "p1");
  this->harness.put_system_settings(operations.name, {"b/model", {}, "", "gone"});
  EXPECT_THAT(this->store().find_config_source(operations)->providers, IsEmpty());
}

TYPED_TEST_P(StoreConformance, ConfiguresASystemAgentWithoutProviderFromActiveAdmins) {
  this->insert_operations();
  this->harness.put_provider(provider("p1", "admin-1", "a"));
  this->harness.put_provider(provider("p2", "admin-2", "b"));
  this->harness.put_provider(provider("p3", "alice", "c"));
  this->harness.put_breakglass_user("admin-1", true);
  this->harness.put_breakglass_user("admin-2", false);
  const auto source = this->store().find_config_source(operations).value();
  ASSERT_EQ(source.providers.size(), 1u);
  EXPECT_EQ(source.providers[0].id, "p1");
}

// What was changed back is the same again, and a process may have read what it was in between.
TYPED_TEST_P(StoreConformance, GivesAConfigurationAnotherVersionWhateverOfItChangesEvenBack) {
  this->insert_alice();
  this->insert_operations();
  const auto moves = [&](const ResourceKey& key, const auto& change) {
    const auto before = this->version(key);
    change();
    return this->version(key) != before;
  };
  for (const auto& [key, owner] : {std::pair{alice, "alice"}, {operations, "admin"}}) {
    SCOPED_TRACE(owner);
    std::vector<std::string> versions{this->version(key)};
    const auto changed = [&] { versions.push_back(this->version(key)); };
    if (key == operations) {
      this->harness.put_breakglass_user("admin", true);
      changed();
    }
    ProviderRow row = provider(std::string("p-") + owner, owner, "one");
    for (const char* url :
         {"http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", "http://127.0.0.1:1/v1"}) {
      row.base_url = url;
      this->harness.put_provider(row);
      changed();
    }
    for (const auto& [setting, value] : {std::pair{"fleet.toolProfile", "coding"},
                                         {"fleet.toolProfile", "minimal"},
                                         {"fleet.providerKeys", "injected"},
                                         {"fleet.providerKeys", "delivered"}}) {
      this->store().put_setting(setting, value);
      changed();
    }
    EXPECT_EQ(std::set(versions.begin(), versions.end()).size(), versions.size());
  }
  for (const char* model : {"one/a", "one/b", "one/a"}) {
    EXPECT_TRUE(moves(alice, [&] {
      this->harness.put_user_settings("alice", {model, {}, "", ""});
    }));
    EXPECT_TRUE(moves(operations, [&] {
      this->harness.put_system_settings(operations.name, {model, {}, "", ""});
    }));
  }
}

TYPED_TEST_P(StoreConformance, KeepsTheVersionOfAConfigurationThroughAllElse) {
  this->insert_alice();
  this->insert_operations();
  const auto before = std::pair(this->version(alice), this->version(operations));
  EXPECT_EQ(this->version(alice), before.first);
  this->store().touch(alice, at(1));
  this->store().record_activity({"api", at(2), {{alice, at(5000)}}, {}});
  for (const auto& key : {alice, operations}) {
    this->store().request_restart(key, at(3));
    this->store().set_desired_state(key, DesiredState::running);
    this->store().write_status(key, full_status(), 0);
  }
  this->store().put_setting("fleet.image", "another");
  this->harness.put_provider(provider("p3", "mallory", "another's"));
  EXPECT_EQ(std::pair(this->version(alice), this->version(operations)), before);
}

TYPED_TEST_P(StoreConformance, BeginsAnEmptyCursorNow) {
  this->insert_alice();
  const auto batch = this->store().changes_since("");
  EXPECT_TRUE(batch.relist);
  EXPECT_THAT(batch.keys, IsEmpty());
  EXPECT_FALSE(batch.cursor.empty());
  EXPECT_TRUE(this->store().changes_since("no cursor of ours").relist);
}

TYPED_TEST_P(StoreConformance, SeesEveryKindOfChangeSinceTheLastLook) {
  this->insert_alice();
  this->insert_operations();
  auto cursor = this->store().changes_since("").cursor;
  const auto look = [&] {
    auto batch = this->store().changes_since(cursor);
    EXPECT_FALSE(batch.relist);
    cursor = batch.cursor;
    return batch.keys;
  };
  this->harness.insert_agent(user_row(bob, "bob"));
  EXPECT_THAT(look(), Contains(bob));
  this->harness.set_image(alice, "image:2");
  EXPECT_THAT(look(), Contains(alice));
  this->store().touch(alice, at(1));
  EXPECT_THAT(look(), Contains(alice));
  this->store().record_activity({"api", at(2), {{bob, at(1)}}, {}});
  EXPECT_THAT(look(), Contains(bob));
  this->harness.put_provider(provider("p1", "alice", "a"));
  EXPECT_THAT(look(), Contains(alice));
  this->harness.put_user_settings("bob", {"a/model", {}, "", ""});
  EXPECT_THAT(look(), Contains(bob));
  this->harness.put_breakglass_user("admin", true);
  EXPECT_THAT(look(), Contains(operations));
  this->harness.put_provider(provider("p2", "admin", "a"));
  EXPECT_THAT(look(), Contains(operations));
  this->harness.delete_agent(bob);
  EXPECT_THAT(look(), Contains(bob));
}

TYPED_TEST_P(StoreConformance, SeesChangedSettingsOfTheFleetOnly) {
  auto cursor = this->store().changes_since("").cursor;
  this->store().put_setting("oidc.clientId", "x");
  EXPECT_FALSE(this->store().changes_since(cursor).settings_changed);
  this->store().put_setting("fleet.image", "x");
  EXPECT_TRUE(this->store().changes_since(cursor).settings_changed);
}

TYPED_TEST_P(StoreConformance, WritesStatusWithoutTouchingTheSpec) {
  this->insert_alice();
  const auto cursor = this->store().changes_since("").cursor;
  ASSERT_TRUE(this->store().write_status(alice, full_status(), 0));
  const AgentRow row = this->read(alice);
  EXPECT_EQ(row.status, full_status());
  EXPECT_EQ(row.generation, 1);
  EXPECT_EQ(row.container_name, "mosaic-user-alice");
  EXPECT_FALSE(this->store().changes_since(cursor).relist);
  ASSERT_TRUE(this->store().write_status(alice, AgentStatus{}, 0));
  EXPECT_EQ(this->read(alice).status, AgentStatus{});
  EXPECT_FALSE(this->store().write_status(bob, full_status(), 0));
}

TYPED_TEST_P(StoreConformance, WritesStatusOfSystemAgents) {
  this->insert_operations();
  ASSERT_TRUE(this->store().write_status(operations, full_status(), 0));
  EXPECT_EQ(this->read(operations).status, full_status());
  EXPECT_TRUE(
      this->store().write_status_if_idle(operations, AgentStatus{}, std::nullopt, std::nullopt, 0));
}

TYPED_TEST_P(StoreConformance, TakesAnyBytesInAStatus) {
  this->insert_alice();
  AgentStatus status;
  status.last_error = std::string("engine said \xff\xfe and \0 nothing", 28);
  set_condition(status, "Ready", ConditionStatus::no, "Broken", status.last_error, at(1));
  EXPECT_TRUE(this->store().write_status(alice, status, 0));
  EXPECT_THAT(this->read(alice).status.last_error, testing::StartsWith("engine said "));
}

TYPED_TEST_P(StoreConformance, RefusesWritesOfAFormerLeader) {
  this->insert_alice();
  this->store().request_deletion(alice, false, at(1));
  const Term old_term = this->store().acquire_lease("first", Duration(-1000), "").value();
  const Term new_term = this->store().acquire_lease("second", std::chrono::hours(1), "").value();
  EXPECT_GT(new_term, old_term);
  EXPECT_FALSE(this->store().write_status(alice, full_status(), old_term));
  EXPECT_FALSE(this->store().write_status_if_idle(alice, full_status(), std::nullopt, std::nullopt,
                                                  old_term));
  EXPECT_FALSE(this->finish_deletion(old_term));
  EXPECT_EQ(this->read(alice).status, AgentStatus{});
  EXPECT_TRUE(this->store().write_status(alice, full_status(), new_term));
  EXPECT_TRUE(this->finish_deletion(new_term));
}

TYPED_TEST_P(StoreConformance, PutsNobodyToSleepWhoseActivityMoved) {
  this->insert_alice();
  AgentStatus asleep;
  asleep.phase = Phase::stopping;
  this->store().touch(alice, at(1000));
  EXPECT_FALSE(this->store().write_status_if_idle(alice, asleep, std::nullopt, std::nullopt, 0));
  EXPECT_FALSE(this->store().write_status_if_idle(alice, asleep, at(999), std::nullopt, 0));
  EXPECT_TRUE(this->store().write_status_if_idle(alice, asleep, at(1000), std::nullopt, 0));
  this->store().record_activity({"api", at(1000), {{alice, at(5000)}}, {}});
  EXPECT_FALSE(this->store().write_status_if_idle(alice, asleep, at(1000), std::nullopt, 0));
  EXPECT_TRUE(this->store().write_status_if_idle(alice, asleep, at(1000), at(5000), 0));
  EXPECT_EQ(this->read(alice).status.phase, Phase::stopping);
}

TYPED_TEST_P(StoreConformance, FinishesOnlyDeletionsThatWereAskedFor) {
  this->insert_alice();
  EXPECT_FALSE(this->finish_deletion(0));
  EXPECT_FALSE(this->store().was_deleted(alice));
  this->store().request_deletion(alice, true, at(1));
  EXPECT_TRUE(this->finish_deletion(0));
  EXPECT_FALSE(this->store().find_agent(alice).has_value());
  EXPECT_TRUE(this->store().was_deleted(alice));
  EXPECT_FALSE(this->store().finish_deletion(alice, 2, 0));
}

TYPED_TEST_P(StoreConformance, FinishesNoDeletionOfWhichMoreIsAskedByNow) {
  for (const auto& key : {alice, operations}) {
    this->harness.insert_agent(key == alice ? user_row(alice, "alice") : system_row());
    this->store().request_deletion(key, false, at(1));
    const auto decided_upon = this->read(key).generation;
    this->store().request_deletion(key, true, at(2));
    EXPECT_FALSE(this->store().finish_deletion(key, decided_upon, 0));
    EXPECT_TRUE(this->read(key).purge);
    EXPECT_TRUE(this->store().finish_deletion(key, this->read(key).generation, 0));
  }
}

TYPED_TEST_P(StoreConformance, TellsADeletedRowFromALostOne) {
  this->insert_alice();
  this->harness.insert_agent(user_row(bob, "bob"));
  this->insert_operations();
  this->harness.delete_agent(alice);
  this->harness.delete_agent(operations);
  this->harness.lose_agent(bob);
  EXPECT_TRUE(this->store().was_deleted(alice));
  EXPECT_TRUE(this->store().was_deleted(operations));
  EXPECT_FALSE(this->store().was_deleted(bob));
  EXPECT_FALSE(this->store().was_deleted(ResourceKey(ResourceKind::system_container, alice.name)));
  this->insert_alice();
  EXPECT_FALSE(this->store().was_deleted(alice));
}

TYPED_TEST_P(StoreConformance, MakesANewGenerationOfEverySpecChangeAndNothingElse) {
  this->insert_alice();
  std::int64_t generation = this->read(alice).generation;
  const auto grew = [&] {
    const auto now = this->read(alice).generation;
    const bool result = now == generation + 1;
    generation = now;
    return result;
  };
  this->harness.set_image(alice, "image:2");
  EXPECT_TRUE(grew());
  this->harness.set_image(alice, "image:2");
  EXPECT_FALSE(grew());
  EXPECT_TRUE(this->store().set_desired_state(alice, DesiredState::running));
  EXPECT_TRUE(grew());
  EXPECT_TRUE(this->store().set_desired_state(alice, DesiredState::running));
  EXPECT_FALSE(grew());
  EXPECT_TRUE(this->store().request_restart(alice, at(9)));
  EXPECT_TRUE(grew());
  EXPECT_TRUE(this->store().request_deletion(alice, false, at(9)));
  EXPECT_TRUE(grew());
  this->store().touch(alice, at(10));
  this->store().record_activity({"api", at(12), {{alice, at(11)}}, {}});
  this->store().write_status(alice, full_status(), 0);
  EXPECT_EQ(this->read(alice).generation, generation);
}

TYPED_TEST_P(StoreConformance, KeepsWhatWasAskedFor) {
  this->insert_alice();
  EXPECT_TRUE(this->store().request_restart(alice, at(5)));
  EXPECT_TRUE(this->store().request_deletion(alice, true, at(6)));
  EXPECT_TRUE(this->store().request_deletion(alice, false, at(7)));
  const AgentRow row = this->read(alice);
  EXPECT_EQ(row.restarted_at, at(5));
  EXPECT_EQ(row.deletion_requested_at, at(6));
  EXPECT_TRUE(row.purge);
}

TYPED_TEST_P(StoreConformance, KeepsTheTokenInForceUntilTheNextOneIsInstalled) {
  this->insert_alice();
  this->insert_operations();
  for (const auto& key : {alice, operations}) {
    const AgentRow before = this->read(key);
    EXPECT_FALSE(this->store().install_token(key, "enc:next", 0)) << "none was asked for";
    EXPECT_TRUE(this->store().replace_token(key, "enc:skipped"));
    EXPECT_TRUE(this->store().replace_token(key, "enc:next"));
    const AgentRow asked = this->read(key);
    EXPECT_EQ(asked.gateway_token, before.gateway_token);
    EXPECT_EQ(asked.next_gateway_token, "enc:next");
    EXPECT_EQ(asked.generation, before.generation + 2);
    EXPECT_EQ(this->store().find_config_source(key)->gateway_token, before.gateway_token);
    EXPECT_FALSE(this->store().install_token(key, "enc:skipped", 0));
    EXPECT_FALSE(this->store().install_token(key, "enc:next", -1)) << "a former leader";
    EXPECT_TRUE(this->store().install_token(key, "enc:next", 0));
    const AgentRow installed = this->read(key);
    EXPECT_EQ(installed.gateway_token, "enc:next");
    EXPECT_EQ(installed.next_gateway_token, "");
    EXPECT_EQ(installed.generation, asked.generation) << "what was asked for has not changed";
  }
}

TYPED_TEST_P(StoreConformance, KeepsAWishToMoveUntilThatVeryMoveHasEnded) {
  this->insert_alice();
  this->insert_operations();
  for (const auto& key : {alice, operations}) {
    const AgentRow before = this->read(key);
    EXPECT_TRUE(before.move_to_node.empty());
    EXPECT_FALSE(this->store().end_move(key, "n2", 0)) << "none was asked for";
    EXPECT_TRUE(this->store().request_move(key, "n2", true));
    EXPECT_EQ(this->read(key).move_to_node, "n2");
    EXPECT_TRUE(this->read(key).move_without_state);
    EXPECT_TRUE(this->store().request_move(key, "n3", false));
    const AgentRow asked = this->read(key);
    EXPECT_EQ(asked.move_to_node, "n3");
    EXPECT_FALSE(asked.move_without_state);
    EXPECT_EQ(asked.generation, before.generation + 2);
    EXPECT_FALSE(this->store().end_move(key, "n2", 0)) << "it is to go elsewhere by now";
    EXPECT_FALSE(this->store().end_move(key, "n3", -1)) << "a former leader";
    EXPECT_TRUE(this->store().end_move(key, "n3", 0));
    const AgentRow ended = this->read(key);
    EXPECT_TRUE(ended.move_to_node.empty());
    EXPECT_EQ(ended.generation, asked.generation) << "what was asked for has come true";
  }
}

TYPED_TEST_P(StoreConformance, SaysWhenThereIsNoSuchRow) {
  EXPECT_FALSE(this->store().touch(alice, at(1)));
  EXPECT_FALSE(this->store().touch(operations, at(1)));
  EXPECT_FALSE(this->store().set_desired_state(alice, DesiredState::running));
  EXPECT_FALSE(this->store().request_restart(operations, at(1)));
  EXPECT_FALSE(this->store().request_deletion(alice, true, at(1)));
  EXPECT_FALSE(this->store().replace_token(alice, "enc:next"));
  EXPECT_FALSE(this->store().install_token(alice, "enc:next", 0));
  EXPECT_FALSE(this->store().request_move(alice, "n2", false));
  EXPECT_FALSE(this->store().end_move(alice, "n2", 0));
  this->store().record_activity({"api", at(1), {{alice, at(1)}}, {}});
  this->insert_operations();
  EXPECT_TRUE(this->store().touch(operations, at(1)));
  EXPECT_TRUE(this->store().request_restart(operations, at(1)));
}

TYPED_TEST_P(StoreConformance, MovesActivityForwardOnly) {
  this->insert_alice();
  this->harness.insert_agent(user_row(bob, "bob"));
  this->store().record_activity({"api", at(50), {{alice, at(100)}, {bob, at(200)}}, {}});
  this->store().record_activity({"api", at(40), {{alice, at(90)}}, {}});
  this->store().touch(bob, at(45));
  EXPECT_EQ(this->read(alice).busy_until, at(100));
  EXPECT_EQ(this->read(alice).last_active_at, at(50));
  EXPECT_EQ(this->read(bob).busy_until, at(200));
  EXPECT_EQ(this->read(bob).last_active_at, at(50));
}

TYPED_TEST_P(StoreConformance, AProcessTakesBackItsOwnHoldAndNoOther) {
  this->insert_alice();
  const auto hold = [&](const char* process, std::int64_t until) {
    this->store().record_activity({process, at(10), {{alice, at(until)}}, {}});
    return this->read(alice).busy_until;
  };
  const auto let_go = [&](const char* process, std::int64_t until) {
    this->store().record_activity({process, at(20), {}, {{alice, at(until)}}});
    return this->read(alice).busy_until;
  };
  EXPECT_EQ(hold("first", 5000), at(5000));
  EXPECT_EQ(hold("second", 4000), at(5000));
  EXPECT_EQ(hold("third", 3000), at(5000));
  EXPECT_EQ(let_go("first", 5000), at(4000));
  EXPECT_EQ(let_go("first", 9000), at(4000)) << "there is nothing of it any more";
  EXPECT_EQ(let_go("third", 3000), at(4000));
  EXPECT_EQ(let_go("second", 4000), at(20)) << "nobody holds it";
  EXPECT_EQ(this->read(alice).last_active_at, at(20));
}

TYPED_TEST_P(StoreConformance, WhatIsTakenBackLateIsNothingThatWasHeldSince) {
  this->insert_alice();
  this->store().record_activity({"api", at(10), {{alice, at(5000)}}, {}});
  this->store().record_activity({"api", at(10), {{alice, at(5001)}}, {}});
  this->store().record_activity({"api", at(20), {}, {{alice, at(5000)}}});
  EXPECT_EQ(this->read(alice).busy_until, at(5001));
}

TYPED_TEST_P(StoreConformance, NobodyTakesBackWhatStandsBeyondAllHolds) {
  AgentRow row = user_row(alice, "alice");
  row.busy_until = at(8000);
  this->harness.insert_agent(row);
  this->store().record_activity({"api", at(10), {{alice, at(5000)}}, {}});
  EXPECT_EQ(this->read(alice).busy_until, at(8000));
  this->store().record_activity({"api", at(20), {}, {{alice, at(5000)}}});
  EXPECT_EQ(this->read(alice).busy_until, at(8000));
}

TYPED_TEST_P(StoreConformance, CountsAnEventThatRepeatsItself) {
  const auto event = [](const ResourceKey& key, std::int64_t when, const std::string& reason) {
    Event result;
    result.key = key;
    result.at = at(when);
    result.reason = reason;
    result.message = "it's \"so\"";
    result.severity = EventSeverity::warning;
    return result;
  };
  this->store().append_event(event(alice, 1, "Failed"));
  this->store().append_event(event(bob, 2, "Failed"));
  this->store().append_event(event(alice, 3, "Failed"));
  this->store().append_event(event(alice, 4, "Started"));
  this->store().append_event(event(alice, 5, "Failed"));
  const auto events = this->store().events({alice, 0, 100});
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].reason, "Failed");
  EXPECT_EQ(events[0].count, 1);
  EXPECT_EQ(events[1].reason, "Started");
  EXPECT_EQ(events[2].count, 2);
  EXPECT_EQ(events[2].at, at(3));
  EXPECT_EQ(events[2].message, "it's \"so\"");
  EXPECT_EQ(events[2].severity, EventSeverity::warning);
  EXPECT_EQ(this->store().events({}).size(), 4u);
  EXPECT_EQ(this->store().events({std::nullopt, 0, 2}).size(), 2u);
  EXPECT_EQ(this->store().events({std::nullopt, events[1].id, 10}).size(), 1u);
}

TYPED_TEST_P(StoreConformance, GivesOlderEventsPageByPage) {
  std::vector<std::string> written;
  for (int index = 0; index < 7; ++index) {
    Event event;
    event.key = index == 3 ? bob : alice;
    event.at = at(index);
    event.reason = "Reason" + std::to_string(index);
    this->store().append_event(event);
    if (index != 3) written.insert(written.begin(), event.reason);
  }
  std::vector<std::string> seen;
  EventQuery query;
  query.key = alice;
  query.limit = 2;
  for (int pages = 0; pages < 10; ++pages) {
    const auto page = this->store().events(query);
    for (const auto& event : page) seen.push_back(event.reason);
    if (page.empty()) break;
    query.before_id = page.back().id;
  }
  EXPECT_EQ(seen, written);
}

TYPED_TEST_P(StoreConformance, PrunesOldAndManyEvents) {
  for (int index = 0; index < 10; ++index) {
    Event event;
    event.key = index == 0 ? bob : alice;
    event.at = at(index);
    event.reason = "Reason" + std::to_string(index);
    this->store().append_event(event);
  }
  EXPECT_EQ(this->store().prune_events(5, at(0)), 4);
  EXPECT_EQ(this->store().events({alice, 0, 100}).size(), 5u);
  EXPECT_EQ(this->store().events({bob, 0, 100}).size(), 1u);
  EXPECT_EQ(this->store().prune_events(5, at(8)), 4);
  EXPECT_EQ(this->store().events({}).size(), 2u);
}

TYPED_TEST_P(StoreConformance, LetsOnlyOneHoldTheLease) {
  EXPECT_EQ(this->store().lease().holder, "");
  const Term term = this->store().acquire_lease("first", std::chrono::hours(1), "").value();
  EXPECT_GE(term, 1);
  EXPECT_FALSE(this->store().acquire_lease("second", std::chrono::hours(1), "").has_value());
  EXPECT_FALSE(this->store().acquire_lease("second", std::chrono::hours(1), "third").has_value());
  EXPECT_EQ(this->store().acquire_lease("first", std::chrono::hours(1), ""), term);
  EXPECT_TRUE(this->store().renew_lease("first", term, std::chrono::hours(2)));
  EXPECT_FALSE(this->store().renew_lease("second", term, std::chrono::hours(2)));
  EXPECT_FALSE(this->store().renew_lease("first", term + 1, std::chrono::hours(2)));
  const LeaseView view = this->store().lease();
  EXPECT_EQ(view.holder, "first");
  EXPECT_EQ(view.term, term);
  ASSERT_TRUE(view.expires_at.has_value());
  EXPECT_GT(*view.expires_at, real_now() + std::chrono::minutes(90));
}

TYPED_TEST_P(StoreConformance, SaysSinceWhenOneLeadsAndWhoStandsBy) {
  EXPECT_FALSE(this->store().lease().since);
  const Term term = this->store().acquire_lease("first", std::chrono::hours(1), "").value();
  const auto since = this->store().lease().since;
  ASSERT_TRUE(since);
  EXPECT_TRUE(this->store().lease().standbys.empty());
  EXPECT_FALSE(this->store().acquire_lease("third", std::chrono::hours(1), ""));
  EXPECT_FALSE(this->store().acquire_lease("second", std::chrono::hours(1), ""));
  EXPECT_EQ(this->store().acquire_lease("first", std::chrono::hours(1), ""), term);
  EXPECT_EQ(this->store().lease().since, since) << "taking what is held already begins nothing";
  EXPECT_EQ(this->store().lease().standbys, (std::vector<std::string>{"second", "third"}));
  this->store().release_lease("first", term);
  EXPECT_FALSE(this->store().lease().since);
  ASSERT_TRUE(this->store().acquire_lease("third", std::chrono::hours(1), ""));
  EXPECT_EQ(this->store().lease().standbys, std::vector<std::string>{"second"});
}

TYPED_TEST_P(StoreConformance, GivesTheLeaseOnWithANewTerm) {
  const Term first = this->store().acquire_lease("first", Duration(-1000), "").value();
  const Term second = this->store().acquire_lease("second", std::chrono::hours(1), "").value();
  EXPECT_GT(second, first);
  EXPECT_FALSE(this->store().renew_lease("first", first, std::chrono::hours(1)));
  const Term third = this->store().acquire_lease("third", std::chrono::hours(1), "second").value();
  EXPECT_GT(third, second);
  this->store().release_lease("second", second);
  EXPECT_EQ(this->store().lease().holder, "third");
  this->store().release_lease("third", third);
  EXPECT_EQ(this->store().lease().holder, "");
  EXPECT_EQ(this->store().lease().term, third);
  EXPECT_GT(this->store().acquire_lease("fourth", std::chrono::hours(1), "").value(), third);
}

// A database that failed over may not know of the last term; a count would be handed out again.
TYPED_TEST_P(StoreConformance, HandsOutTermsThatOneThatForgotWouldNotRepeat) {
  const Term long_ago = 1'700'000'000'000;
  EXPECT_GT(this->store().acquire_lease("first", std::chrono::hours(1), "").value(), long_ago);
}

TYPED_TEST_P(StoreConformance, AnnouncesChangesOfSpec) {
  this->insert_alice();
  EXPECT_THAT(this->heard_during([&] { this->harness.insert_agent(user_row(bob, "bob")); }),
              ElementsAre("user/agent-bob"));
  EXPECT_THAT(this->heard_during([&] { this->insert_operations(); }),
              ElementsAre("system/agent-operations"));
  EXPECT_THAT(this->heard_during([&] { this->harness.set_image(alice, "image:2"); }),
              ElementsAre("user/agent-alice"));
  EXPECT_THAT(this->heard_during([&] { this->harness.set_image(alice, "image:2"); }), IsEmpty());
  EXPECT_THAT(this->heard_during([&] { this->store().request_restart(operations, at(1)); }),
              ElementsAre("system/agent-operations"));
  EXPECT_THAT(this->heard_during([&] { this->harness.put_provider(provider("p1", "alice", "a")); }),
              ElementsAre("user/agent-alice"));
  EXPECT_THAT(this->heard_during([&] {
    this->harness.put_user_settings("bob", {"m", {}, "", ""});
  }),
              ElementsAre("user/agent-bob"));
  EXPECT_THAT(this->heard_during([&] { this->harness.delete_agent(bob); }),
              ElementsAre("user/agent-bob"));
}

TYPED_TEST_P(StoreConformance, AnnouncesActivityOnlyWhereItWakes) {
  TimePoint now = real_now();
  const auto touch = [&] {
    now += Duration(1);
    return this->heard_during([&] { this->store().touch(alice, now); });
  };
  this->insert_alice();
  EXPECT_THAT(touch(), ElementsAre("wake user/agent-alice"));
  EXPECT_THAT(touch(), ElementsAre("wake user/agent-alice"));
  AgentStatus status;
  for (const Phase awake :
       {Phase::waiting, Phase::pulling, Phase::starting, Phase::running, Phase::draining}) {
    status.phase = awake;
    ASSERT_TRUE(this->store().write_status(alice, status, 0));
    EXPECT_THAT(touch(), IsEmpty()) << to_string(awake);
  }
  EXPECT_THAT(this->heard_during([&] {
    this->store().record_activity({"api", now + Duration(1), {{alice, now}}, {}});
  }),
              IsEmpty());
  now += Duration(1);
  for (const Phase asleep :
       {Phase::stopping, Phase::stopped, Phase::paused, Phase::hibernated, Phase::failed}) {
    status.phase = asleep;
    ASSERT_TRUE(this->store().write_status(alice, status, 0));
    EXPECT_THAT(touch(), ElementsAre("wake user/agent-alice")) << to_string(asleep);
  }
  this->store().set_desired_state(alice, DesiredState::stopped);
  EXPECT_THAT(touch(), IsEmpty());
}

TYPED_TEST_P(StoreConformance, AnnouncesATouchAtTheIdleDeadline) {
  AgentRow row = user_row(alice, "alice");
  row.idle_timeout = std::chrono::minutes(10);
  row.last_active_at = real_now() - std::chrono::minutes(11);
  this->harness.insert_agent(row);
  AgentStatus status;
  status.phase = Phase::running;
  ASSERT_TRUE(this->store().write_status(alice, status, 0));
  EXPECT_THAT(this->heard_during([&] { this->store().touch(alice, real_now()); }),
              ElementsAre("wake user/agent-alice"));
  EXPECT_THAT(this->heard_during([&] { this->store().touch(alice, real_now() + Duration(1)); }),
              IsEmpty());
}

// Ten seconds of a running turn are no change; the end of the agent's time, its sleep and what is taken back are.
TYPED_TEST_P(StoreConformance, LooksPastActivityThatOnlyProlongs) {
  AgentRow row = user_row(alice, "alice");
  row.idle_timeout = std::chrono::minutes(10);
  row.last_active_at = real_now();
  this->harness.insert_agent(row);
  AgentStatus status;
  status.phase = Phase::running;
  ASSERT_TRUE(this->store().write_status(alice, status, 0));
  std::string cursor = this->settled_cursor();
  int seconds = 0;
  const auto seen_after_activity = [&] {
    const TimePoint now = real_now() + std::chrono::seconds(++seconds);
    this->store().record_activity({"api", now, {{alice, now + std::chrono::seconds(30)}}, {}});
    const ChangeBatch batch = this->store().changes_since(cursor);
    cursor = batch.cursor;
    return !batch.keys.empty();
  };
  EXPECT_FALSE(seen_after_activity());
  EXPECT_FALSE(seen_after_activity());
  status.phase = Phase::stopping;
  ASSERT_TRUE(this->store().write_status(alice, status, 0));
  EXPECT_TRUE(seen_after_activity());
}

// The end of a turn moves nothing while the agent has time left, unless a restart waits for it.
TYPED_TEST_P(StoreConformance, HearsOfTheEndOfATurnWhereSomethingWaitsForIt) {
  AgentRow row = user_row(alice, "alice");
  row.idle_timeout = std::chrono::minutes(10);
  row.last_active_at = real_now();
  this->harness.insert_agent(row);
  const auto changes_by_a_turns_end = [&](Phase phase, Duration held_for) {
    AgentStatus status;
    status.phase = phase;
    EXPECT_TRUE(this->store().write_status(alice, status, 0));
    const TimePoint now = real_now();
    this->store().record_activity({"api", now, {{alice, now + held_for}}, {}});
    auto cursor = this->settled_cursor();
    this->store().record_activity({"api", now, {}, {{alice, now + held_for}}});
    return !this->store().changes_since(cursor).keys.empty();
  };
  EXPECT_FALSE(changes_by_a_turns_end(Phase::running, std::chrono::minutes(1)));
  EXPECT_TRUE(changes_by_a_turns_end(Phase::running, std::chrono::minutes(11)));
  EXPECT_TRUE(changes_by_a_turns_end(Phase::draining, std::chrono::minutes(1)));
  EXPECT_THAT(this->heard_during([&] { changes_by_a_turns_end(Phase::running, Duration(1000)); }),
              IsEmpty());
  EXPECT_THAT(this->heard_during([&] { changes_by_a_turns_end(Phase::draining, Duration(1000)); }),
              ElementsAre("user/agent-alice"));
}

TYPED_TEST_P(StoreConformance, AnnouncesNoStatus) {
  this->insert_alice();
  EXPECT_THAT(this->heard_during([&] { this->store().write_status(alice, full_status(), 0); }),
              IsEmpty());
}

TYPED_TEST_P(StoreConformance, HasAnInstanceIdThatStays) {
  const std::string id = this->store().instance_id();
  EXPECT_EQ(id.size(), 32u);
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(this->store().instance_id(), id);
}

REGISTER_TYPED_TEST_SUITE_P(
    StoreConformance, ReadsBackEveryColumnOfAUserAgent, ReadsBackEveryColumnOfASystemAgent,
    FindsNothingUnderAnyOtherKey, KeepsATombstoneUntilItIsOld, FindsAnIdWhateverItsKind,
    VisitsEveryRowOfBothKindsOnce, GivesSettingsByPrefix, ConfiguresAUserAgentFromItsOwnersRows,
    ConfiguresASystemAgentFromItsProvidersOwner,
    ConfiguresASystemAgentWithoutProviderFromActiveAdmins,
    GivesAConfigurationAnotherVersionWhateverOfItChangesEvenBack,
    KeepsTheVersionOfAConfigurationThroughAllElse, BeginsAnEmptyCursorNow,
    SeesEveryKindOfChangeSinceTheLastLook, SeesChangedSettingsOfTheFleetOnly,
    WritesStatusWithoutTouchingTheSpec, WritesStatusOfSystemAgents, TakesAnyBytesInAStatus,
    RefusesWritesOfAFormerLeader, PutsNobodyToSleepWhoseActivityMoved,
    FinishesOnlyDeletionsThatWereAskedFor, FinishesNoDeletionOfWhichMoreIsAskedByNow,
    TellsADeletedRowFromALostOne, MakesANewGenerationOfEverySpecChangeAndNothingElse,
    KeepsWhatWasAskedFor, KeepsTheTokenInForceUntilTheNextOneIsInstalled,
    KeepsAWishToMoveUntilThatVeryMoveHasEnded, SaysWhenThereIsNoSuchRow, MovesActivityForwardOnly,
    AProcessTakesBackItsOwnHoldAndNoOther, WhatIsTakenBackLateIsNothingThatWasHeldSince,
    NobodyTakesBackWhatStandsBeyondAllHolds, CountsAnEventThatRepeatsItself,
    GivesOlderEventsPageByPage, PrunesOldAndManyEvents, LetsOnlyOneHoldTheLease,
    SaysSinceWhenOneLeadsAndWhoStandsBy, GivesTheLeaseOnWithANewTerm,
    HandsOutTermsThatOneThatForgotWouldNotRepeat, AnnouncesChangesOfSpec,
    AnnouncesActivityOnlyWhereItWakes, AnnouncesATouchAtTheIdleDeadline,
    LooksPastActivityThatOnlyProlongs, HearsOfTheEndOfATurnWhereSomethingWaitsForIt,
    AnnouncesNoStatus, HasAnInstanceIdThatStays);

}  // namespace mosaic::conformance
