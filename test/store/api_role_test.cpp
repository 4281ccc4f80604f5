// The second wall: what the database itself refuses to the API, whatever the API's own statements say.
#include "store/api_role.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pqxx/pqxx>

#include "api/handlers/agent_config_handler.hpp"
#include "secrets/token.hpp"
#include "store/connection_pool.hpp"
#include "store/connection_string.hpp"
#include "store/key_check_store.hpp"
#include "store/postgres_account_store.hpp"
#include "store/postgres_egress_refusal_log.hpp"
#include "store/postgres_question_store.hpp"
#include "store/postgres_settings_store.hpp"
#include "store/postgres_store.hpp"
#include "test/conformance/store/people_harness.hpp"
#include "test/store/upgrade_fixture.hpp"

namespace mosaic {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr TimePoint now{std::chrono::hours(1)};

ProviderRow provider_of(const std::string& owner, const std::string& id) {
  ProviderRow provider;
  provider.id = id;
  provider.owner = provider.name = provider.display_name = owner;
  provider.type = "custom";
  provider.api_key = "enc:key";
  return provider;
}

AgentPreferences preferences_of(const std::string& owner) {
  AgentPreferences preferences;
  preferences.id = "preferences-" + owner;
  preferences.user_id = owner;
  preferences.primary_model = "a/m";
  return preferences;
}

NewUserContainer agent_of(const std::string& owner) {
  NewUserContainer agent;
  agent.id = "agent-" + owner;
  agent.user_id = owner;
  agent.container_name = "mosaic-user-" + owner;
  agent.gateway_token = "enc:t";
  return agent;
}

IdempotencyRecord request_of(const std::string& owner) {
  IdempotencyRecord record;
  record.account_id = owner;
  record.key = "key";
  record.fingerprint = "print";
  record.expires_at = TimePoint(std::chrono::hours(24 * 365 * 200));
  return record;
}

// The stores as the API has them, and the database as its owner sees it.
struct House {
  explicit House(const DatabaseOptions& options) : pool(options) {}

  void move_in(const std::string& person) {
    accounts.sign_in_oidc(conformance::person(person), now);
    accounts.create_session(conformance::session_of(person, "session-" + person));
    accounts.create_token(conformance::token_of(person, "token-" + person));
    settings.create_provider(provider_of(person, "provider-" + person));
    settings.put_preferences(preferences_of(person), {});
    settings.create_user_agent(agent_of(person));
    auto record = request_of(person);
    accounts.begin_idempotent(record);
  }
  // One answer of `sql`, on behalf of `account`; of nobody when there is none.
  std::string ask(const std::optional<std::string>& account, const char* sql) {
    const Statement statement{sql, sql};
    return pool.pool().perform("ask", Repeat::never, [&](Session& session) {
      const auto rows = account ? session.run_for(*account, statement, {}) : session.run(statement);
      return std::string(rows.at(0)[0].c_str());
    });
  }

  Database pool;
  PostgresStore store{pool};
  PostgresAccountStore accounts{pool};
  PostgresSettingsStore settings{pool};
};

class SecondWall : public testing::Test {
 protected:
  // Whether the API's role lacks the right to that. Any other failure is the test's.
  bool forbidden(const std::string& sql) {
    pqxx::connection connection(libpq_connection_string(database.api_options()));
    pqxx::nontransaction session(connection);
    try {
      session.exec(sql);
      return false;
    } catch (const pqxx::insufficient_privilege&) {
      return true;
    }
  }
  // The columns of a table that the API may INSERT or UPDATE, in the order of their names.
  std::string columns(const std::string& table, const std::string& privilege) {
    return database.value(
        "SELECT COALESCE(string_agg(attname::text, ' ' ORDER BY attname::text COLLATE \"C\"), '') "
        "FROM pg_attribute WHERE attrelid = '\"" +
        table + "\"'::regclass AND attnum > 0 AND NOT attisdropped AND has_column_privilege('" +
        role.name + "', attrelid, attnum, '" + privilege + "')");
  }

  TestDatabase database;
  House api{database.api_options()};
  const ApiRoleState role = ApiRole(database.options()).inspect();
};

TEST_F(SecondWall, LetsAPersonsStatementSeeThatPersonsRowsAloneWhateverItForgot) {
  api.move_in("alice");
  api.move_in("bob");
  for (const char* all :
       {R"(SELECT count(*) FROM "UserContainer")",
        R"(SELECT count(*) FROM "LlmProvider" WHERE "userId" <> 'bob' OR true)",
        R"(SELECT count(*) FROM "UserAgentConfig")", R"(SELECT count(*) FROM "FleetUser")",
        R"(SELECT count(*) FROM "UserSession")", R"(SELECT count(*) FROM "ApiToken")",
        R"(SELECT count(*) FROM "IdempotencyRecord")"}) {
    SCOPED_TRACE(all);
    EXPECT_EQ(api.ask("alice", all), "1");
    EXPECT_EQ(api.ask("mallory", all), "0");
    EXPECT_EQ(api.ask("", all), "0") << "nobody has an empty id";
    EXPECT_EQ(api.ask(std::nullopt, all), "2") << "a statement of the house sees all";
  }
}

TEST_F(SecondWall, ConfinesNoStatementAfterThePersonsOwn) {
  api.move_in("alice");
  const char* all = R"(SELECT count(*) FROM "UserContainer")";
  EXPECT_EQ(api.ask("mallory", all), "0");
  EXPECT_EQ(api.ask(std::nullopt, all), "1");
  EXPECT_THROW(api.ask("mallory", "SELECT 1 / (random() * 0)::int"), StoreError);
  EXPECT_EQ(api.ask(std::nullopt, all), "1");
}

// Named are only the statements of a person, and each names mallory instead.
TEST_F(SecondWall, ConfinesAnAgentsConfigurationToItsOwnersThingsOnceItsTokenIsKnown) {
  const SecretBox box("a secret of more than thirty-two characters");
  api.move_in("alice");
  const auto token = generate_token();
  database.exec(R"(UPDATE "UserContainer" SET "gatewayToken" = ')" + box.encrypt(token) + "'");
  const AgentConfigHandler handler(api.store, api.settings, box, Logger::silent());
  Request request;
  request.fields = {{"authorization", "Bearer " + token}};
  request.parameters = {{"kind", "user"}, {"id", "agent-alice"}};
  EXPECT_NE(handler.answer(request).status, 404);
  database.exec(
      "CREATE OR REPLACE FUNCTION mosaic_account() RETURNS text LANGUAGE sql STABLE AS $$ SELECT "
      "CASE WHEN current_setting('mosaic.account', true) <> '' THEN 'mallory' END $$");
  EXPECT_TRUE(api.store.find_agent(ResourceKey(ResourceKind::user_container, "agent-alice")));
  EXPECT_EQ(handler.answer(request).status, 404);
}

// Every statement is another person's now, whoever it names: nothing may be found, nothing changed.
TEST_F(SecondWall, HoldsForEveryCallThatIsAboutOnePerson) {
  api.move_in("alice");
  api.settings.upsert_breakglass("admin", "admin", "hash");
  const auto before = test::rows_of(database);
  database.exec(
      "CREATE OR REPLACE FUNCTION mosaic_account() RETURNS text LANGUAGE sql STABLE AS $$ SELECT "
      "'mallory' $$");
  auto& settings = api.settings;
  EXPECT_THAT(settings.list_providers("alice"), IsEmpty());
  EXPECT_FALSE(settings.find_provider("alice", "provider-alice"));
  EXPECT_THROW(settings.create_provider(provider_of("alice", "another")), StoreError);
  EXPECT_EQ(settings.update_provider(provider_of("alice", "provider-alice"), {}),
            WriteOutcome::not_found);
  EXPECT_EQ(settings.delete_provider("alice", "provider-alice", {}), WriteOutcome::not_found);
  EXPECT_FALSE(settings.find_preferences("alice"));
  EXPECT_THROW(settings.put_preferences(preferences_of("alice"), {}), StoreError);
  EXPECT_FALSE(settings.find_user_agent("alice"));
  EXPECT_THROW(settings.create_user_agent(agent_of("alice")), StoreError);
  UserAgentChange change;
  change.image = "another";
  EXPECT_EQ(settings.update_user_agent("alice", "agent-alice", change, {}),
            WriteOutcome::not_found);
  EXPECT_FALSE(settings.touch_user_agent("alice", now));
  EXPECT_FALSE(settings.set_user_agent_state("alice", DesiredState::stopped));
  EXPECT_FALSE(settings.restart_user_agent("alice", now));
  EXPECT_FALSE(settings.replace_user_agent_token("alice", "enc:next"));
  EXPECT_FALSE(settings.find_config_source(
      "alice", ResourceKey(ResourceKind::user_container, "agent-alice")));
  auto& accounts = api.accounts;
  EXPECT_EQ(accounts.set_breakglass_password("admin", "another"), WriteOutcome::not_found);
  EXPECT_EQ(accounts.delete_sessions("alice"), 0);
  EXPECT_THAT(accounts.list_tokens("alice"), IsEmpty());
  EXPECT_THROW(accounts.create_token(conformance::token_of("alice", "another")), StoreError);
  EXPECT_EQ(accounts.revoke_token("alice", "token-alice", now), WriteOutcome::not_found);
  auto record = request_of("alice");
  EXPECT_THROW(accounts.begin_idempotent(record), StoreError);
  accounts.finish_idempotent(request_of("alice"));
  accounts.abandon_idempotent("alice", "key");
  EXPECT_EQ(test::rows_of(database), before);
}

TEST_F(SecondWall, AsksForNobodyElsesLogAndReadsNobodyElsesAnswerOrUse) {
  api.move_in("alice");
  PostgresQuestionStore questions(api.pool);
  database.exec(
      R"(UPDATE "ControllerLease" SET "holder" = 'a controller', "expiresAt" = now() + interval '1 hour')");
  LogQuestion question;
  question.id = "question";
  question.account_id = "alice";
  ASSERT_TRUE(questions.ask_log(question));
  database.exec(
      R"(UPDATE "EngineQuestion" SET "answer" = 'enc:log';
         INSERT INTO "AgentUsage" VALUES ('user', 'agent-alice', 'alice', 1, 1, 1, 1, now() AT TIME ZONE 'UTC'))");
  EXPECT_TRUE(questions.usage_of("alice"));
  const char* mallory =
      "CREATE OR REPLACE FUNCTION mosaic_account() RETURNS text LANGUAGE sql STABLE AS $$ SELECT "
      "'mallory' $$";
  database.exec(mallory);
  EXPECT_FALSE(questions.usage_of("alice"));
  EXPECT_FALSE(questions.take_log_answer("alice", "question"));
  question.id = "another";
  EXPECT_THROW(questions.ask_log(question), StoreError);
  EXPECT_EQ(database.value(R"(SELECT count(*) FROM "EngineQuestion")"), "1");
}

TEST_F(SecondWall, CoversEveryTableThatHoldsSomethingOfAPersons) {
  std::vector<std::string> open;
  for (const auto& row :
       database.exec("SELECT relname FROM pg_class WHERE relkind = 'r' AND NOT relrowsecurity AND "
                     "relnamespace = current_schema()::regnamespace ORDER BY 1"))
    open.push_back(row[0]);
  EXPECT_THAT(open, ElementsAre("ControllerLease", "ControllerStandby", "mosaic_schema"));
}

TEST_F(SecondWall, LetsTheApiWriteWhatShouldBeOfAnAgentAndNothingThatIs) {
  EXPECT_EQ(columns("UserContainer", "UPDATE"),
            "busyHolds busyUntil cpuMilli deletionRequestedAt desiredState idleTimeoutMin image "
            "lastActiveAt "
            "memoryMb moveToNode moveWithoutState nextGatewayToken purge restartedAt updatedAt");
  EXPECT_EQ(columns("UserContainer", "INSERT"),
            "containerName cpuMilli desiredState gatewayToken id idleTimeoutMin image memoryMb "
            "updatedAt userId");
  EXPECT_EQ(columns("SystemContainer", "UPDATE"),
            "cpuMilli deletionRequestedAt desiredState image isActive memoryMb moveToNode "
            "moveWithoutState nextGatewayToken "
            "primaryModel "
            "providerId purge restartedAt role updatedAt");
  EXPECT_EQ(columns("SystemContainer", "INSERT"),
            "cpuMilli desiredState gatewayToken id image isActive memoryMb name primaryModel "
            "providerId role updatedAt");
}

// The stores of people and settings pass their whole conformance suites in this role.
TEST_F(SecondWall, LetsTheApiReadAndWishWhateverTheStoreOffersIt) {
  api.move_in("alice");
  NewSystemContainer operations;
  operations.id = operations.name = "operations";
  operations.gateway_token = "enc:t";
  api.settings.create_system_agent(operations);
  const ResourceKey user(ResourceKind::user_container, "agent-alice");
  const ResourceKey system(ResourceKind::system_container, "operations");
  auto& store = api.store;
  for (const auto& key : {user, system}) {
    SCOPED_TRACE(to_string(key));
    EXPECT_TRUE(store.find_agent(key));
    EXPECT_TRUE(store.find_config_source(key));
    EXPECT_EQ(store.find_keys(key.name), std::vector{key});
    EXPECT_TRUE(store.touch(key, now));
    EXPECT_TRUE(store.set_desired_state(key, DesiredState::stopped));
    EXPECT_TRUE(store.request_restart(key, now));
    EXPECT_TRUE(store.replace_token(key, "enc:next"));
    EXPECT_TRUE(store.request_move(key, "n2", true));
    EXPECT_TRUE(store.request_deletion(key, true, now));
  }
  store.record_activity({"api", now, {{user, now}}, {}});
  store.put_setting("fleet.image", "image:2");
  EXPECT_EQ(store.settings("fleet.").size(), 1u);
  EXPECT_THAT(store.events({}), IsEmpty());
  EXPECT_EQ(store.lease().holder, "");
  int agents = 0;
  store.for_each_agent([&](AgentRow&&) { ++agents; });
  EXPECT_EQ(agents, 2);
}

TEST_F(SecondWall, LetsTheApiWriteNothingThatIsTheControllersOrTheDatabasesOwn) {
  for (const char* table : {"AgentEvent", "AgentTombstone", "AgentUsage", "ControllerLease",
                            "ControllerStandby", "mosaic_feed", "mosaic_schema"}) {
    SCOPED_TRACE(table);
    EXPECT_EQ(columns(table, "INSERT") + columns(table, "UPDATE"), "");
    EXPECT_TRUE(forbidden("DELETE FROM \"" + std::string(table) + '"'));
  }
  EXPECT_EQ(columns("EngineQuestion", "UPDATE"), "askedAt");
  EXPECT_EQ(columns("EngineQuestion", "INSERT"), "after id kind lines userId");
  EXPECT_EQ(columns("mosaic_instance", "UPDATE"), "keyCheck");
  EXPECT_EQ(columns("mosaic_instance", "INSERT"), "");
}

TEST_F(SecondWall, LetsTheApiTellOfNothingButWhatTheEgressProxyRefused) {
  PostgresEgressRefusalLog refusals(api.pool);
  const ResourceKey alice(ResourceKind::user_container, "agent-alice");
  for (const char* message : {"evil.example:443: no.", "evil.example:443: no.", "other: no."})
    refusals.append_egress_refusal({alice, now, message});
  const auto events = api.store.events({});
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[0].message, "other: no.");
  EXPECT_EQ(events[1].key, alice);
  EXPECT_EQ(events[1].reason, "EgressRefused");
  EXPECT_EQ(events[1].severity, EventSeverity::warning);
  EXPECT_EQ(events[1].count, 2);
  EXPECT_EQ(database.value(R"(SELECT count(*) FROM pg_proc WHERE prosecdef AND
    pronamespace = current_schema()::regnamespace AND
    prorettype <> 'trigger'::regtype AND has_function_privilege('public', oid, 'EXECUTE'))"),
            "0");
}

TEST_F(SecondWall, RefusesWhatAProcessInForeignHandsWouldTry) {
  api.move_in("alice");
  for (const char* attempt :
       {R"(UPDATE "UserContainer" SET "phase" = 'running', "endpoint" = 'evil:1')",
        R"(UPDATE "UserContainer" SET "userId" = 'mallory')",
        R"(UPDATE "UserContainer" SET "gatewayToken" = 'known')", R"(DELETE FROM "UserContainer")",
        R"(TRUNCATE "UserContainer")", R"(ALTER TABLE "UserContainer" DISABLE TRIGGER USER)",
        R"(ALTER TABLE "LlmProvider" DISABLE ROW LEVEL SECURITY)",
        R"(UPDATE "LlmProvider" SET "userId" = 'mallory')",
        R"(UPDATE "AuditEntry" SET "actorId" = 'somebody')",
        R"(SET session_replication_role = replica)",
        R"(SELECT mosaic_bury('user', ARRAY['agent-alice'], ARRAY['alice']))",
        R"(CREATE TABLE "mine" ("a" TEXT))"}) {
    EXPECT_TRUE(forbidden(attempt)) << attempt;
  }
}

TEST_F(SecondWall, KeepsTheLastQuarterOfTheAuditLogAndTheFirstProofOfTheKey) {
  database.exec(
      R"(INSERT INTO "AuditEntry" ("at", "actorId", "actorName", "via", "action", "target", "outcome", "detail", "remote")
         SELECT now() - age * interval '1 day', 'a', 'a', 'session', 'x', 'x', 'done', '', '' FROM unnest(ARRAY[1, 89, 91]) age)");
  EXPECT_FALSE(forbidden(R"(DELETE FROM "AuditEntry")"));
  EXPECT_EQ(database.value(R"(SELECT count(*) FROM "AuditEntry")"), "2");
  KeyCheckStore keys(api.pool);
  EXPECT_EQ(keys.store_key_check_once("enc:one"), "enc:one");
  EXPECT_FALSE(forbidden(R"(UPDATE "mosaic_instance" SET "keyCheck" = 'enc:two')"));
  EXPECT_EQ(keys.key_check(), "enc:one");
}

TEST_F(SecondWall, BindsNeitherTheTablesOwnerNorWhatTriggersDo) {
  api.move_in("alice");
  database.exec(
      R"(SET mosaic.account = '=mallory'; UPDATE "UserContainer" SET "phase" = 'failed')");
  EXPECT_EQ(database.value(R"(SELECT "phase" FROM "UserContainer")"), "failed");
  const auto mark = R"(SELECT "changeXid" FROM "UserContainer")";
  const auto before = database.value(mark);
  api.settings.delete_provider("alice", "provider-alice", {});
  EXPECT_NE(database.value(mark), before) << "the agent depends on it";
}

TEST_F(SecondWall, IsOfOneFleetAlone) {
  TestDatabase other;
  other.api_options();
  EXPECT_NE(ApiRole(other.options()).inspect().name, role.name);
  auto options = database.api_options();
  options.url = other.options().url;
  House intruder(options);
  EXPECT_THAT([&] { intruder.settings.list_providers("alice"); },
              testing::ThrowsMessage<StoreError>(HasSubstr("its role lacks a permission")));
  EXPECT_THROW(intruder.store.instance_id(), StoreError);
}

TEST_F(SecondWall, IsBuiltAnewAfterAMigrationThatMakesATriggersFunctionAnew) {
  database.exec(
      "CREATE OR REPLACE FUNCTION mosaic_settings_changed() RETURNS trigger LANGUAGE plpgsql AS $$ "
      "BEGIN RETURN NULL; END $$");
  EXPECT_THAT(ApiRole(database.options()).inspect().remedy, HasSubstr("mosaic migrate"));
  EXPECT_TRUE(ApiRole(database.options()).establish().in_force);
}

TEST_F(SecondWall, TakesBackWhatAnOlderProgramGave) {
  database.exec("GRANT ALL ON \"UserContainer\" TO " + role.name +
                "; UPDATE \"mosaic_instance\" SET \"apiGrants\" = 'an older program'");
  EXPECT_FALSE(ApiRole(database.options()).inspect().in_force);
  ASSERT_TRUE(ApiRole(database.options()).establish().in_force);
  EXPECT_THAT(columns("UserContainer", "UPDATE"), Not(HasSubstr("phase")));
}

// A login of the server, for as long as a test takes.
class Login {
 public:
  Login(TestDatabase& database, const std::string& word)
      : name("mosaic_login_" + word + "_" + database.value("SELECT current_database()")),
        database_(database) {
    database_.exec("CREATE ROLE " + name + " LOGIN");
  }
  ~Login() {
    try {
      database_.exec("REASSIGN OWNED BY " + name + " TO CURRENT_USER; DROP OWNED BY " + name +
                     "; DROP ROLE " + name);
    } catch (const std::exception&) {
      // The whole private server goes away with the sandbox.
    }
  }
  Login(const Login&) = delete;
  Login& operator=(const Login&) = delete;

  DatabaseOptions options() const {
    DatabaseOptions options = database_.options();
    options.url += (options.url.find('?') == std::string::npos ? "?user=" : "&user=") + name;
    return options;
  }
  const std::string name;

 private:
  TestDatabase& database_;
};

TEST_F(SecondWall, CannotBeLeftByALoginOfTheApisOwn) {
  Login login(database, "api");
  database.exec("GRANT " + role.name + " TO " + login.name);
  const auto state = ApiRole(login.options()).inspect();
  EXPECT_TRUE(state.in_force) << state.hindrance;
  EXPECT_TRUE(state.confined);
  EXPECT_FALSE(role.confined) << "the tables' owner may leave it";
  House house(acting_as(state, login.options()));
  house.move_in("alice");
  EXPECT_EQ(house.settings.list_providers("alice").size(), 1u);
  pqxx::connection connection(libpq_connection_string(acting_as(state, login.options())));
  pqxx::nontransaction session(connection);
  session.exec("SET ROLE NONE");
  EXPECT_THROW(session.exec(R"(UPDATE "UserContainer" SET "phase" = 'running')"),
               pqxx::insufficient_privilege);
}

TEST_F(SecondWall, IsDoneWithoutWhereTheLoginMayMakeNoRole) {
  TestDatabase plain;
  Login login(plain, "owner");
  for (const auto& row :
       plain.exec("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = "
                  "current_schema()::regnamespace"))
    plain.exec("ALTER TABLE \"" + row[0] + "\" OWNER TO " + login.name);
  for (const auto& row :
       plain.exec("SELECT oid::regprocedure FROM pg_proc WHERE proname LIKE 'mosaic\\_%'"))
    plain.exec("ALTER FUNCTION " + row[0] + " OWNER TO " + login.name);
  const auto without = ApiRole(login.options()).establish();
  EXPECT_FALSE(without.in_force);
  EXPECT_THAT(without.hindrance, HasSubstr("may not make it"));
  House house(acting_as(without, login.options()));
  house.move_in("alice");
  EXPECT_EQ(house.settings.list_providers("alice").size(), 1u);
  // What it says to do helps.
  const auto sql = without.remedy.substr(without.remedy.find("CREATE ROLE"));
  plain.exec(sql.substr(0, sql.rfind(';')));
  const auto with = ApiRole(login.options()).establish();
  EXPECT_TRUE(with.in_force) << with.hindrance;
  House walled(acting_as(with, login.options()));
  EXPECT_EQ(walled.ask("mallory", R"(SELECT count(*) FROM "LlmProvider")"), "0");
  plain.exec("DROP OWNED BY " + with.name + "; DROP ROLE " + with.name);
}

}  // namespace
}  // namespace mosaic
