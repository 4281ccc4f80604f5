// The conformance suite's hands on a real Postgres: plain SQL, as another program would write it.
#pragma once

#include <memory>
#include <string>

#include "store/column_text.hpp"
#include "store/postgres_listener.hpp"
#include "store/postgres_store.hpp"
#include "test/conformance/store/store_harness.hpp"
#include "test/store/test_database.hpp"

namespace mosaic::conformance {

class PostgresHarness final : public StoreHarness {
 public:
  Store& store() override { return store_; }

  void insert_agent(const AgentRow& row) override {
    row.key.kind == ResourceKind::user_container ? insert_user(row) : insert_system(row);
  }
  void set_image(const ResourceKey& key, const std::string& image) override {
    database_.exec("UPDATE " + table(key) + " SET \"image\" = " + sql_text(image) + where(key));
  }
  void delete_agent(const ResourceKey& key) override {
    database_.exec("DELETE FROM " + table(key) + where(key));
  }
  void lose_agent(const ResourceKey& key) override {
    database_.exec("SET session_replication_role = replica; DELETE FROM " + table(key) +
                   where(key));
  }
  void put_provider(const ProviderRow& row) override {
    database_.exec(
        R"(INSERT INTO "LlmProvider" ("id", "userId", "name", "displayName", "type", "baseUrl", "apiKey", "isActive",
           "updatedAt") VALUES ()" +
        sql_text(row.id) + "," + sql_text(row.owner) + "," + sql_text(row.name) + "," +
        sql_text(row.display_name) + "," + sql_text(row.type) + "," + sql_text(row.base_url) + "," +
        sql_text(row.api_key) + "," + (row.active ? "true" : "false") +
        R"(, now()) ON CONFLICT ("id") DO UPDATE SET "userId" = excluded."userId", "name" = excluded."name",
           "displayName" = excluded."displayName", "type" = excluded."type", "baseUrl" = excluded."baseUrl",
           "apiKey" = excluded."apiKey", "isActive" = excluded."isActive")");
  }
  void put_user_settings(const std::string& owner, const AgentSettings& settings) override {
    database_.exec(
        R"(INSERT INTO "UserAgentConfig" ("id", "userId", "primaryModel", "fallbackModels", "personality",
                      "providerId", "updatedAt") VALUES ()" +
        sql_text("config-" + owner) + "," + sql_text(owner) + "," +
        sql_text(settings.primary_model) + "," + sql_text(strings_json(settings.fallback_models)) +
        "," + sql_text(settings.personality) + "," + sql_text(settings.provider_id) +
        R"(, now()) ON CONFLICT ("userId") DO UPDATE SET "primaryModel" = excluded."primaryModel",
           "fallbackModels" = excluded."fallbackModels", "personality" = excluded."personality",
           "providerId" = excluded."providerId")");
  }
  void put_system_settings(const std::string& id, const AgentSettings& settings) override {
    database_.exec(R"(UPDATE "SystemContainer" SET "primaryModel" = )" +
                   sql_text(settings.primary_model) + R"(, "providerId" = NULLIF()" +
                   sql_text(settings.provider_id) + R"(, '') WHERE "id" = )" + sql_text(id));
  }
  void put_breakglass_user(const std::string& id, bool active) override {
    database_.exec(
        R"(INSERT INTO "BreakglassUser" ("id", "username", "passwordHash", "isActive", "updatedAt") VALUES ()" +
        sql_text(id) + "," + sql_text(id) + ", 'x', " + (active ? "true" : "false") + ", now())");
  }
  void listen(RecordingListener& listener) override {
    ListenerOptions options;
    options.poll_interval = std::chrono::hours(1);
    listener_ =
        std::make_unique<PostgresListener>(database_.options(), listener, ListenerHooks{}, options);
    listener_->start();
    // The first relist says that it listens.
    if (!listener.wait_for("relist")) throw std::runtime_error("the listener did not connect");
    listener.take();
  }

  TestDatabase& database() { return database_; }

 private:
  static std::string table(const ResourceKey& key) {
    return key.kind == ResourceKind::user_container ? "\"UserContainer\"" : "\"SystemContainer\"";
  }
  static std::string where(const ResourceKey& key) {
    return " WHERE \"id\" = " + sql_text(key.name);
  }
  static std::string time(const std::optional<TimePoint>& value) {
    return value ? sql_text(timestamp_text(*value)) : "NULL";
  }
  static std::string number(const std::optional<std::int64_t>& value) {
    return value ? std::to_string(*value) : "NULL";
  }

  void insert_user(const AgentRow& row) {
    database_.exec(
        R"(INSERT INTO "UserContainer" ("id", "userId", "containerName", "gatewayToken", "desiredState", "image", "memoryMb",
           "cpuMilli", "lastActiveAt", "busyUntil", "restartedAt", "idleTimeoutMin", "updatedAt") VALUES ()" +
        sql_text(row.key.name) + "," + sql_text(row.owner) + "," + sql_text(row.container_name) +
        "," + sql_text(row.gateway_token) + "," +
        sql_text(std::string(to_string(row.desired_state))) + ", NULLIF(" + sql_text(row.image) +
        ", '')," + number(row.memory_mb) + "," + number(row.cpu_milli) + "," +
        time(row.last_active_at) + "," + time(row.busy_until) + "," + time(row.restarted_at) + "," +
        std::to_string(std::chrono::duration_cast<std::chrono::minutes>(row.idle_timeout).count()) +
        ", now())");
  }
  void insert_system(const AgentRow& row) {
    database_.exec(
        R"(INSERT INTO "SystemContainer" ("id", "name", "role", "gatewayToken", "primaryModel", "isActive", "updatedAt")
           VALUES ()" +
        sql_text(row.key.name) + "," + sql_text(row.owner) + "," + sql_text(row.role) + "," +
        sql_text(row.gateway_token) + ", 'a/model', " + (row.active ? "true" : "false") +
        ", now())");
  }

  TestDatabase database_;
  Database pool_{database_.options()};
  PostgresStore store_{pool_};
  std::unique_ptr<PostgresListener> listener_;
};

}  // namespace mosaic::conformance
