#include <gtest/gtest.h>

#include "store/notification_listener.hpp"
#include "store/postgres_account_store.hpp"
#include "store/postgres_settings_store.hpp"
#include "store/postgres_store.hpp"
#include "test/conformance/store/account_conformance.hpp"
#include "test/conformance/store/settings_conformance.hpp"
#include "test/store/test_database.hpp"

namespace mosaic::conformance {
namespace {

// With the rights that the API has.
class PostgresPeopleHarness final : public PeopleHarness {
 public:
  Store& store() override { return store_; }
  AccountStore& accounts() override { return accounts_; }
  SettingsStore& settings() override { return settings_; }
  void set_breakglass_active(const std::string& username, bool active) override {
    database_.exec(R"(UPDATE "BreakglassUser" SET "isActive" = )" +
                   std::string(active ? "true" : "false") + R"( WHERE "username" = )" +
                   sql_text(username));
  }
  void listen(RecordingAccountListener& listener) override {
    NotificationTargets targets;
    targets.accounts.emplace_back(listener);
    listener_ = std::make_unique<NotificationListener>(database_.options(), std::move(targets));
    listener_->start();
    // The first word says that it listens.
    if (!listener.wait_for("all")) throw std::runtime_error("the listener did not connect");
    listener.take();
  }
  TestDatabase& database() { return database_; }

 private:
  TestDatabase database_;
  Database pool_{database_.api_options()};
  PostgresStore store_{pool_};
  PostgresAccountStore accounts_{pool_};
  PostgresSettingsStore settings_{pool_};
  std::unique_ptr<NotificationListener> listener_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(PostgresAccountStore, AccountConformance, PostgresPeopleHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(PostgresSettingsStore, SettingsConformance, PostgresPeopleHarness);

TEST(PostgresAccounts, HoldNoTokenNoCookieAndNoPasswordInPlain) {
  PostgresPeopleHarness harness;
  const auto columns = harness.database().exec(
      R"(SELECT table_name || '.' || column_name FROM information_schema.columns
         WHERE table_name IN ('FleetUser', 'UserSession', 'ApiToken') AND column_name ~* 'token|secret|password|cookie'
         ORDER BY 1)");
  EXPECT_EQ(columns, (std::vector<std::vector<std::string>>{{"ApiToken.secretHash"},
                                                            {"UserSession.tokenHash"}}));
}

TEST(PostgresAccounts, ForgetScopesThatThisProgramDoesNotKnow) {
  PostgresPeopleHarness harness;
  harness.accounts().sign_in_oidc(person("alice"), at(1));
  harness.accounts().create_token(token_of("alice", "t"));
  harness.database().exec(R"(UPDATE "ApiToken" SET "scopes" = 'chat everything')");
  EXPECT_TRUE(harness.accounts().find_token("t")->token.scopes.empty());
}

TEST(PostgresAccounts, EndSessionsWithARowThatAnotherProgramDeletes) {
  PostgresPeopleHarness harness;
  harness.settings().upsert_breakglass("b", "root", "hash");
  harness.accounts().sign_in_breakglass(harness.accounts().find_breakglass("root").value(), at(1));
  harness.accounts().create_session(session_of("b", "s"));
  harness.database().exec(R"(DELETE FROM "BreakglassUser")");
  EXPECT_FALSE(harness.accounts().find_session("s").has_value());
  EXPECT_TRUE(harness.accounts().find_account("b")->disabled);
}

}  // namespace
}  // namespace mosaic::conformance
