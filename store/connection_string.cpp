#include "store/connection_string.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

namespace mosaic {
namespace {

// Parameters of Prisma's addresses that libpq refuses. "schema" is honoured, the others mean
// nothing to us.
constexpr std::array<std::string_view, 10> prisma_parameters{
    "schema",           "connection_limit",
    "pool_timeout",     "pgbouncer",
    "socket_timeout",   "sslaccept",
    "sslidentity",      "statement_cache_size",
    "sslpassword_file", "single_use_connections"};

struct Address {
  std::string text;
  std::string schema;
};

Address without_prisma_parameters(const std::string& url) {
  Address address{url, {}};
  const auto question = url.find('?');
  if (!url.starts_with("postgres") || question == std::string::npos) return address;
  std::string kept;
  std::string_view rest = std::string_view(url).substr(question + 1);
  while (!rest.empty()) {
    const auto end = std::min(rest.find('&'), rest.size());
    const std::string_view parameter = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto equals = std::min(parameter.find('='), parameter.size());
    const std::string_view name = parameter.substr(0, equals);
    if (name == "schema") address.schema = parameter.substr(std::min(equals + 1, parameter.size()));
    if (std::find(prisma_parameters.begin(), prisma_parameters.end(), name) !=
        prisma_parameters.end())
      continue;
    kept += (kept.empty() ? "?" : "&") + std::string(parameter);
  }
  address.text = url.substr(0, question) + kept;
  return address;
}

std::string quoted(std::string_view value) {
  std::string result = "'";
  for (const char character : value) {
    if (character == '\'' || character == '\\') result += '\\';
    result += character;
  }
  return result + "'";
}

bool plain_identifier(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char character) {
    return std::isalnum(character) != 0 || character == '_';
  });
}

std::map<std::string, std::string> parse(const std::string& text) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
      PQconninfoParse(text.c_str(), &message), &PQconninfoFree);
  if (message != nullptr) PQfreemem(message);
  if (!parsed) {
    throw StoreError(
        "the database address cannot be understood: write it as "
        "postgresql://user:password@host:5432/database");
  }
  std::map<std::string, std::string> parameters;
  for (const auto* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) parameters[option->keyword] = option->val;
  }
  return parameters;
}

// A space ends an option, and a backslash takes the next character as it is.
std::string escaped_option(std::string_view value) {
  std::string result;
  for (const char character : value) {
    if (character == ' ' || character == '\\') result += '\\';
    result += character;
  }
  return result;
}

std::string session_options(const DatabaseOptions& options, const std::string& schema) {
  std::string result =
      "-c statement_timeout=" + std::to_string(options.statement_timeout.count()) +
      " -c idle_in_transaction_session_timeout=60000 -c timezone=UTC -c datestyle=ISO"
      " -c extra_float_digits=1 -c bytea_output=hex";
  if (!schema.empty()) {
    result += " -c search_path=" + schema;
  } else if (!options.schema.empty()) {
    result += " -c search_path=" + escaped_option('"' + options.schema + '"');
  }
  return result;
}

}  // namespace

std::string libpq_connection_string(const DatabaseOptions& options) {
  const Address address = without_prisma_parameters(options.url);
  if (!address.schema.empty() && !plain_identifier(address.schema)) {
    throw StoreError("the database address names a schema that is not a plain word");
  }
  auto parameters = parse(address.text);
  const auto connect_seconds = std::max<std::int64_t>(2, options.connect_timeout.count() / 1000);
  const std::map<std::string, std::string> defaults{
      {"application_name", options.application_name},
      {"client_encoding", "UTF8"},
      {"connect_timeout", std::to_string(connect_seconds)},
      {"keepalives", "1"},
      {"keepalives_idle", "30"},
      {"keepalives_interval", "5"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "15000"},
  };
  parameters.insert(defaults.begin(), defaults.end());
  std::string& session = parameters["options"];
  // What the address itself asks for comes last and wins; only a role that was asked for is not the address's to change.
  session = session_options(options, address.schema) + (session.empty() ? "" : " " + session);
  if (!options.role.empty()) {
    if (!plain_identifier(options.role)) throw StoreError("the database role is not a plain word");
    session += " -c role=" + options.role;
  }
  std::string result;
  for (const auto& [name, value] : parameters)
    result += (result.empty() ? "" : " ") + name + "=" + quoted(value);
  return result;
}

std::string one_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  std::string result;
  for (const char character : text) {
    if (character == '\n' || character == '\t') {
      if (!result.empty() && result.back() != ' ') result += ' ';
    } else {
      result += character;
    }
  }
  constexpr std::size_t longest = 300;
  if (result.size() > longest) result.resize(longest);
  return result;
}

}  // namespace mosaic
