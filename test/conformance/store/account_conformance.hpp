// The rules of AccountStore, tried on every implementation: include this in a test source and write
//   INSTANTIATE_TYPED_TEST_SUITE_P(<Name>, AccountConformance, <Harness>);
// where Harness is a PeopleHarness that can be made without arguments.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/conformance/store/people_harness.hpp"

namespace mosaic::conformance {

template <typename Harness>
class AccountConformance : public testing::Test {
 protected:
  AccountStore& store() { return harness.accounts(); }
  Account sign_in(const std::string& id, Role role = Role::user) {
    return store().sign_in_oidc(person(id, role), at(1));
  }
  Account read(const std::string& id) { return store().find_account(id).value(); }
  bool has_session(const std::string& hash) { return store().find_session(hash).has_value(); }
  Account sign_in_admin(const std::string& username) {
    harness.settings().upsert_breakglass("id-" + username, username, "hash");
    return store().sign_in_breakglass(store().find_breakglass(username).value(), at(1));
  }

  static AccountChange disabling(bool disabled) {
    AccountChange change;
    change.disabled = disabled;
    return change;
  }
  static AccountChange granting(std::optional<Role> role) {
    AccountChange change;
    change.granted_role = role;
    return change;
  }

  // Of which accounts is told between now and the end of `action`, in order.
  template <typename Action>
  std::vector<std::string> told_during(Action action) {
    sign_in("marker");
    store().create_session(session_of("marker", "marker"));
    RecordingAccountListener listener;
    harness.listen(listener);
    action();
    // What is told is told in order, so once this has come, the earlier ones have.
    store().delete_session("marker");
    EXPECT_TRUE(listener.wait_for("marker"));
    auto told = listener.take();
    std::erase(told, "marker");
    harness.listen(silent);
    return told;
  }

  RecordingAccountListener silent;
  Harness harness;
};

TYPED_TEST_SUITE_P(AccountConformance);

TYPED_TEST_P(AccountConformance, MakesAnAccountAtTheFirstSignInAndFindsItAgain) {
  const Account first = this->sign_in("alice");
  EXPECT_EQ(first.id, "alice");
  EXPECT_EQ(first.source, AccountSource::oidc);
  EXPECT_EQ(first.subject, "subject-of-alice");
  EXPECT_EQ(first.role, Role::user);
  EXPECT_TRUE(first.agent_allowed);
  EXPECT_EQ(first.generation, 1);
  EXPECT_EQ(first.created_at, at(1));
  auto again = person("another-id");
  again.subject = "subject-of-alice";
  const Account second = this->store().sign_in_oidc(again, at(2));
  EXPECT_EQ(second.id, "alice");
  EXPECT_EQ(second.created_at, at(1));
  EXPECT_EQ(second.last_sign_in_at, at(2));
  EXPECT_EQ(second, this->read("alice"));
  EXPECT_FALSE(this->store().find_account("another-id").has_value());
}

TYPED_TEST_P(AccountConformance, TakesTheSameAddressWithAnotherSubjectForAnotherPerson) {
  this->sign_in("alice");
  auto impostor = person("mallory");
  impostor.email = "alice@example.org";
  EXPECT_EQ(this->store().sign_in_oidc(impostor, at(2)).id, "mallory");
}

TYPED_TEST_P(AccountConformance, MakesTheBreakglassUsersAccountAnAdminsWithTheSameId) {
  const Account admin = this->sign_in_admin("root");
  EXPECT_EQ(admin.id, "id-root");
  EXPECT_EQ(admin.source, AccountSource::breakglass);
  EXPECT_EQ(admin.name, "root");
  EXPECT_EQ(admin.role, Role::admin);
  EXPECT_EQ(admin, this->read("id-root"));
  EXPECT_FALSE(this->store().find_breakglass("nobody").has_value());
}

TYPED_TEST_P(AccountConformance, AsksTheClaimAtEachSignInButPutsTheGrantedRoleFirst) {
  this->sign_in("alice", Role::user);
  EXPECT_EQ(this->sign_in("alice", Role::admin).role, Role::admin);
  this->sign_in_admin("root");
  EXPECT_EQ(this->store().update_account("alice", this->granting(Role::user), {}),
            WriteOutcome::done);
  EXPECT_EQ(this->sign_in("alice", Role::admin).role, Role::user);
  EXPECT_EQ(this->store().update_account("alice", this->granting(std::nullopt), {}),
            WriteOutcome::done);
  EXPECT_EQ(this->read("alice").role, Role::admin);
  EXPECT_EQ(this->read("alice").granted_role, std::nullopt);
}

TYPED_TEST_P(AccountConformance, ReturnsADisabledAccountAsItIs) {
  this->sign_in("alice");
  this->store().update_account("alice", this->disabling(true), {});
  const Account before = this->read("alice");
  auto renamed = person("alice", Role::admin);
  renamed.name = "Other";
  EXPECT_EQ(this->store().sign_in_oidc(renamed, at(9)), before);
  EXPECT_EQ(this->read("alice"), before);
}

TYPED_TEST_P(AccountConformance, ListsAccountsPageByPageAndByPartsOfTheirTexts) {
  for (const auto* id : {"c", "a", "b", "B"}) this->sign_in(id);
  AccountQuery query;
  query.limit = 3;
  const auto page = this->store().list_accounts(query);
  ASSERT_EQ(page.size(), 3u);
  EXPECT_EQ(page[0].id + page[1].id + page[2].id, "Bab");
  query.after_id = "b";
  EXPECT_EQ(this->store().list_accounts(query).size(), 1u);
  query.after_id = "";
  query.search = "C@EXAMPLE";
  ASSERT_EQ(this->store().list_accounts(query).size(), 1u);
  query.search = "%";
  EXPECT_TRUE(this->store().list_accounts(query).empty());
}

TYPED_TEST_P(AccountConformance, RefusesAnEditOfWhatTheWriterHasNotSeen) {
  this->sign_in("alice");
  AccountChange change;
  change.agent_allowed = false;
  EXPECT_EQ(this->store().update_account("alice", change, 1), WriteOutcome::done);
  EXPECT_EQ(this->read("alice").generation, 2);
  EXPECT_FALSE(this->read("alice").agent_allowed);
  EXPECT_EQ(this->store().update_account("alice", change, 1), WriteOutcome::stale);
  EXPECT_EQ(this->store().update_account("nobody", change, {}), WriteOutcome::not_found);
  this->store().sign_in_oidc(person("alice"), at(5));
  EXPECT_EQ(this->read("alice").generation, 2);
}

TYPED_TEST_P(AccountConformance, KeepsTheLastActiveAdmin) {
  this->sign_in("alice", Role::admin);
  this->sign_in("bob");
  EXPECT_EQ(this->store().update_account("alice", this->disabling(true), {}),
            WriteOutcome::refused);
  EXPECT_EQ(this->store().update_account("alice", this->granting(Role::user), {}),
            WriteOutcome::refused);
  EXPECT_EQ(this->store().update_account("bob", this->disabling(true), {}), WriteOutcome::done);
  this->sign_in("carol", Role::admin);
  this->store().update_account("carol", this->disabling(true), {});
  EXPECT_EQ(this->store().update_account("alice", this->disabling(true), {}),
            WriteOutcome::refused);
  this->store().update_account("carol", this->disabling(false), {});
  EXPECT_EQ(this->store().update_account("alice", this->disabling(true), {}), WriteOutcome::done);
}

TYPED_TEST_P(AccountConformance, KeepsOneAdminWhenTwoTakeEachOthersRoleAway) {
  for (int round = 0; round < 5; ++round) {
    const std::string left = "left" + std::to_string(round);
    const std::string right = "right" + std::to_string(round);
    this->sign_in(left, Role::admin);
    this->sign_in(right, Role::admin);
    for (int before = 0; before < round; ++before) {
      for (const auto* side : {"left", "right"})
        this->store().update_account(side + std::to_string(before), this->disabling(true), {});
    }
    std::atomic<int> turn{0};
    EXPECT_EQ(count_of_threads(2,
                               [&] {
                                 const std::string& victim = turn++ == 0 ? left : right;
                                 return this->store().update_account(victim,
                                                                     this->granting(Role::user),
                                                                     {}) == WriteOutcome::done;
                               }),
              1);
  }
}

TYPED_TEST_P(AccountConformance, EndsSessionsWhenTheAccountIsDisabledOrItsRoleChanges) {
  this->sign_in_admin("root");
  this->sign_in("alice");
  const auto begin = [&] { EXPECT_TRUE(this->store().create_session(session_of("alice", "s"))); };
  begin();
  this->store().create_session(session_of("id-root", "other"));
  this->store().update_account("alice", this->disabling(true), {});
  EXPECT_FALSE(this->has_session("s"));
  this->store().update_account("alice", this->disabling(false), {});
  begin();
  this->store().update_account("alice", this->granting(Role::admin), {});
  EXPECT_FALSE(this->has_session("s"));
  begin();
  AccountChange harmless;
  harmless.agent_allowed = false;
  this->store().update_account("alice", harmless, {});
  this->sign_in("alice", Role::admin);  // the granted role stays in force
  EXPECT_TRUE(this->has_session("s"));
  this->store().update_account("alice", this->granting(std::nullopt), {});
  this->store().delete_session("s");
  begin();
  this->sign_in("alice", Role::user);
  EXPECT_FALSE(this->has_session("s"));
  EXPECT_TRUE(this->has_session("other"));
}

TYPED_TEST_P(AccountConformance, BeginsNoSessionForNobodyOrADisabledAccount) {
  EXPECT_FALSE(this->store().create_session(session_of("nobody", "s1")));
  this->sign_in("alice");
  this->store().update_account("alice", this->disabling(true), {});
  EXPECT_FALSE(this->store().create_session(session_of("alice", "s2")));
  EXPECT_FALSE(this->has_session("s1"));
  EXPECT_FALSE(this->has_session("s2"));
}

TYPED_TEST_P(AccountConformance, KnowsASessionWithItsAccountUntilItIsEnded) {
  const Account owner = this->sign_in("alice");
  for (const auto* hash : {"s1", "s2", "s3"})
    this->store().create_session(session_of("alice", hash));
  this->store().touch_session("s1", at(50));
  this->store().touch_session("s1", at(40));
  const auto known = this->store().find_session("s1").value();
  EXPECT_EQ(known.account, owner);
  EXPECT_EQ(known.session.last_seen_at, at(50));
  EXPECT_EQ(known.session.expires_at, at(1'000'000));
  this->store().delete_session("s1");
  this->store().delete_session("s1");
  EXPECT_FALSE(this->has_session("s1"));
  EXPECT_EQ(this->store().delete_sessions("alice"), 2);
  EXPECT_EQ(this->store().delete_sessions("alice"), 0);
}

TYPED_TEST_P(AccountConformance, EndsSessionsWithANewPassword) {
  this->sign_in_admin("root");
  this->store().create_session(session_of("id-root", "s"));
  EXPECT_EQ(this->store().set_breakglass_password("id-root", "other"), WriteOutcome::done);
  EXPECT_EQ(this->store().find_breakglass("root")->password_hash, "other");
  EXPECT_FALSE(this->has_session("s"));
  EXPECT_EQ(this->store().set_breakglass_password("nobody", "x"), WriteOutcome::not_found);
}

TYPED_TEST_P(AccountConformance, LetsABreakglassUserBackInWhateverWasDone) {
  this->sign_in_admin("root");
  this->sign_in_admin("second");
  this->store().create_session(session_of("id-root", "s"));
  this->store().update_account("id-root", this->granting(Role::user), {});
  this->store().update_account("id-root", this->disabling(true), {});
  const auto back = this->harness.settings().upsert_breakglass("new-id", "root", "new");
  EXPECT_EQ(back.id, "id-root");
  EXPECT_FALSE(back.created);
  const Account admin = this->read("id-root");
  EXPECT_FALSE(admin.disabled);
  EXPECT_EQ(admin.role, Role::admin);
  EXPECT_FALSE(this->has_session("s"));
}

TYPED_TEST_P(AccountConformance, DisablesTheAccountOfABreakglassUserThatIsInactive) {
  this->sign_in_admin("root");
  this->store().create_session(session_of("id-root", "s"));
  this->harness.set_breakglass_active("root", false);
  EXPECT_TRUE(this->read("id-root").disabled);
  EXPECT_FALSE(this->has_session("s"));
  EXPECT_FALSE(this->store().find_breakglass("root")->active);
  this->harness.set_breakglass_active("root", true);
  EXPECT_FALSE(this->read("id-root").disabled);
}

TYPED_TEST_P(AccountConformance, ShowsTokensToTheirOwnerAlone) {
  const Account owner = this->sign_in("alice");
  this->sign_in("bob");
  this->store().create_token(token_of("alice", "t1"));
  auto later = token_of("alice", "t2");
  later.created_at = at(2);
  later.expires_at.reset();
  this->store().create_token(later);
  const auto tokens = this->store().list_tokens("alice");
  ASSERT_EQ(tokens.size(), 2u);
  EXPECT_EQ(tokens[0].id, "t2");
  EXPECT_EQ(tokens[1].scopes, token_of("alice", "t1").scopes);
  EXPECT_EQ(tokens[1].expires_at, at(5000));
  EXPECT_TRUE(this->store().list_tokens("bob").empty());
  EXPECT_EQ(this->store().find_token("t1")->account, owner);
  EXPECT_EQ(this->store().find_token("t1")->token.secret_hash, "hash-of-t1");
  EXPECT_EQ(this->store().revoke_token("bob", "t1", at(3)), WriteOutcome::not_found);
  EXPECT_EQ(this->store().find_token("t1")->token.revoked_at, std::nullopt);
  EXPECT_EQ(this->store().revoke_token("alice", "t1", at(3)), WriteOutcome::done);
  EXPECT_EQ(this->store().revoke_token("alice", "t1", at(4)), WriteOutcome::done);
  EXPECT_EQ(this->store().find_token("t1")->token.revoked_at, at(3));
  this->store().note_token_use({"t2", "t1", "none"}, at(7));
  this->store().note_token_use({"t2"}, at(6));
  EXPECT_EQ(this->store().find_token("t2")->token.last_used_at, at(7));
}

TYPED_TEST_P(AccountConformance, LetsOneOfManyUseATextAndAfterItsTimeAnother) {
  EXPECT_EQ(count_of_threads(4, [&] { return this->store().consume_once("state", at(100)); }), 1);
  EXPECT_FALSE(this->store().consume_once("state", at(200)));
  EXPECT_TRUE(this->store().consume_once("other", at(200)));
  EXPECT_EQ(this->store().prune_accounts(at(100), at(0)), 1);
  EXPECT_TRUE(this->store().consume_once("state", at(300)));
  EXPECT_FALSE(this->store().consume_once("other", at(300)));
}

TYPED_TEST_P(AccountConformance, ReadsTheAuditLogNewestFirst) {
  const auto append = [&](const std::string& actor, const std::string& action) {
    AuditEntry entry;
    entry.at = at(5);
    entry.actor_id = actor;
    entry.action = action;
    entry.outcome = "ok";
    this->store().append_audit(entry);
  };
  append("alice", "provider.create");
  append("bob", "provider.update");
  append("alice", "session.create");
  AuditQuery query;
  auto entries = this->store().audit(query);
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].action, "session.create");
  EXPECT_GT(entries[0].id, entries[1].id);
  EXPECT_EQ(entries[2].at, at(5));
  query.before_id = entries[0].id;
  query.action = "provider.";
  EXPECT_EQ(this->store().audit(query).size(), 2u);
  query.actor_id = "alice";
  ASSERT_EQ(this->store().audit(query).size(), 1u);
  EXPECT_EQ(this->store().audit(query)[0].action, "provider.create");
  query = {};
  query.limit = 1;
  EXPECT_EQ(this->store().audit(query).size(), 1u);
}

inline IdempotencyRecord request(const std::string& fingerprint) {
  IdempotencyRecord record;
  record.account_id = "alice";
  record.key = "key";
  record.fingerprint = fingerprint;
  record.expires_at = real_now() + std::chrono::hours(1);
  return record;
}

TYPED_TEST_P(AccountConformance, RunsARepeatedRequestOnceAndKeepsItsAnswer) {
  std::atomic<int> running{0};
  EXPECT_EQ(count_of_threads(4,
                             [&] {
                               auto record = request("one");
                               const auto begin = this->store().begin_idempotent(record);
                               running += begin == IdempotencyBegin::running ? 1 : 0;
                               return begin == IdempotencyBegin::fresh;
                             }),
            1);
  EXPECT_EQ(running, 3);
  auto other = request("two");
  EXPECT_EQ(this->store().begin_idempotent(other), IdempotencyBegin::other_request);
  auto answer = request("one");
  answer.status = 201;
  answer.content_type = "application/json";
  answer.body = "{}";
  this->store().finish_idempotent(answer);
  answer.status = 500;
  this->store().finish_idempotent(answer);
  this->store().abandon_idempotent("alice", "key");
  auto again = request("one");
  EXPECT_EQ(this->store().begin_idempotent(again), IdempotencyBegin::finished);
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, "{}");
  auto foreign = request("one");
  foreign.account_id = "bob";
  EXPECT_EQ(this->store().begin_idempotent(foreign), IdempotencyBegin::fresh);
}

TYPED_TEST_P(AccountConformance, LetsARequestBeginAnewThatWasAbandonedOrHasExpired) {
  auto record = request("one");
  EXPECT_EQ(this->store().begin_idempotent(record), IdempotencyBegin::fresh);
  this->store().abandon_idempotent("alice", "key");
  auto old = request("two");
  old.expires_at = real_now() - std::chrono::hours(1);
  EXPECT_EQ(this->store().begin_idempotent(old), IdempotencyBegin::fresh);
  auto fresh = request("three");
  EXPECT_EQ(this->store().begin_idempotent(fresh), IdempotencyBegin::fresh);
  this->store().finish_idempotent(old);
  auto seen = request("three");
  EXPECT_EQ(this->store().begin_idempotent(seen), IdempotencyBegin::running);
}

TYPED_TEST_P(AccountConformance, PrunesWhatIsPastItsTimeAndNothingElse) {
  this->sign_in("alice");
  for (const int end : {10, 20}) {
    auto session = session_of("alice", "s" + std::to_string(end));
    session.expires_at = at(end);
    this->store().create_session(session);
    AuditEntry entry;
    entry.at = at(end);
    this->store().append_audit(entry);
  }
  auto record = request("one");
  this->store().begin_idempotent(record);
  EXPECT_EQ(this->store().prune_accounts(at(10), at(20)), 2);
  EXPECT_FALSE(this->has_session("s10"));
  EXPECT_TRUE(this->has_session("s20"));
  EXPECT_EQ(this->store().audit({}).size(), 1u);
  EXPECT_EQ(this->store().begin_idempotent(record), IdempotencyBegin::running);
}

TYPED_TEST_P(AccountConformance, BreaksOnNoTextThatPeopleMaySend) {
  const Account owner = this->sign_in("alice");
  for (const std::string& odd : odd_texts()) {
    SCOPED_TRACE(odd.substr(0, 10));
    auto& store = this->store();
    EXPECT_FALSE(store.find_account(odd).has_value());
    EXPECT_FALSE(store.find_breakglass(odd).has_value());
    EXPECT_FALSE(store.find_session(odd).has_value());
    EXPECT_FALSE(store.find_token(odd).has_value());
    EXPECT_TRUE(store.list_tokens(odd).empty());
    EXPECT_EQ(store.update_account(odd, {}, {}), WriteOutcome::not_found);
    EXPECT_EQ(store.revoke_token(odd, odd, at(1)), WriteOutcome::not_found);
    EXPECT_FALSE(store.create_session(session_of(odd, "s")));
    store.touch_session(odd, at(1));
    store.delete_session(odd);
    store.note_token_use({odd, "t\"\\"}, at(1));
    AccountQuery query;
    query.search = odd;
    store.list_accounts(query);
    auto renamed = person("alice");
    renamed.name = odd;
    EXPECT_LE(store.sign_in_oidc(renamed, at(2)).name.size(), 200u);
    AuditEntry entry;
    entry.actor_name = entry.detail = entry.action = odd;
    store.append_audit(entry);
  }
  for (const auto& entry : this->store().audit({})) EXPECT_LE(entry.detail.size(), 1000u);
  auto nameless = person("mallory");
  nameless.subject = std::string(2000, 's');
  EXPECT_THROW(this->store().sign_in_oidc(nameless, at(1)), StoreError);
  nameless.subject = std::string("subject-of-alice\0", 17);
  EXPECT_THROW(this->store().sign_in_oidc(nameless, at(1)), StoreError);
  EXPECT_EQ(this->read("alice").id, owner.id);
}

TYPED_TEST_P(AccountConformance, TellsOfEveryAccountThatMustBeForgotten) {
  using testing::ElementsAre;
  auto& store = this->store();
  this->sign_in("alice");
  store.create_token(token_of("alice", "t"));
  store.create_session(session_of("alice", "s"));
  EXPECT_THAT(this->told_during([&] { store.delete_session("s"); }), ElementsAre("alice"));
  EXPECT_THAT(this->told_during([&] { store.revoke_token("alice", "t", at(1)); }),
              ElementsAre("alice"));
  EXPECT_THAT(this->told_during([&] { store.update_account("alice", this->disabling(true), {}); }),
              ElementsAre("alice"));
  EXPECT_THAT(this->told_during([&] { store.update_account("alice", this->disabling(false), {}); }),
              ElementsAre("alice"));
  store.create_session(session_of("alice", "s"));
  EXPECT_THAT(this->told_during([&] { this->sign_in("alice", Role::admin); }),
              ElementsAre("alice"));
}

TYPED_TEST_P(AccountConformance, TellsNobodyOfSignsOfLife) {
  auto& store = this->store();
  this->sign_in("alice");
  store.create_token(token_of("alice", "t"));
  EXPECT_THAT(this->told_during([&] {
    store.create_session(session_of("alice", "s"));
    store.touch_session("s", at(9));
    store.note_token_use({"t"}, at(9));
    store.sign_in_oidc(person("alice"), at(9));
    this->sign_in("bob");
    store.create_token(token_of("bob", "u"));
  }),
              testing::IsEmpty());
}

REGISTER_TYPED_TEST_SUITE_P(
    AccountConformance, MakesAnAccountAtTheFirstSignInAndFindsItAgain,
    TakesTheSameAddressWithAnotherSubjectForAnotherPerson,
    MakesTheBreakglassUsersAccountAnAdminsWithTheSameId,
    AsksTheClaimAtEachSignInButPutsTheGrantedRoleFirst, ReturnsADisabledAccountAsItIs,
    ListsAccountsPageByPageAndByPartsOfTheirTexts, RefusesAnEditOfWhatTheWriterHasNotSeen,
    KeepsTheLastActiveAdmin, KeepsOneAdminWhenTwoTakeEachOthersRoleAway,
    EndsSessionsWhenTheAccountIsDisabledOrItsRoleChanges,
    BeginsNoSessionForNobodyOrADisabledAccount, KnowsASessionWithItsAccountUntilItIsEnded,
    EndsSessionsWithANewPassword, LetsABreakglassUserBackInWhateverWasDone,
    DisablesTheAccountOfABreakglassUserThatIsInactive, ShowsTokensToTheirOwnerAlone,
    LetsOneOfManyUseATextAndAfterItsTimeAnother, ReadsTheAuditLogNewestFirst,
    RunsARepeatedRequestOnceAndKeepsItsAnswer, LetsARequestBeginAnewThatWasAbandonedOrHasExpired,
    PrunesWhatIsPastItsTimeAndNothingElse, BreaksOnNoTextThatPeopleMaySend,
    TellsOfEveryAccountThatMustBeForgotten, TellsNobodyOfSignsOfLife);

}  // namespace mosaic::conformance
