#include <gtest/gtest.h>

#include "test/conformance/store/account_conformance.hpp"
#include "test/conformance/store/settings_conformance.hpp"
#include "test/fakes/fake_settings_store.hpp"

namespace mosaic::conformance {
namespace {

class FakePeopleHarness final : public PeopleHarness {
 public:
  Store& store() override { return store_; }
  AccountStore& accounts() override { return accounts_; }
  SettingsStore& settings() override { return settings_; }
  void set_breakglass_active(const std::string& username, bool active) override {
    accounts_.set_breakglass_active(username, active);
  }
  void listen(RecordingAccountListener& listener) override { accounts_.set_listener(&listener); }

 private:
  SystemClock clock_;
  FakeStore store_{clock_};
  FakeAccountStore accounts_{clock_};
  FakeSettingsStore settings_{store_, accounts_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(FakeAccountStore, AccountConformance, FakePeopleHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(FakeSettingsStore, SettingsConformance, FakePeopleHarness);

TEST(FakePeopleFaults, FailAsOftenAsAskedAndDoNothing) {
  SystemClock clock;
  FakeAccountStore accounts(clock);
  accounts.fail_next();
  EXPECT_THROW(accounts.sign_in_oidc(person("alice"), at(1)), StoreError);
  EXPECT_FALSE(accounts.find_account("alice").has_value());
}

}  // namespace
}  // namespace mosaic::conformance
