#include "store/admin_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/postgres_store.hpp"
#include "test/store/test_database.hpp"

namespace mosaic {
namespace {

class AdminStoreTest : public testing::Test {
 protected:
  TestDatabase database;
  Database pool{database.options()};
  AdminStore admin{pool};
  PostgresStore store{pool};
};

TEST_F(AdminStoreTest, ReplacesThePasswordOfAKnownBreakglassUserAndActivatesIt) {
  EXPECT_TRUE(admin.upsert_breakglass("b1", "admin", "hash-1").created);
  database.exec(R"(UPDATE "BreakglassUser" SET "isActive" = false)");
  const auto again = admin.upsert_breakglass("b2", "admin", "hash-2");
  EXPECT_FALSE(again.created);
  EXPECT_EQ(again.id, "b1");
  EXPECT_EQ(database.value(R"(SELECT "passwordHash" || "isActive" FROM "BreakglassUser")"),
            "hash-2true");
  EXPECT_EQ(admin.list_breakglass().size(), 1u);
}

TEST_F(AdminStoreTest, KeepsTheFirstKeyCheck) {
  EXPECT_FALSE(admin.key_check().has_value());
  EXPECT_EQ(admin.store_key_check_once("enc:one"), "enc:one");
  EXPECT_EQ(admin.store_key_check_once("enc:two"), "enc:one");
  EXPECT_EQ(admin.key_check(), "enc:one");
}

TEST_F(AdminStoreTest, CreatesAgentsOnce) {
  NewUserContainer user;
  user.id = "u1";
  user.user_id = "alice";
  user.container_name = "mosaic-user-alice";
  user.gateway_token = "enc:t";
  user.options.memory_mb = 2048;
  EXPECT_TRUE(admin.create_user_container(user));
  user.id = "u2";
  EXPECT_FALSE(admin.create_user_container(user));
  NewSystemContainer system;
  system.id = "s1";
  system.name = "ops";
  system.role = "operations";
  system.gateway_token = "enc:t";
  system.primary_model = "a/m";
  EXPECT_TRUE(admin.create_system_container(system));
  EXPECT_FALSE(admin.create_system_container(system));
  const auto row = store.find_agent(admin.find_user_container("alice").value()).value();
  EXPECT_EQ(row.memory_mb, 2048);
  EXPECT_EQ(row.idle_timeout, std::chrono::minutes(30));
  EXPECT_EQ(admin.find_system_container("ops"), ResourceKey(ResourceKind::system_container, "s1"));
  EXPECT_FALSE(admin.find_user_container("bob").has_value());
  EXPECT_TRUE(admin.set_system_model("s1", "b/m", ""));
  EXPECT_EQ(
      store.find_config_source(ResourceKey(ResourceKind::system_container, "s1"))->primary_model,
      "b/m");
}

TEST_F(AdminStoreTest, WritesProvidersAndPreferences) {
  ProviderRow provider;
  provider.id = "p1";
  provider.owner = "alice";
  provider.name = "local";
  provider.display_name = "Local";
  provider.type = "custom";
  provider.models_json = R"([{"id": "m"}])";
  EXPECT_TRUE(admin.create_provider(provider));
  EXPECT_FALSE(admin.create_provider(provider));
  provider.base_url = "http://x";
  EXPECT_TRUE(admin.update_provider(provider));
  ASSERT_EQ(admin.list_providers("alice").size(), 1u);
  EXPECT_EQ(admin.list_providers("")[0].base_url, "http://x");
  EXPECT_EQ(admin.list_providers("")[0].api_type, "openai-completions");
  admin.put_agent_config({"c1", "alice", "local/m", {"local/n"}, "kind", "p1"});
  admin.put_agent_config({"c2", "alice", "local/o", {}, "", ""});
  EXPECT_EQ(
      database.value(R"(SELECT "id" || "primaryModel" || "fallbackModels" FROM "UserAgentConfig")"),
      "c1local/o[]");
  EXPECT_TRUE(admin.delete_provider("p1"));
  EXPECT_FALSE(admin.delete_provider("p1"));
}

TEST_F(AdminStoreTest, ListsAgentsPageByPage) {
  for (int index = 0; index < 25; ++index) {
    const std::string name = "u" + std::to_string(100 + index);
    NewUserContainer user;
    user.id = name;
    user.user_id = name;
    user.container_name = name;
    user.gateway_token = "t";
    ASSERT_TRUE(admin.create_user_container(user));
  }
  AgentListQuery query;
  query.limit = 10;
  std::vector<std::string> seen;
  for (auto page = admin.list_agents(query); !page.empty(); page = admin.list_agents(query)) {
    for (const auto& row : page) seen.push_back(row.key.name);
    query.after_id = seen.back();
  }
  EXPECT_EQ(seen.size(), 25u);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  AgentListQuery filtered;
  filtered.phase = Phase::running;
  EXPECT_TRUE(admin.list_agents(filtered).empty());
  filtered.phase = Phase::stopped;
  filtered.owner = "u101";
  EXPECT_EQ(admin.list_agents(filtered).size(), 1u);
}

}  // namespace
}  // namespace mosaic
