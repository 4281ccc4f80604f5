// The reading half of PostgresStore.
#include "store/postgres_store.hpp"

#include <string_view>

#include "store/agent_columns.hpp"
#include "store/change_feed.hpp"
#include "store/column_text.hpp"
#include "store/config_source.hpp"
#include "store/connection_pool.hpp"
#include "store/copy_line.hpp"

namespace mosaic {
namespace {

// "UserContainer" or "SystemContainer": which of two statements a key needs. Nothing for other
// kinds, and for names that no row can have.
bool is_agent(const ResourceKey& key) {
  return key.kind != ResourceKind::orphan && is_storable(key.name);
}

}  // namespace

PostgresStore::PostgresStore(Database& database) : database_(database) {}

std::optional<AgentRow> PostgresStore::find_agent(const ResourceKey& key) {
  static const std::string user_sql =
      std::string("SELECT ") + user_agent_columns + R"( FROM "UserContainer" WHERE "id" = $1)";
  static const std::string system_sql =
      std::string("SELECT ") + system_agent_columns + R"( FROM "SystemContainer" WHERE "id" = $1)";
  if (!is_agent(key)) return std::nullopt;
  const bool user = key.kind == ResourceKind::user_container;
  const Statement statement = user ? Statement{"find_user_agent", user_sql.c_str()}
                                   : Statement{"find_system_agent", system_sql.c_str()};
  return database_.pool().perform("find agent", Repeat::safely,
                                  [&](Session& session) -> std::optional<AgentRow> {
                                    const auto result = session.run(statement, {key.name});
                                    if (result.empty()) return std::nullopt;
                                    return decode_agent(result[0]);
                                  });
}

namespace {

std::string without_conditions(std::string columns) {
  const std::string name = R"("conditions")";
  return columns.replace(columns.find(name), name.size(), "'[]'");
}

}  // namespace

void PostgresStore::for_each_agent(const std::function<void(AgentRow&&)>& visitor) {
  copy_agents(user_agent_columns, system_agent_columns, visitor);
}

void PostgresStore::scan_agents(const std::function<void(AgentRow&&)>& visitor) {
  copy_agents(without_conditions(user_agent_columns), without_conditions(system_agent_columns),
              visitor);
}

namespace {

constexpr Duration listing_timeout = std::chrono::seconds(120);

}  // namespace

// COPY streams: the server sends while we read, nothing is kept, and one statement is one snapshot.
void PostgresStore::copy_agents(const std::string& user_columns, const std::string& system_columns,
                                const std::function<void(AgentRow&&)>& visitor) {
  const std::string source = "(SELECT " + user_columns +
                             R"( FROM "UserContainer" UNION ALL SELECT )" + system_columns +
                             R"( FROM "SystemContainer"))";
  bool visited = false;
  const auto stream_rows = [&](Session& session) {
    pqxx::work transaction(session.connection());
    // The statement lasts as long as its reader.
    transaction.exec("SET LOCAL statement_timeout = " + std::to_string(listing_timeout.count()));
    pqxx::stream_from stream(transaction, source);
    std::string line;
    std::vector<Field> fields;
    while (stream.get_raw_line(line)) {
      visited = true;
      split_copy_line(line, fields);
      visitor(decode_agent(fields));
    }
    stream.complete();
    transaction.commit();
  };
  database_.pool().perform("list agents", Repeat::safely, listing_timeout, [&](Session& session) {
    try {
      stream_rows(session);
    } catch (const pqxx::failure& error) {
      // Rows that the visitor has seen cannot be unseen, so there is no second try then.
      if (visited) throw describe_lost_connection(error);
      throw;
    }
  });
}

std::optional<AgentConfigSource> PostgresStore::find_config_source(const ResourceKey& key) {
  if (!is_agent(key)) return std::nullopt;
  return database_.pool().perform("find configuration", Repeat::safely, [&](Session& session) {
    return decode_config_source(key, session.run(config_source_statement(key.kind), {key.name}));
  });
}

std::vector<ResourceKey> PostgresStore::find_keys(const std::string& id) {
  static constexpr Statement statement{"find_keys", R"(
SELECT 'user' FROM "UserContainer" WHERE "id" = $1 UNION ALL SELECT 'system' FROM "SystemContainer" WHERE "id" = $1)"};
  if (!is_storable(id)) return {};
  return database_.pool().perform("find keys", Repeat::safely, [&](Session& session) {
    std::vector<ResourceKey> keys;
    for (const auto& row : session.run(statement, {id})) {
      keys.emplace_back(parse_resource_kind(row[0].c_str()).value_or(ResourceKind::user_container),
                        id);
    }
    return keys;
  });
}

std::map<std::string, std::string> PostgresStore::settings(const std::string& prefix) {
  static constexpr Statement statement{
      "settings",
      R"(SELECT "key", "value" FROM "SystemConfig" WHERE starts_with("key", $1) AND NOT "encrypted")"};
  return database_.pool().perform("read settings", Repeat::safely, [&](Session& session) {
    std::map<std::string, std::string> values;
    for (const auto& row : session.run(statement, {storable_text(prefix)}))
      values.emplace(row[0].c_str(), row[1].c_str());
    return values;
  });
}

ChangeBatch PostgresStore::changes_since(const std::string& cursor) {
  static const Statement statement{"changes_since", change_feed_sql};
  return database_.pool().perform("look for changes", Repeat::safely, [&](Session& session) {
    ChangeFeedAnswer answer(cursor);
    for (const auto& row : session.run(statement, {answer.parameter()}))
      answer.add_row(row[0].c_str(), row[1].c_str());
    return answer.finish();
  });
}

std::string PostgresStore::instance_id() {
  static constexpr Statement statement{"instance_id", R"(SELECT "id" FROM "mosaic_instance")"};
  const std::lock_guard lock(instance_mutex_);
  if (instance_id_.empty()) {
    instance_id_ =
        database_.pool().perform("read the instance", Repeat::safely, [&](Session& session) {
          const auto result = session.run(statement);
          if (result.empty())
            throw StoreError("the database has lost its instance row; restore it from a backup");
          return std::string(result[0][0].c_str());
        });
  }
  return instance_id_;
}

}  // namespace mosaic
