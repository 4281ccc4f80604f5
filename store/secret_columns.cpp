#include "store/secret_columns.hpp"

#include <array>

#include "store/connection_pool.hpp"

namespace mosaic {
namespace {

constexpr const char* id_position = R"("id", '')";
constexpr const char* id_order = R"("id")";
constexpr const char* after_id = R"("id" > $1 AND $2 = '')";

constexpr std::array<SecretColumn, 8> columns{{
    {"provider keys", R"("LlmProvider")", R"("apiKey")", R"("apiKey" LIKE 'enc:%')", id_position,
     id_order, after_id},
    {"users' gateway tokens", R"("UserContainer")", R"("gatewayToken")",
     R"("gatewayToken" LIKE 'enc:%')", id_position, id_order, after_id},
    {"system agents' gateway tokens", R"("SystemContainer")", R"("gatewayToken")",
     R"("gatewayToken" LIKE 'enc:%')", id_position, id_order, after_id},
    {"users' next gateway tokens", R"("UserContainer")", R"("nextGatewayToken")",
     R"("nextGatewayToken" LIKE 'enc:%')", id_position, id_order, after_id},
    {"system agents' next gateway tokens", R"("SystemContainer")", R"("nextGatewayToken")",
     R"("nextGatewayToken" LIKE 'enc:%')", id_position, id_order, after_id},
    {"settings", R"("SystemConfig")", R"("value")", R"("encrypted" AND "value" LIKE 'enc:%')",
     id_position, id_order, after_id},
    {"kept answers", R"("IdempotencyRecord")", R"("body")", R"("body" LIKE 'enc:%')",
     R"("accountId", "key")", R"("accountId", "key")", R"(("accountId", "key") > ($1, $2))"},
    {"answers that wait to be read", R"("EngineQuestion")", R"("answer")",
     R"("answer" LIKE 'enc:%')", id_position, id_order, after_id},
}};

// The place of a row in its table is good for as long as the row is held.
std::string selection(const SecretColumn& column) {
  return std::string("SELECT ") + column.position + ", " + column.column + ", ctid FROM " +
         column.table + " WHERE " + column.encrypted + " AND " + column.after + " ORDER BY " +
         column.order + " LIMIT $3::int";
}

// A column of some size is at its end when a batch is not full; what others hold of it is found by another pass.
SecretColumns::Batch batch_of(const pqxx::result& rows, std::size_t limit) {
  SecretColumns::Batch batch;
  batch.rows = rows.size();
  if (batch.rows == limit)
    batch.last = SecretPosition{rows.back()[0].c_str(), rows.back()[1].c_str()};
  return batch;
}

}  // namespace

std::span<const SecretColumn> secret_columns() { return columns; }

SecretColumns::SecretColumns(Database& database) : database_(database) {}

std::uint64_t SecretColumns::count(const SecretColumn& column) {
  const std::string sql =
      std::string("SELECT count(*) FROM ") + column.table + " WHERE " + column.encrypted;
  return database_.pool().perform("count what is encrypted", Repeat::safely, [&](Session& session) {
    pqxx::nontransaction transaction(session.connection());
    return transaction.exec1(sql)[0].as<std::uint64_t>();
  });
}

SecretColumns::Batch SecretColumns::read(const SecretColumn& column, const SecretPosition& after,
                                         std::size_t limit, const Look& look) {
  return database_.pool().perform("read what is encrypted", Repeat::safely, [&](Session& session) {
    pqxx::nontransaction transaction(session.connection());
    const auto rows = transaction.exec_params(selection(column), after.first, after.second, limit);
    for (const auto& row : rows) look(row[2].c_str());
    return batch_of(rows, limit);
  });
}

SecretColumns::Batch SecretColumns::replace(const SecretColumn& column, const SecretPosition& after,
                                            std::size_t limit, const Replace& replacement) {
  const std::string select = selection(column) + " FOR NO KEY UPDATE SKIP LOCKED";
  const std::string update = std::string("UPDATE ") + column.table + " SET " + column.column +
                             " = $2 WHERE ctid = $1::tid";
  // Once more does no harm: what was replaced already is found as it should be.
  return database_.pool().perform(
      "replace what is encrypted", Repeat::safely, [&](Session& session) {
        pqxx::work transaction(session.connection());
        transaction.exec0("SET LOCAL mosaic.reencrypts = 'on'");
        const auto rows = transaction.exec_params(select, after.first, after.second, limit);
        for (const auto& row : rows) {
          const auto text = replacement(row[2].c_str());
          if (text) transaction.exec_params0(update, row[3].c_str(), *text);
        }
        transaction.commit();
        return batch_of(rows, limit);
      });
}

}  // namespace mosaic
