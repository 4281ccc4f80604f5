#include "store/api_role.hpp"

#include "store/api_grants.hpp"
#include "store/column_reader.hpp"
#include "store/connection_pool.hpp"

namespace mosaic {
namespace {

// Any number that nothing else of ours locks: two processes that grant at once would spoil each other's catalogue rows.
constexpr const char* grant_lock = "120317312526692";

// What triggers write is the database's own doing, whoever's statement fired them: notes of changes, tombstones, ended
// sessions. They run as the tables' owner, by a search path of their own (migration 0003); what they call has the rights
// of whoever calls it. So do the few functions by which the API does more than it has the rights to (mosaic_api_…). Done
// here rather than by a migration, so that it holds for what later migrations make anew.
constexpr const char* function_statements = R"(DO $$
DECLARE
  ours REGPROCEDURE;
BEGIN
  FOR ours IN SELECT oid FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
              AND (proname LIKE 'mosaic\_%' AND prorettype = 'trigger'::regtype OR proname LIKE 'mosaic\_api\_%') LOOP
    EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER SET search_path = %I, pg_temp', ours, current_schema());
  END LOOP;
END
$$;
)";
constexpr const char* api_function = "mosaic_api_egress_refused(TIMESTAMP, TEXT, TEXT, TEXT)";

// What inspect() and establish() look at.
struct Sight {
  ApiRoleState state;
  std::string login;
  bool exists = false;
  bool may_make = false;
  bool harmless = false;  // neither a superuser nor above policies
  bool member = false;
  bool granted = false;
};

// Takes back everything first, so that nothing of an older program's remains. In one transaction: nobody sees less.
std::string grant_statements(const std::string& role) {
  std::string statements;
  for (const auto& [table, privileges] : api_grants()) {
    const std::string on = " ON \"" + std::string(table) + "\" ";
    statements += "REVOKE ALL" + on + "FROM " + role + "; GRANT " + std::string(privileges) + on +
                  "TO " + role + ";\n";
  }
  const std::string on_function = std::string(" ON FUNCTION ") + api_function;
  statements += "REVOKE ALL" + on_function + " FROM PUBLIC; GRANT EXECUTE" + on_function + " TO " +
                role + ";\n";
  return statements + function_statements;
}

// Granted: by this program's list, and to this very role (a restored database has the list's fingerprint only), and no
// migration since then has made such a function anew.
Sight look(Session& session) {
  static constexpr Statement statement{"api_role", R"(
SELECT wanted."name", current_schema(), session_user, api.oid IS NOT NULL,
  EXISTS (SELECT FROM pg_roles WHERE rolname = session_user AND (rolsuper OR rolcreaterole)),
  COALESCE(NOT api.rolsuper AND NOT api.rolbypassrls, false),
  COALESCE(pg_has_role(session_user, api.oid, 'MEMBER'), false),
  COALESCE(wanted."apiGrants" = md5($1) AND has_table_privilege(api.oid, agents.oid, 'SELECT'), false)
    AND NOT EXISTS (SELECT FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
                    AND (proname LIKE 'mosaic\_%' AND prorettype = 'trigger'::regtype
                         OR proname LIKE 'mosaic\_api\_%') AND NOT prosecdef),
  NOT pg_has_role(session_user, agents.relowner, 'MEMBER')
FROM (SELECT 'mosaic_api_' || "id" AS "name", "apiGrants" FROM "mosaic_instance") wanted
JOIN pg_class agents ON agents.oid = to_regclass('"UserContainer"')
LEFT JOIN pg_roles api ON api.rolname = wanted."name")"};
  const auto result = session.run(statement, {grant_statements("")});
  if (result.empty())
    throw StoreError("the database has lost its instance row; restore it from a backup");
  RowReader columns(result[0]);
  Sight sight;
  sight.state.name = columns.text();
  sight.state.schema = columns.text();
  sight.login = columns.text();
  sight.exists = columns.flag();
  sight.may_make = columns.flag();
  sight.harmless = columns.flag();
  sight.member = columns.flag();
  sight.granted = columns.flag();
  sight.state.confined = columns.flag();
  return sight;
}

ApiRoleState hindered(ApiRoleState state, std::string hindrance, std::string remedy) {
  state.hindrance = std::move(hindrance);
  state.remedy = std::move(remedy);
  return state;
}

ApiRoleState judged(const Sight& sight) {
  const std::string& role = sight.state.name;
  const std::string admission = "GRANT " + role + " TO \"" + sight.login + "\";";
  if (!sight.exists && sight.may_make)
    return hindered(sight.state, "the role " + role + " is not made yet", "mosaic migrate");
  if (!sight.exists) {
    return hindered(
        sight.state,
        "there is no role " + role + ", and the login '" + sight.login + "' may not make it",
        "as an administrator of the database server: CREATE ROLE " + role + " NOLOGIN; " +
            admission + " then mosaic migrate");
  }
  if (!sight.harmless) {
    return hindered(sight.state, "the role " + role + " is above the database's policies",
                    "as an administrator of the database server: ALTER ROLE " + role +
                        " NOSUPERUSER NOBYPASSRLS;");
  }
  if (!sight.member) {
    return hindered(sight.state, "the login '" + sight.login + "' may not act as the role " + role,
                    "as an administrator of the database server: " + admission);
  }
  if (!sight.granted) {
    return hindered(sight.state, "the role " + role + " has not what this program's API needs",
                    "mosaic migrate, with the login that owns the tables");
  }
  ApiRoleState state = sight.state;
  state.in_force = true;
  return state;
}

// A login that may not is told by looking again, and another process may have been faster.
void create_role(Session& session, const std::string& role) {
  try {
    pqxx::work transaction(session.connection());
    transaction.exec("CREATE ROLE " + role + " NOLOGIN");
    transaction.exec("GRANT " + role + " TO CURRENT_USER");
    transaction.commit();
  } catch (const pqxx::insufficient_privilege&) {
    return;
  } catch (const pqxx::unique_violation&) {
    return;
  } catch (const pqxx::sql_error& error) {
    constexpr std::string_view duplicate_object = "42710";
    if (error.sqlstate() != duplicate_object) throw;
  }
}

// A login that does not own the tables cannot; what it lacks is seen by looking again.
void grant(Session& session, const ApiRoleState& role) {
  static constexpr Statement admitted{"api_schema",
                                      "SELECT has_schema_privilege($1, current_schema(), 'USAGE')"};
  static constexpr Statement note{"note_api_grants",
                                  R"(UPDATE "mosaic_instance" SET "apiGrants" = md5($1))"};
  try {
    pqxx::work transaction(session.connection());
    transaction.exec(std::string("SELECT pg_advisory_xact_lock(") + grant_lock + ")");
    transaction.exec(grant_statements(role.name));
    const auto usage = session.run(transaction, admitted, {role.name});
    if (!RowReader(usage[0]).flag()) {
      transaction.exec("GRANT USAGE ON SCHEMA " + session.connection().quote_name(role.schema) +
                       " TO " + role.name);
    }
    session.run(transaction, note, {grant_statements("")});
    transaction.commit();
  } catch (const pqxx::insufficient_privilege&) {
    return;
  }
}

}  // namespace

ApiRole::ApiRole(const DatabaseOptions& options) : options_(options) {
  options_.connections = 1;
  options_.on_acquired = nullptr;
}

ApiRoleState ApiRole::inspect() {
  Database database(options_);
  return database.pool().perform("look at the API's role", Repeat::safely,
                                 [](Session& session) { return judged(look(session)); });
}

ApiRoleState ApiRole::establish() {
  Database database(options_);
  return database.pool().perform("make the API's role", Repeat::safely, [](Session& session) {
    Sight sight = look(session);
    if (!sight.exists && sight.may_make) {
      create_role(session, sight.state.name);
      sight = look(session);
    }
    if (sight.exists && !sight.granted) grant(session, sight.state);
    return judged(look(session));
  });
}

DatabaseOptions acting_as(const ApiRoleState& role, DatabaseOptions options) {
  if (!role.in_force) return options;
  options.role = role.name;
  options.schema = role.schema;
  return options;
}

}  // namespace mosaic
