#include "store/session.hpp"

#include <array>
#include <utility>

#include "store/connection_string.hpp"

namespace mosaic {
namespace {

std::vector<const char*> pointers(const std::vector<Parameter>& parameters) {
  std::vector<const char*> result;
  result.reserve(parameters.size());
  for (const auto& parameter : parameters)
    result.push_back(parameter ? parameter->c_str() : nullptr);
  return result;
}

// What SQLSTATE codes mean for the person who runs this.
constexpr std::array<std::pair<std::string_view, std::string_view>, 14> meanings{{
    {"42P01", "its schema is missing; run 'mosaic migrate'"},
    {"42703", "its schema is older than this program; run 'mosaic migrate'"},
    {"42883", "its schema is older than this program; run 'mosaic migrate'"},
    {"42501",
     "its role lacks a permission; run 'mosaic migrate' with the login of the tables' owner"},
    {"57014", "it took longer than the statement time-out"},
    {"55P03", "another session holds a lock for too long"},
    {"53100", "its disk is full; free space there, nothing is lost"},
    {"53200", "it is out of memory"},
    {"53300", "it has no connection left; raise max_connections or use fewer workers"},
    {"25006", "it is read-only (a standby?); use the primary's address"},
    {"23505", "a row with the same unique value exists already"},
    {"40P01", "a deadlock with another session"},
    {"40001", "a conflict with another session"},
    {"22021", "a text that is not UTF-8"},
}};

}  // namespace

pqxx::result Session::run(const Statement& statement, const std::vector<Parameter>& parameters) {
  pqxx::nontransaction transaction(connection_);
  return run(transaction, statement, parameters);
}

pqxx::result Session::run(pqxx::transaction_base& transaction, const Statement& statement,
                          const std::vector<Parameter>& parameters) {
  connection_.prepare(statement.name, statement.sql);
  const auto values = pointers(parameters);
  return transaction.exec_prepared(
      statement.name, pqxx::prepare::make_dynamic_params(values.begin(), values.end()));
}

pqxx::result Session::run_for(const std::string& account_id, const Statement& statement,
                              const std::vector<Parameter>& parameters) {
  // The setting is a text of the statement, because two statements in one message take no parameters; it holds nobody's
  // secret. What does, the parameters, are bound, so that no log of the server quotes them.
  pqxx::nontransaction transaction(connection_);
  transaction.exec("BEGIN; SET LOCAL mosaic.account = " + connection_.quote("=" + account_id));
  try {
    auto result = run(transaction, statement, parameters);
    transaction.exec("COMMIT");
    return result;
  } catch (const pqxx::sql_error&) {
    // The connection is used again. Everything else costs it (ConnectionPool::perform).
    transaction.exec("ROLLBACK");
    throw;
  }
}

FailureKind failure_kind(const pqxx::sql_error& error) {
  const std::string& state = error.sqlstate();
  // 08: connection; 57P01-57P03: the server is shutting down, crashed or is starting.
  if (state.starts_with("08") || state.starts_with("57P0")) return FailureKind::connection_lost;
  if (state == "40P01" || state == "40001") return FailureKind::conflict;
  return FailureKind::refused;
}

StoreError describe(std::string_view operation, const pqxx::sql_error& error) {
  const std::string subject = "the database refused '" + std::string(operation) + "': ";
  // libpqxx leaves the code out where it has a class for it.
  const bool forbidden = dynamic_cast<const pqxx::insufficient_privilege*>(&error) != nullptr;
  for (const auto& [state, meaning] : meanings) {
    if (error.sqlstate() == state || (forbidden && state == "42501"))
      return StoreError(subject + std::string(meaning));
  }
  // The server's own text may quote values of the row, so only its code is shown.
  return StoreError(subject + "SQLSTATE " +
                    (error.sqlstate().empty() ? "unknown" : error.sqlstate()));
}

StoreError describe_lost_connection(const std::exception& error) {
  return StoreError("the database does not answer: " + one_line(error.what()));
}

std::string array_literal(const std::vector<std::string>& values) {
  std::string result = "{";
  for (const auto& value : values) {
    if (result.size() > 1) result += ',';
    result += '"';
    for (const char character : value) {
      if (character == '"' || character == '\\') result += '\\';
      result += character;
    }
    result += '"';
  }
  return result + "}";
}

}  // namespace mosaic
