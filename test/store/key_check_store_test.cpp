#include "store/key_check_store.hpp"

#include <gtest/gtest.h>

#include "test/store/test_database.hpp"

namespace mosaic {
namespace {

AuditEntry note(const std::string& detail) {
  AuditEntry entry;
  entry.via = "cli";
  entry.detail = detail;
  return entry;
}

TEST(KeyCheckStore, KeepsTheFirstKeyCheck) {
  TestDatabase database;
  Database pool(database.options());
  KeyCheckStore store(pool);
  EXPECT_FALSE(store.key_check().has_value());
  EXPECT_EQ(store.store_key_check_once("enc:one"), "enc:one");
  EXPECT_EQ(store.store_key_check_once("enc:two"), "enc:one");
  EXPECT_EQ(store.key_check(), "enc:one");
}

TEST(KeyCheckStore, NamesTheNextKeyBesideTheOneInForceAndThenAlone) {
  TestDatabase database;
  Database pool(database.options());
  KeyCheckStore store(pool);
  StoredKeys seen;
  EXPECT_FALSE(store.begin_rotation(seen, "enc:next", "enc:f", note("begun")))
      << "there is no key yet";
  store.store_key_check_once("enc:one");
  EXPECT_EQ(store.stored_keys(), (StoredKeys{"enc:one", std::nullopt, std::nullopt}));
  seen.check = "enc:another";
  EXPECT_FALSE(store.begin_rotation(seen, "enc:next", "enc:f", note("begun")))
      << "the row says otherwise";
  EXPECT_FALSE(store.finish_rotation("enc:next", note("not done"))) << "none is under way";
  seen.check = "enc:one";
  EXPECT_TRUE(store.begin_rotation(seen, "enc:next", "enc:f", note("begun")));
  EXPECT_FALSE(store.begin_rotation(seen, "enc:third", "enc:g", note("not begun")))
      << "one at a time";
  EXPECT_EQ(store.stored_keys(), (StoredKeys{"enc:one", "enc:next", "enc:f"}));
  EXPECT_EQ(store.stored_keys().written_with(), "enc:next");
  EXPECT_FALSE(store.finish_rotation("enc:third", note("not done")));
  EXPECT_TRUE(store.finish_rotation("enc:next", note("done")));
  EXPECT_EQ(store.stored_keys(), (StoredKeys{"enc:next", std::nullopt, "enc:f"}));
  // What changed nothing left no entry.
  EXPECT_EQ(database.exec(R"(SELECT "via", "detail" FROM "AuditEntry" ORDER BY "id")"),
            (std::vector<std::vector<std::string>>{{"cli", "begun"}, {"cli", "done"}}));
}

TEST(KeyCheckStore, TellsThatTheApisRoleMayReplaceNoKey) {
  TestDatabase database;
  Database owner(database.options());
  Database api(database.api_options());
  KeyCheckStore store(owner);
  store.store_key_check_once("enc:one");
  EXPECT_TRUE(store.may_rotate());
  KeyCheckStore confined(api);
  EXPECT_FALSE(confined.may_rotate());
  EXPECT_THROW(confined.begin_rotation(confined.stored_keys(), "enc:next", "enc:f", note("begun")),
               StoreError);
}

}  // namespace
}  // namespace mosaic
